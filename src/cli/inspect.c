/*
 * proa inspect: what a module or an artifact holds. A module is read by the
 * compiler process; an artifact here, by the reader that the loader uses.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/fail.h"
#include "cache/compiler.h"
#include "cli/artifact.h"
#include "cli/command.h"
#include "cli/input.h"
#include "cli/load.h"

enum { TEXT_BYTES_MAX = 256 << 20, SECONDS_MAX = 120 };
#define MEMORY_BYTES_MAX (8ULL << 30)

struct settings {
    const char *compiler;
    bool as_json;
};

static const struct proa_option options[] = {
    { "json", 0, PROA_OPTION_FLAG, NULL, offsetof(struct settings, as_json),
      "Print one JSON object.", NULL },
    { "compiler", 0, PROA_OPTION_FILE, "FILE",
      offsetof(struct settings, compiler),
      "The compiler program; otherwise PROA_COMPILER, or proa-compiler beside "
      "proa or on the PATH.",
      NULL },
};

/* What the compiler process printed is not trusted with the terminal. */
static void print_plain(const struct proa_buffer *text)
{
    for (size_t i = 0; i < text->size; i++) {
        uint8_t c = text->bytes[i];
        bool is_plain = c == '\n' || c == '\t' || (c >= 0x20 && c != 0x7f);

        (void)putchar(is_plain ? c : '?');
    }
}

static enum proa_status module_inspect(const struct proa_input *input,
                                       const struct settings *settings,
                                       struct proa_error *err)
{
    const char *const argv[] = { "proa-compiler",
                                 "inspect",
                                 "--input-fd",
                                 "3",
                                 "--report-fd",
                                 "5",
                                 settings->as_json ? "--json" : NULL,
                                 NULL };
    char path[PROA_COMPILER_PATH_MAX];
    struct proa_buffer text;
    struct proa_compiler_run run = {
        .path = path,
        .argv = argv,
        .output_fd = -1,
        .text = &text,
        .memory_bytes_max = MEMORY_BYTES_MAX,
        .seconds_max = SECONDS_MAX,
    };
    enum proa_status status = proa_compiler_find(settings->compiler, path, err);

    if (status == PROA_OK)
        status =
            proa_compiler_input(input->bytes, input->size, &run.input_fd, err);
    if (status != PROA_OK)
        return status;
    proa_buffer_init(&text, TEXT_BYTES_MAX);
    status = proa_compiler_run(&run, err);
    if (status == PROA_OK)
        print_plain(&text);
    proa_buffer_deinit(&text);
    (void)close(run.input_fd);
    return status;
}

static enum proa_status artifact_inspect(const struct proa_input *input,
                                         const struct settings *settings,
                                         struct proa_error *err)
{
    struct proa_artifact artifact;
    struct stat st;
    enum proa_status status;
    void *base;

    if (fstat(input->fd, &st) != 0)
        return proa_fail(err, PROA_IO, 0, "%s", strerror(errno));
    base = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, input->fd, 0);
    if (base == MAP_FAILED)
        return proa_fail(err, PROA_IO, 0, "%s", strerror(errno));
    status = proa_artifact_read(base, (uint64_t)st.st_size, &artifact, err);
    if (status == PROA_OK) {
        if (settings->as_json)
            status = proa_artifact_print_json(&artifact, stdout, err);
        else
            proa_artifact_print(&artifact, stdout);
        proa_artifact_deinit(&artifact);
    }
    proa_load_blame_artifact(err);
    (void)munmap(base, (size_t)st.st_size);
    return status == PROA_OK ? PROA_OK : err->status;
}

static int inspect_command(const void *data,
                           const struct proa_operands *operands)
{
    const char *file = operands->items[0];
    struct proa_error err = { 0 };
    struct proa_input input;
    enum proa_status status = proa_input_read(file, &input, &err);

    if (status == PROA_OK) {
        status = input.kind == PROA_INPUT_ARTIFACT
                     ? artifact_inspect(&input, data, &err)
                     : module_inspect(&input, data, &err);
        proa_input_deinit(&input);
    }
    return status == PROA_OK ? proa_cli_flush(PROA_CLI_OK)
                             : proa_cli_fail(file, &err);
}

const struct proa_command proa_command_inspect = {
    .name = "inspect",
    .operands = "FILE|URL|-",
    .summary = "Show what a module or an artifact holds.",
    .text = "Show the imports, exports and sizes of a WebAssembly module, the "
            "features and capabilities it needs and its custom sections; or "
            "of what proa compile made: the processor features it needs and "
            "the sizes of its parts. Nothing of it is run.",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .settings_size = sizeof(struct settings),
    .operand_min = 1,
    .operand_max = 1,
    .run = inspect_command,
};
