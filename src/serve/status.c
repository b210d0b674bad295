/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/status.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/version.h"

extern const char proa_page_html[], proa_page_html_end[];
extern const char proa_page_css[], proa_page_css_end[];
extern const char proa_page_js[], proa_page_js_end[];

const struct proa_status_file *proa_status_file_find(const char *path,
                                                     size_t size)
{
    static struct proa_status_file files[] = {
        { "/", "text/html; charset=utf-8", proa_page_html, 0 },
        { "/status.css", "text/css; charset=utf-8", proa_page_css, 0 },
        { "/status.js", "text/javascript; charset=utf-8", proa_page_js, 0 },
    };
    static const char *const ends[] = { proa_page_html_end, proa_page_css_end,
                                        proa_page_js_end };

    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        if (strlen(files[i].path) != size ||
            memcmp(files[i].path, path, size) != 0)
            continue;
        files[i].size = (size_t)(ends[i] - files[i].bytes);
        return &files[i];
    }
    return NULL;
}

/* What cannot be told without memory is missed by who dumps the whole. */
static void set_count(json_t *object, const char *name,
                      unsigned long long count)
{
    (void)json_object_set_new(object, name, json_integer((json_int_t)count));
}

static json_t *counts(const atomic_ullong *items, uint32_t count)
{
    json_t *array = json_array();

    for (uint32_t i = 0; i < count; i++)
        (void)json_array_append_new(
            array, json_integer((json_int_t)atomic_load(&items[i])));
    return array;
}

static json_t *traps_of(const struct proa_stats *stats)
{
    json_t *object = json_object();

    for (uint32_t i = 0; i < PROA_METRICS_TRAPS; i++)
        if (atomic_load(&stats->traps[i]) > 0)
            set_count(object, proa_metrics_trap_name(i),
                      atomic_load(&stats->traps[i]));
    return object;
}

static json_t *function_of(const struct proa_stats *stats)
{
    json_t *object = json_object();

    (void)json_object_set_new(object, "name", json_string(stats->name));
    (void)json_object_set_new(object, "requests",
                              counts(stats->requests, PROA_METRICS_CLASSES));
    (void)json_object_set_new(object, "buckets",
                              counts(stats->buckets, PROA_METRICS_BUCKETS));
    (void)json_object_set_new(
        object, "seconds",
        json_real((double)atomic_load(&stats->ns_sum) / 1e9));
    (void)json_object_set_new(
        object, "cpu_seconds",
        json_real((double)atomic_load(&stats->cpu_ns) / 1e9));
    (void)json_object_set_new(object, "traps", traps_of(stats));
    set_count(object, "fuel", atomic_load(&stats->fuel));
    set_count(object, "memory_bytes", atomic_load(&stats->memory_bytes));
    set_count(object, "instances", atomic_load(&stats->instances));
    set_count(object, "cold_starts", atomic_load(&stats->cold_starts));
    set_count(object, "timeouts", atomic_load(&stats->timeouts));
    set_count(object, "exits", atomic_load(&stats->exits));
    set_count(object, "rejected", atomic_load(&stats->rejected));
    set_count(object, "queued", atomic_load(&stats->queued));
    set_count(object, "running", atomic_load(&stats->running));
    return object;
}

static json_t *bounds(void)
{
    json_t *array = json_array();

    for (uint32_t i = 0; i < PROA_METRICS_BUCKETS - 1; i++)
        (void)json_array_append_new(
            array, json_real((double)proa_metrics_bound_ns(i) / 1e9));
    return array;
}

bool proa_status_write(struct proa_metrics *metrics, uint64_t uptime_ns,
                       bool is_ready, struct proa_buffer *out)
{
    json_t *root = json_object(), *functions = json_array();
    char *text;
    bool is_done = false;

    (void)json_object_set_new(root, "version", json_string(PROA_VERSION));
    (void)json_object_set_new(root, "uptime_seconds",
                              json_real((double)uptime_ns / 1e9));
    (void)json_object_set_new(root, "is_ready", json_boolean(is_ready));
    set_count(root, "refused", atomic_load(&metrics->refused));
    set_count(root, "limited", atomic_load(&metrics->limited));
    set_count(root, "reloads", atomic_load(&metrics->reloads));
    set_count(root, "reload_failures", atomic_load(&metrics->reload_failures));
    (void)json_object_set_new(root, "bounds_seconds", bounds());
    (void)pthread_mutex_lock(&metrics->lock);
    for (const struct proa_stats *s = metrics->first; s != NULL; s = s->next)
        (void)json_array_append_new(functions, function_of(s));
    (void)pthread_mutex_unlock(&metrics->lock);
    (void)json_object_set_new(root, "functions", functions);
    text = json_dumps(root, JSON_COMPACT);
    json_decref(root);
    if (text != NULL)
        is_done = proa_buffer_append(out, text, strlen(text));
    free(text);
    return is_done;
}
