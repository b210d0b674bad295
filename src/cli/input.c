/*
 * The file a command works on: wasm, its text form, or an artifact.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "cli/input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "artifact/artifact.h"
#include "base/fail.h"
#include "cache/compiler.h"
#include "cli/fetch.h"
#include "cli/wat.h"

enum {
    HEADER_BYTES = 64,
    FIRST_BYTES = 1 << 16,
    LARGE_BYTES = 2 << 20,
    LARGE_PAGE_BYTES = 2 << 20,
};
#define INPUT_BYTES_MAX ((size_t)1 << 30)

static bool has_ending(const char *name, const char *ending)
{
    size_t size = strlen(name);
    size_t ending_size = strlen(ending);

    return size >= ending_size &&
           strcmp(name + size - ending_size, ending) == 0;
}

bool proa_input_is_text(const char *name, const uint8_t *bytes, size_t size)
{
    static const char magic[] = { '\0', 'a', 's', 'm' };
    size_t i = 0;

    if (size >= sizeof magic && memcmp(bytes, magic, sizeof magic) == 0)
        return false; /* whatever its name is */
    if (has_ending(name, ".wat"))
        return true;
    while (i < size &&
           (bytes[i] == ' ' || (bytes[i] >= '\t' && bytes[i] <= '\r')))
        i++;
    return (i < size && bytes[i] == '(') ||
           (i + 1 < size && bytes[i] == ';' && bytes[i + 1] == ';');
}

/* Large ones of large pages where there are any: each small one is a fault. */
static uint8_t *bytes_allocate(size_t capacity)
{
    void *bytes = NULL;

    if (capacity < LARGE_BYTES)
        return malloc(capacity);
    if (posix_memalign(&bytes, LARGE_PAGE_BYTES, capacity) != 0)
        return NULL;
    (void)madvise(bytes, capacity, MADV_HUGEPAGE);
    return bytes;
}

/* Read to the end. `expected` is a hint. */
static enum proa_status bytes_read(int fd, size_t expected,
                                   struct proa_input *input,
                                   struct proa_error *err)
{
    size_t capacity = expected + 1 > FIRST_BYTES ? expected + 1 : FIRST_BYTES;
    uint8_t *bytes = bytes_allocate(capacity);
    size_t size = 0;

    while (bytes != NULL) {
        ssize_t got = read(fd, bytes + size, capacity - size);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            int code = errno;

            free(bytes);
            return proa_fail(err, PROA_IO, 0, "%s", strerror(code));
        }
        if (got == 0)
            break;
        size += (size_t)got;
        if (size > INPUT_BYTES_MAX) {
            free(bytes);
            return proa_fail(err, PROA_LIMIT, 0, "it is larger than 1 GiB");
        }
        if (size == capacity) {
            uint8_t *larger = realloc(bytes, capacity * 2);

            if (larger == NULL)
                free(bytes);
            bytes = larger;
            capacity *= 2;
        }
    }
    if (bytes == NULL)
        return proa_fail(err, PROA_NOMEM, 0, "out of memory");
    input->bytes = bytes;
    input->size = size;
    return PROA_OK;
}

/* What was read turns out to be text, or an artifact that came by a pipe. */
static enum proa_status kind_judge(struct proa_input *input,
                                   struct proa_error *err)
{
    uint8_t *wasm = NULL;
    size_t wasm_size = 0;
    enum proa_status status;

    if (proa_artifact_is_one(input->bytes, input->size)) {
        status =
            proa_compiler_input(input->bytes, input->size, &input->fd, err);
        free(input->bytes);
        input->bytes = NULL;
        input->kind = PROA_INPUT_ARTIFACT;
        return status;
    }
    if (!proa_input_is_text(input->name, input->bytes, input->size))
        return PROA_OK;
    status =
        proa_wat_convert(input->bytes, input->size, &wasm, &wasm_size, err);
    free(input->bytes);
    input->bytes = wasm;
    input->size = wasm_size;
    return status;
}

/* What anybody may have put there does not run unchecked. */
static enum proa_status fetch(const char *name, struct proa_input *input,
                              struct proa_error *err)
{
    struct proa_input made = { .name = name, .fd = -1 };
    enum proa_status status = proa_fetch(name, &made.bytes, &made.size, err);

    if (status == PROA_OK && proa_artifact_is_one(made.bytes, made.size))
        status = proa_fail(err, PROA_USAGE, 0,
                           "this is compiled code, which is taken from files "
                           "only; give the URL of the module");
    if (status == PROA_OK)
        status = kind_judge(&made, err);
    if (status == PROA_OK)
        *input = made;
    else
        proa_input_deinit(&made);
    return status;
}

static enum proa_status open_file(const char *name, int *fd, struct stat *st,
                                  struct proa_error *err)
{
    int opened = strcmp(name, "-") == 0
                     ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
                     : open(name, O_RDONLY | O_CLOEXEC);
    int code = errno;

    if (opened >= 0 && fstat(opened, st) == 0 && !S_ISDIR(st->st_mode)) {
        *fd = opened;
        return PROA_OK;
    }
    if (opened >= 0) {
        (void)close(opened);
        code = EISDIR;
    }
    return proa_fail(err, PROA_USAGE, 0, "%s", strerror(code));
}

enum proa_status proa_input_read(const char *name, struct proa_input *input,
                                 struct proa_error *err)
{
    struct proa_input made = { .name = name, .fd = -1 };
    uint8_t header[HEADER_BYTES];
    enum proa_status status;
    struct stat st;
    int fd;

    if (proa_fetch_is_url(name))
        return fetch(name, input, err);
    status = open_file(name, &fd, &st, err);
    if (status != PROA_OK)
        return status;
    /* An artifact is mapped, not read. */
    if (S_ISREG(st.st_mode) && strcmp(name, "-") != 0 &&
        pread(fd, header, sizeof header, 0) == (ssize_t)sizeof header &&
        proa_artifact_is_one(header, sizeof header)) {
        made.kind = PROA_INPUT_ARTIFACT;
        made.fd = fd;
        *input = made;
        return PROA_OK;
    }
    if (S_ISREG(st.st_mode) && (uint64_t)st.st_size > INPUT_BYTES_MAX)
        status = proa_fail(err, PROA_LIMIT, 0, "it is larger than 1 GiB");
    else
        status = bytes_read(fd, S_ISREG(st.st_mode) ? (size_t)st.st_size : 0,
                            &made, err);
    (void)close(fd);
    if (status == PROA_OK)
        status = kind_judge(&made, err);
    if (status != PROA_OK) {
        proa_input_deinit(&made);
        return status;
    }
    *input = made;
    return PROA_OK;
}

void proa_input_deinit(struct proa_input *input)
{
    free(input->bytes);
    if (input->fd >= 0)
        (void)close(input->fd);
    input->bytes = NULL;
    input->fd = -1;
}
