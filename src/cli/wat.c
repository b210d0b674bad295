/*
 * The text form of wasm, through the wat2wasm program of wabt. It is given
 * nothing but three files in memory.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "cli/wat.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fail.h"
#include "cache/compiler.h"
#include "cache/output.h"
#include "platform/process.h"

enum { WAT_SECONDS_MAX = 120 };
#define WAT_BYTES_MAX (4ULL << 30)

/* Where the child has its files, and how it calls them. */
#define TEXT_PATH "/proc/self/fd/3"
#define WASM_PATH "/proc/self/fd/4"

/* Its first line, without the name that the text has there. */
static void message_read(int fd, char *text, size_t size)
{
    ssize_t got = pread(fd, text, size - 1, 0);
    size_t skipped = sizeof TEXT_PATH; /* and the colon */

    text[got < 0 ? 0 : got] = '\0';
    text[strcspn(text, "\n")] = '\0';
    if (strncmp(text, TEXT_PATH ":", skipped) == 0)
        memmove(text, text + skipped, strlen(text + skipped) + 1);
}

static enum proa_status wasm_read(int fd, uint8_t **wasm, size_t *size,
                                  struct proa_error *err)
{
    struct stat st;
    uint8_t *bytes;

    if (fstat(fd, &st) != 0)
        return proa_fail(err, PROA_IO, 0, "wat2wasm: %s", strerror(errno));
    bytes = malloc((size_t)st.st_size + 1);
    if (bytes == NULL)
        return proa_fail(err, PROA_NOMEM, 0, "out of memory");
    if (pread(fd, bytes, (size_t)st.st_size, 0) != st.st_size) {
        free(bytes);
        return proa_fail(err, PROA_IO, 0, "wat2wasm: its output is cut short");
    }
    *wasm = bytes;
    *size = (size_t)st.st_size;
    return PROA_OK;
}

static enum proa_status wat2wasm_run(const char *path, const int *fds,
                                     uint32_t fd_count, struct proa_error *err)
{
    /* Not --enable-all: that brings proposals which change what is valid. */
    static const char *const argv[] = { "wat2wasm",
                                        "--enable-tail-call",
                                        "--enable-extended-const",
                                        "--enable-multi-memory",
                                        "--enable-memory64",
                                        "--enable-relaxed-simd",
                                        "--enable-threads",
                                        "--enable-annotations",
                                        "--debug-names",
                                        "-o",
                                        WASM_PATH,
                                        TEXT_PATH,
                                        NULL };
    const struct proa_process_options options = {
        .path = path,
        .argv = argv,
        .fds = fds,
        .fd_count = fd_count,
        .memory_bytes_max = WAT_BYTES_MAX,
        .file_bytes_max = WAT_BYTES_MAX,
        .cpu_seconds_max = WAT_SECONDS_MAX,
    };
    struct proa_process process;
    struct proa_process_end end;
    char message[300];
    enum proa_status status = proa_process_start(&options, &process, err);

    if (status != PROA_OK)
        return status;
    end = proa_process_wait(&process);
    if (end.signal != 0)
        return proa_fail(err, PROA_IO, 0, "wat2wasm was killed by signal %d",
                         end.signal);
    if (end.exit_code == 0)
        return PROA_OK;
    message_read(fds[2], message, sizeof message);
    return proa_fail(err, PROA_USAGE, 0, "%s",
                     message[0] != '\0' ? message : "wat2wasm failed");
}

enum proa_status proa_wat_convert(const uint8_t *text, size_t text_size,
                                  uint8_t **wasm, size_t *wasm_size,
                                  struct proa_error *err)
{
    enum { NONE, SAID, TEXT, WASM, COUNT };
    char path[PROA_COMPILER_PATH_MAX];
    int files[COUNT] = { -1, -1, -1, -1 };
    enum proa_status status;

    if (!proa_process_find("wat2wasm", path, sizeof path))
        return proa_fail(err, PROA_USAGE, 0,
                         "this is WebAssembly text, and wat2wasm, which "
                         "translates it, is not installed (Debian: apt install "
                         "wabt)");
    status = proa_compiler_input(text, text_size, &files[TEXT], err);
    if (status == PROA_OK)
        status = proa_output_create(&files[SAID], err);
    if (status == PROA_OK)
        status = proa_output_create(&files[WASM], err);
    if (status == PROA_OK) {
        const int fds[] = { -1, -1, files[SAID], files[TEXT], files[WASM] };

        status = wat2wasm_run(path, fds, sizeof fds / sizeof fds[0], err);
    }
    if (status == PROA_OK)
        status = wasm_read(files[WASM], wasm, wasm_size, err);
    for (int i = 0; i < COUNT; i++)
        if (files[i] >= 0)
            (void)close(files[i]);
    return status;
}
