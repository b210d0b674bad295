/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/usage_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/fail.h"
#include "host/usage_sign.h"

enum { LINE_BYTES_MAX = 16 * 1024, TRACE_ID_SIZE = 33 };

struct proa_usage_log {
    int fd;
    char *path;                 /* owned; NULL: it is the log */
    struct proa_usage_key *key; /* NULL: none */
};

static int open_file(const char *path)
{
    return open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
}

enum proa_status proa_usage_log_open(const char *path, const char *key_path,
                                     struct proa_usage_log **log,
                                     struct proa_error *err)
{
    struct proa_usage_log *made = calloc(1, sizeof *made);
    enum proa_status status = PROA_OK;

    if (made == NULL)
        return proa_fail(err, PROA_NOMEM, 0, "no memory for records of usage");
    bool is_log = strcmp(path, "-") == 0;
    made->path = is_log ? NULL : strdup(path);
    made->fd =
        is_log ? fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3) : open_file(path);
    if (!is_log && made->path == NULL)
        status =
            proa_fail(err, PROA_NOMEM, 0, "no memory for records of usage");
    else if (made->fd < 0)
        status = proa_fail(err, PROA_USAGE, 0, "usage records: %.200s: %s",
                           path, strerror(errno));
    if (status == PROA_OK && key_path != NULL)
        status = proa_usage_key_read(key_path, &made->key, err);
    if (status != PROA_OK) {
        proa_usage_log_close(made);
        return status;
    }
    *log = made;
    return PROA_OK;
}

void proa_usage_log_close(struct proa_usage_log *log)
{
    if (log == NULL)
        return;
    if (log->fd >= 0)
        (void)close(log->fd);
    proa_usage_key_destroy(log->key);
    free(log->path);
    free(log);
}

/* Whoever is about to write writes to the one or the other. */
enum proa_status proa_usage_log_reopen(const struct proa_usage_log *log,
                                       struct proa_error *err)
{
    if (log->path == NULL)
        return PROA_OK;
    int fd = open_file(log->path);
    int code = errno;

    if (fd >= 0 && dup3(fd, log->fd, O_CLOEXEC) < 0) {
        code = errno;
        (void)close(fd);
        fd = -1;
    }
    if (fd < 0)
        return proa_fail(err, PROA_IO, 0,
                         "usage records: %.200s: %s; they go where they went",
                         log->path, strerror(code));
    (void)close(fd);
    return PROA_OK;
}

/* What stands in `line` becomes an object that is signed. */
static bool sign(const struct proa_usage_log *log, struct proa_buffer *line)
{
    uint8_t signature[PROA_USAGE_SIGNATURE_SIZE];
    char text[2 * PROA_USAGE_SIGNATURE_SIZE + 1];
    struct proa_error err = { 0 };
    size_t size = line->size;

    if (!proa_buffer_append(line, "}\n", 2) ||
        proa_usage_sign(log->key, line->bytes, line->size, signature, &err) !=
            PROA_OK)
        return false;
    proa_hex(signature, sizeof signature, text);
    line->size = size;
    return proa_buffer_printf(line, ",\"signature\":\"%s\"}\n", text);
}

/* In one call, so that lines of several workers do not mix. */
static bool put(int fd, const struct proa_buffer *line)
{
    ssize_t written;

    do
        written = write(fd, line->bytes, line->size);
    while (written < 0 && errno == EINTR);
    return written == (ssize_t)line->size;
}

static void tell_time(char *text, size_t size)
{
    time_t now = time(NULL);
    struct tm utc;

    text[0] = '\0';
    if (gmtime_r(&now, &utc) != NULL)
        (void)strftime(text, size, "%Y-%m-%dT%H:%M:%SZ", &utc);
}

bool proa_usage_log_write(const struct proa_usage_log *log,
                          const struct proa_function *function,
                          const struct proa_trace *trace, uint16_t status,
                          const struct proa_guest_use *use)
{
    char now[32], trace_id[TRACE_ID_SIZE];
    const struct proa_usage_request request = {
        .time = now,
        .function = function->settings.name,
        .trace_id = trace_id,
        .status = status,
    };
    const struct proa_usage_record record = {
        .usage = &use->usage,
        .module = function->module,
        .artifact = function->artifact,
        .status = use->status,
        .exit_code = use->exit_code,
        .trap = use->status == PROA_TRAP ? use->trap : NULL,
        .request = &request,
    };
    struct proa_buffer line;

    tell_time(now, sizeof now);
    /* "00-TRACE-SPAN-00" */
    memcpy(trace_id, trace->parent + 3, TRACE_ID_SIZE - 1);
    trace_id[TRACE_ID_SIZE - 1] = '\0';
    proa_buffer_init(&line, LINE_BYTES_MAX);
    proa_usage_record_write(&record, &line);
    bool is_good = !line.is_full &&
                   (log->key != NULL ? sign(log, &line)
                                     : proa_buffer_append(&line, "}\n", 2)) &&
                   put(log->fd, &line);
    proa_buffer_deinit(&line);
    return is_good;
}
