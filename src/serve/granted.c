/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/granted.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fail.h"
#include "cache/output.h"
#include "serve/plan.h"
#include "serve/serve.h"

enum { TEXT_BYTES_MAX = 4 << 20 };

/* The file: this, then entries, then the settings. */
struct head {
    uint64_t body_bytes_max;
    uint32_t path_count;
    uint32_t is_all; /* files are not confined */
    uint32_t text_size;
    uint32_t zero;
};

struct entry {
    uint64_t device;
    uint64_t inode;
    uint64_t allowed;
};

static const char *text_of(const char *text)
{
    return text != NULL ? text : "";
}

void proa_granted_settings(const struct proa_serve_options *options,
                           struct proa_buffer *text)
{
    const struct {
        const char *key;
        uint64_t value;
    } numbers[] = {
        { "proxy", options->reads_proxy_header },
        { "workers", options->worker_count },
        { "queue", options->queue_count_max },
        { "connections", options->connection_count_max },
        { "drain", options->drain_ns },
        { "drain-delay", options->drain_delay_ns },
        { "memory", options->total_memory_bytes_max },
        { "head-time", options->head_ns_max },
        { "body-time", options->body_ns_max },
        { "write-time", options->write_ns_max },
        { "idle-time", options->idle_ns_max },
        { "line", options->line_bytes_max },
        { "head", options->head_bytes_max },
        { "response", options->response_bytes_max },
        { "watches", options->watches },
        { "json", options->logs_json },
        { "quiet", options->is_quiet },
        { "unconfined", options->is_unconfined },
    };
    const char *const texts[] = {
        options->address,      options->tls_certificate_path,
        options->tls_key_path, options->admin_address,
        options->usage_path,   options->usage_key_path,
        options->user,
    };

    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        (void)proa_buffer_printf(text, "%s %llu\n", numbers[i].key,
                                 (unsigned long long)numbers[i].value);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        (void)proa_buffer_printf(text, "text %s\n", text_of(texts[i]));
    for (uint32_t i = 0; i < options->more_address_count; i++)
        (void)proa_buffer_printf(text, "address %s\n",
                                 options->more_addresses[i]);
    for (uint32_t i = 0; i < options->reload_folder_count; i++)
        (void)proa_buffer_printf(text, "folder %s\n",
                                 options->reload_folders[i]);
}

/* --- writing ------------------------------------------------------------- */

static bool entry_make(const struct proa_confine_path *path,
                       struct entry *entry)
{
    struct stat found;

    if (stat(path->path, &found) != 0)
        return false;
    *entry = (struct entry){ found.st_dev, found.st_ino, path->allowed };
    return true;
}

enum proa_status proa_granted_write(const struct proa_serve_options *options,
                                    const struct proa_buffer *settings,
                                    const struct proa_confine_paths *paths,
                                    int *fd, struct proa_error *err)
{
    struct head head = { .body_bytes_max = options->body_bytes_max,
                         .is_all = options->is_unconfined,
                         .text_size = (uint32_t)settings->size };
    struct proa_buffer file;
    int made = -1;

    proa_buffer_init(&file, sizeof head + settings->size +
                                (size_t)paths->count * sizeof(struct entry));
    bool is_good = proa_buffer_append(&file, &head, sizeof head);
    for (uint32_t i = 0; i < paths->count && is_good; i++) {
        struct entry entry;
        if (!entry_make(&paths->items[i], &entry))
            continue;
        is_good = proa_buffer_append(&file, &entry, sizeof entry);
        head.path_count++;
    }
    is_good =
        is_good && proa_buffer_append(&file, settings->bytes, settings->size);
    if (is_good)
        memcpy(file.bytes, &head, sizeof head);
    enum proa_status status = proa_output_create(&made, err);
    if (status == PROA_OK &&
        (!is_good || write(made, file.bytes, file.size) != (ssize_t)file.size))
        status = proa_fail(err, PROA_NOMEM, 0, "no memory for what is granted");
    if (status == PROA_OK)
        status = proa_output_seal(made, err);
    proa_buffer_deinit(&file);
    if (status == PROA_OK)
        *fd = made;
    else if (made >= 0)
        (void)close(made);
    return status;
}

/* --- looking ------------------------------------------------------------- */

struct granted {
    const struct entry *entries;
    uint32_t count;
};

static uint64_t allowed_at(const struct granted *granted,
                           const struct stat *found)
{
    uint64_t allowed = 0;

    for (uint32_t i = 0; i < granted->count; i++)
        if (granted->entries[i].device == found->st_dev &&
            granted->entries[i].inode == found->st_ino)
            allowed |= granted->entries[i].allowed;
    return allowed;
}

/* What a folder allows, all below it has. */
static bool has_path(const struct granted *granted,
                     const struct proa_confine_path *path)
{
    char *real = realpath(path->path, NULL);
    uint64_t allowed = 0;
    struct stat found;

    if (real == NULL)
        return true; /* what is not there cannot be given either */
    for (char *end = real + strlen(real); end != NULL;
         end = strrchr(real, '/')) {
        *end = '\0';
        if (stat(*real == '\0' ? "/" : real, &found) == 0)
            allowed |= allowed_at(granted, &found);
        if (*real == '\0')
            break;
    }
    free(real);
    return (path->allowed & ~allowed) == 0;
}

static bool has_settings(const struct proa_serve_options *options,
                         const char *bytes, size_t size)
{
    struct proa_buffer text;

    proa_buffer_init(&text, TEXT_BYTES_MAX);
    proa_granted_settings(options, &text);
    bool is_same = text.size == size && memcmp(text.bytes, bytes, size) == 0;
    proa_buffer_deinit(&text);
    return is_same;
}

/* A server wrote it. */
static bool is_whole(const struct head *head, size_t size)
{
    return size == sizeof *head + head->text_size +
                       (uint64_t)head->path_count * sizeof(struct entry);
}

static bool has_all(const struct head *head,
                    const struct proa_serve_options *options,
                    const struct proa_plan *plan)
{
    const struct granted granted = { (const struct entry *)(head + 1),
                                     head->path_count };
    const char *text = (const char *)(granted.entries + granted.count);
    struct proa_serve_options opened = *options;
    struct proa_confine_paths paths = { .arena = plan->arena };

    if (!has_settings(options, text, head->text_size) ||
        options->body_bytes_max > head->body_bytes_max)
        return false;
    if (head->is_all)
        return true;
    /* A server finds them open. */
    opened.address = NULL;
    opened.more_address_count = 0;
    proa_confine_add_plan(&paths, &opened, plan);
    for (uint32_t i = 0; i < paths.count; i++)
        if (!has_path(&granted, &paths.items[i]))
            return false;
    return true;
}

bool proa_granted_suffices(int fd, const struct proa_serve_options *options,
                           const struct proa_plan *plan)
{
    struct stat file;

    if (fstat(fd, &file) != 0 || file.st_size < (off_t)sizeof(struct head))
        return true;
    size_t size = (size_t)file.st_size;
    struct head *head = malloc(size);
    bool is_enough = head == NULL ||
                     pread(fd, head, size, 0) != (ssize_t)size ||
                     !is_whole(head, size) || has_all(head, options, plan);
    free(head);
    return is_enough;
}
