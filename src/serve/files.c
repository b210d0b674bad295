/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fail.h"
#include "serve/percent.h"
#include "serve/range.h"

enum {
    NAME_BYTES_MAX = 255,
    SMALL_BYTES_MAX = 64 * 1024, /* sent together with its head */
};

static const struct {
    const char *suffix;
    const char *type;
} types[] = {
#define MIME(suffix, type) { suffix, type },
#include "serve/mime.def"
#undef MIME
};

static const char *type_of(const char *name)
{
    const char *dot = strrchr(name, '.');

    if (dot != NULL)
        for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
            if (proa_http_text_is(proa_http_text_of(dot + 1), types[i].suffix))
                return types[i].type;
    return "application/octet-stream";
}

/* --- finding ------------------------------------------------------------ */

/* Decode a segment; false for one that names nothing here. */
static bool decode_name(struct proa_http_text segment,
                        char name[NAME_BYTES_MAX + 1])
{
    char decoded[3 * NAME_BYTES_MAX];
    size_t size;

    if (segment.size > sizeof decoded ||
        !proa_percent_decode(segment, decoded, &size) || size == 0 ||
        size > NAME_BYTES_MAX || decoded[0] == '.' ||
        memchr(decoded, '/', size) != NULL)
        return false;
    memcpy(name, decoded, size);
    name[size] = '\0';
    return true;
}

static int open_below(int folder_fd, const char *name)
{
    /* Without O_NONBLOCK a pipe would keep us waiting for its writer. */
    return openat(folder_fd, name,
                  O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
}

static bool is_kind(int fd, mode_t kind)
{
    struct stat state;

    return fstat(fd, &state) == 0 && (state.st_mode & S_IFMT) == kind;
}

static enum proa_files_found open_index(int folder_fd_take,
                                        struct proa_files_file *file)
{
    int fd = open_below(folder_fd_take, "index.html");

    (void)close(folder_fd_take);
    if (fd < 0)
        return PROA_FILES_NONE;
    if (!is_kind(fd, S_IFREG)) {
        (void)close(fd);
        return PROA_FILES_NONE;
    }
    *file = (struct proa_files_file){ fd, type_of("index.html") };
    return PROA_FILES_FILE;
}

static enum proa_files_found settle(int fd_take, const char *name,
                                    struct proa_files_file *file)
{
    if (is_kind(fd_take, S_IFREG)) {
        *file = (struct proa_files_file){ fd_take, type_of(name) };
        return PROA_FILES_FILE;
    }
    bool is_folder = is_kind(fd_take, S_IFDIR) &&
                     faccessat(fd_take, "index.html", R_OK, 0) == 0;
    (void)close(fd_take);
    return is_folder ? PROA_FILES_FOLDER : PROA_FILES_NONE;
}

enum proa_files_found proa_files_open(int folder_fd, struct proa_http_text path,
                                      struct proa_files_file *file)
{
    char name[NAME_BYTES_MAX + 1] = "";
    int fd;

    if (path.size == 0 || path.bytes[0] != '/')
        return PROA_FILES_NONE;
    fd = fcntl(folder_fd, F_DUPFD_CLOEXEC, 0);
    while (fd >= 0 && path.size > 0) {
        struct proa_http_text segment = { path.bytes + 1, 0 };
        if (path.size == 1)
            return open_index(fd, file);
        while (segment.size + 1 < path.size &&
               segment.bytes[segment.size] != '/')
            segment.size++;
        int next = decode_name(segment, name) ? open_below(fd, name) : -1;
        (void)close(fd);
        fd = next;
        path.bytes += segment.size + 1;
        path.size -= segment.size + 1;
        /* Only folders have something below. */
        if (fd >= 0 && path.size > 0 && !is_kind(fd, S_IFDIR)) {
            (void)close(fd);
            fd = -1;
        }
    }
    return fd < 0 ? PROA_FILES_NONE : settle(fd, name, file);
}

/* --- answering ---------------------------------------------------------- */

static bool add(struct proa_http_response *response, const char *name,
                const char *value)
{
    return proa_http_response_add(response, proa_http_text_of(name),
                                  proa_http_text_of(value));
}

static enum proa_status read_part(int fd, struct proa_file_part part,
                                  struct proa_buffer *body,
                                  struct proa_error *err)
{
    uint8_t *to = proa_buffer_reserve(body, (size_t)part.size);
    uint64_t done = 0;

    if (to == NULL)
        return proa_fail(err, PROA_NOMEM, 0, "no memory for a file");
    while (done < part.size) {
        ssize_t size = pread(fd, to + done, (size_t)(part.size - done),
                             (off_t)(part.offset + done));
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0)
            return proa_fail(err, PROA_IO, 0, "a file: %s", strerror(errno));
        if (size == 0)
            return proa_fail(err, PROA_IO, 0, "a file became shorter");
        done += (uint64_t)size;
    }
    return PROA_OK;
}

