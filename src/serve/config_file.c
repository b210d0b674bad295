/*
 * A configuration from its file to a plan.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fail.h"
#include "serve/config.h"
#include "serve/log.h"

enum { LINES_BYTES_MAX = 1 << 20 };

static enum proa_status read_file(int fd, struct proa_arena *arena,
                                  char **bytes, size_t *size,
                                  struct proa_error *err)
{
    struct stat state;
    size_t done = 0;

    if (fstat(fd, &state) != 0)
        return proa_fail(err, PROA_IO, 0, "%s", strerror(errno));
    if (S_ISDIR(state.st_mode))
        return proa_fail(err, PROA_USAGE, 0, "is a folder, no configuration");
    /* One byte more tells that it is too large. */
    char *made = proa_arena_alloc(arena, PROA_CONFIG_BYTES_MAX + 1);
    if (made == NULL)
        return proa_fail(err, PROA_NOMEM, 0, "no memory for the configuration");
    while (done <= PROA_CONFIG_BYTES_MAX) {
        ssize_t got = read(fd, made + done, PROA_CONFIG_BYTES_MAX + 1 - done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return proa_fail(err, PROA_IO, 0, "%s", strerror(errno));
        if (got == 0)
            break;
        done += (size_t)got;
    }
    *bytes = made;
    *size = done;
    return PROA_OK;
}

/* "a/b.yaml" lies in "a"; NULL for the folder we are in. */
static const char *folder_of(const char *path, struct proa_arena *arena)
{
    const char *slash = strrchr(path, '/');

    if (slash == NULL)
        return NULL;
    return proa_arena_strndup(arena, path,
                              slash == path ? 1 : (size_t)(slash - path));
}

enum proa_status proa_config_read(const char *path,
                                  const struct proa_function_settings *given,
                                  struct proa_config_faults *faults,
                                  const struct proa_config **config,
                                  struct proa_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    char *bytes = NULL;
    size_t size = 0;

    if (fd < 0)
        return proa_fail(err, PROA_USAGE, 0, "%s", strerror(errno));
    enum proa_status status = read_file(fd, faults->arena, &bytes, &size, err);
    (void)close(fd);
    if (status != PROA_OK)
        return status;
    const struct proa_config *made = proa_config_parse(
        bytes, size, folder_of(path, faults->arena), given, faults);
    if (made != NULL) {
        *config = made;
        return PROA_OK;
    }
    if (faults->is_exhausted)
        return proa_fail(err, PROA_NOMEM, 0, "no memory for the configuration");
    uint32_t count = faults->count + faults->more;
    return proa_fail(err, PROA_USAGE, 0, "%u mistake%s in the configuration",
                     count, count == 1 ? "" : "s");
}

void proa_config_faults_write(const struct proa_config_faults *faults,
                              const char *path, const char *prefix,
                              struct proa_buffer *lines)
{
    for (uint32_t i = 0; i < faults->count; i++) {
        const struct proa_config_fault *fault = &faults->items[i];
        if (fault->place.line == 0)
            (void)proa_buffer_printf(lines, "%s%s: %s\n", prefix, path,
                                     fault->text);
        else
            (void)proa_buffer_printf(lines, "%s%s:%u:%u: %s\n", prefix, path,
                                     fault->place.line, fault->place.column,
                                     fault->text);
    }
    if (faults->more > 0)
        (void)proa_buffer_printf(lines, "%s%s: and %u more\n", prefix, path,
                                 faults->more);
}

enum proa_status proa_config_plan(const struct proa_config *config,
                                  struct proa_plan *plan,
                                  struct proa_error *err)
{
    enum proa_status status = PROA_OK;

    if (config->folder_path != NULL)
        status = proa_plan_add_folder(plan, config->folder_path, err);
    for (uint32_t i = 0; i < config->function_count && status == PROA_OK; i++)
        status = proa_plan_add(plan, &config->functions[i].settings, err);
    for (uint32_t i = 0; i < plan->count; i++)
        proa_function_settings_inherit(&plan->items[i], &config->defaults);
    if (config->public_path != NULL)
        plan->public_path = config->public_path;
    return status;
}

static bool is_same(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool are_same(const struct proa_config_texts *a,
                     const struct proa_config_texts *b)
{
    bool is_good = a->count == b->count;

    for (uint32_t i = 0; i < a->count && is_good; i++)
        is_good = is_same(a->items[i], b->items[i]);
    return is_good;
}

/* A line: which settings are another server's. */
static void tell_changes(const char *path, const struct proa_config *a,
                         const struct proa_config *b)
{
    const struct {
        const char *key;
        bool is_same;
    } looks[] = {
        { "listen", are_same(&a->listen, &b->listen) },
        { "tls", is_same(a->tls_certificate_path, b->tls_certificate_path) &&
                     is_same(a->tls_key_path, b->tls_key_path) },
        { "proxy-protocol", a->reads_proxy_header == b->reads_proxy_header },
        { "admin", is_same(a->admin_address, b->admin_address) },
        { "log", a->log_format == b->log_format && a->is_quiet == b->is_quiet },
        { "usage", is_same(a->usage_path, b->usage_path) &&
                       is_same(a->usage_key_path, b->usage_key_path) },
        { "workers", a->worker_count == b->worker_count },
        { "drain", a->drain_ns == b->drain_ns },
        { "drain-delay", a->drain_delay_ns == b->drain_delay_ns },
        { "watch", a->watches == b->watches },
        { "reload-from", are_same(&a->reload_folders, &b->reload_folders) },
        { "user", is_same(a->user, b->user) },
        { "sandbox", a->is_unconfined == b->is_unconfined },
        { "supervise", a->is_unsupervised == b->is_unsupervised },
        { "limits", memcmp(&a->limits, &b->limits, sizeof a->limits) == 0 },
    };
    struct proa_buffer line;
    uint32_t count = 0;

    proa_buffer_init(&line, LINES_BYTES_MAX);
    for (size_t i = 0; i < sizeof looks / sizeof looks[0]; i++)
        if (!looks[i].is_same)
            (void)proa_buffer_printf(&line, "%s'%s'", count++ == 0 ? "" : ", ",
                                     looks[i].key);
    if (count > 0) {
        struct proa_buffer told;
        proa_buffer_init(&told, LINES_BYTES_MAX);
        (void)proa_buffer_printf(
            &told,
            "proa: %s: %.*s changed: restart the server to take that, or send "
            "SIGHUP to one that is supervised\n",
            path, (int)line.size, (const char *)line.bytes);
        proa_log_write(&told);
        proa_buffer_deinit(&told);
    }
    proa_buffer_deinit(&line);
}

enum proa_status
proa_config_plan_file(const char *path, const struct proa_config *before,
                      const struct proa_function_settings *given,
                      struct proa_plan *plan, struct proa_error *err)
{
    struct proa_config_faults faults = { .arena = plan->arena };
    const struct proa_config *config = NULL;
    struct proa_buffer lines;
    enum proa_status status =
        proa_config_read(path, given, &faults, &config, err);

    if (status == PROA_OK) {
        tell_changes(path, before, config);
        const char *folder = folder_of(path, plan->arena);
        status = proa_plan_watch(plan, folder != NULL ? folder : ".", err);
        return status == PROA_OK ? proa_config_plan(config, plan, err) : status;
    }
    proa_buffer_init(&lines, LINES_BYTES_MAX);
    proa_config_faults_write(&faults, path, "proa: ", &lines);
    proa_log_write(&lines);
    proa_buffer_deinit(&lines);
    return status;
}