/* It is read as it is sent: no memory is taken for it. */
static enum proa_status send_part(int fd, struct proa_file_part part,
                                  struct proa_http_response *response,
                                  struct proa_error *err)
{
    int own_fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);

    if (own_fd < 0)
        return proa_fail(err, PROA_IO, 0, "a file: %s", strerror(errno));
    if (!proa_http_response_file(response, own_fd, part.offset, part.size))
        return proa_fail(err, PROA_NOMEM, 0, "no memory for a file");
    return PROA_OK;
}

static bool add_fields(struct proa_http_response *response,
                       const struct proa_file_state *state, const char *type)
{
    uint16_t status = response->status;

    return add(response, "ETag", state->etag) &&
           add(response, "Last-Modified", state->modified) &&
           add(response, "Accept-Ranges", "bytes") &&
           (status == 304 || status == 412 || status == 416 ||
            (add(response, "Content-Type", type) &&
             add(response, "X-Content-Type-Options", "nosniff")));
}

static bool add_range(struct proa_http_response *response,
                      struct proa_file_part part, uint64_t size)
{
    char text[80];

    if (part.status == 416)
        (void)snprintf(text, sizeof text, "bytes */%llu",
                       (unsigned long long)size);
    else
        (void)snprintf(text, sizeof text, "bytes %llu-%llu/%llu",
                       (unsigned long long)part.offset,
                       (unsigned long long)(part.offset + part.size - 1),
                       (unsigned long long)size);
    return add(response, "Content-Range", text);
}

enum proa_status proa_files_answer(const struct proa_files_file *file,
                                   const struct proa_http_request *request,
                                   uint64_t bytes_max,
                                   struct proa_http_response *response,
                                   struct proa_error *err)
{
    char etag[64], modified[PROA_HTTP_DATE_SIZE];
    struct stat stat;

    if (fstat(file->fd, &stat) != 0)
        return proa_fail(err, PROA_IO, 0, "a file: %s", strerror(errno));
    const struct proa_file_state state = { (uint64_t)stat.st_size, etag,
                                           modified };
    (void)snprintf(etag, sizeof etag, "\"%llx-%llx%08lx\"",
                   (unsigned long long)stat.st_size,
                   (unsigned long long)stat.st_mtim.tv_sec,
                   (unsigned long)stat.st_mtim.tv_nsec);
    proa_http_date(stat.st_mtim.tv_sec, modified);
    struct proa_file_part part = proa_file_part(request, &state);
    response->status = part.status;
    bool has_fields = add_fields(response, &state, file->type);
    if (part.status == 206 || part.status == 416)
        has_fields = has_fields && add_range(response, part, state.size);
    if (!has_fields)
        return proa_fail(err, PROA_NOMEM, 0, "no memory for fields");
    if (proa_http_text_equals(request->method, "HEAD")) {
        response->has_length = true;
        response->length = part.size;
        return PROA_OK;
    }
    if (part.size > bytes_max)
        return proa_fail(err, PROA_LIMIT, 0,
                         "a file is larger than the largest response, %llu "
                         "bytes",
                         (unsigned long long)bytes_max);
    if (part.size > SMALL_BYTES_MAX)
        return send_part(file->fd, part, response, err);
    return read_part(file->fd, part, &response->body, err);
}
