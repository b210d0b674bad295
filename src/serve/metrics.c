/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/metrics.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    uint64_t ns;
    const char *text; /* in seconds */
} bounds[PROA_METRICS_BUCKETS] = {
    { 50000, "0.00005" },   { 100000, "0.0001" }, { 250000, "0.00025" },
    { 500000, "0.0005" },   { 1000000, "0.001" }, { 2500000, "0.0025" },
    { 5000000, "0.005" },   { 10000000, "0.01" }, { 25000000, "0.025" },
    { 50000000, "0.05" },   { 100000000, "0.1" }, { 250000000, "0.25" },
    { 1000000000, "1" },    { 5000000000, "5" },  { 30000000000, "30" },
    { UINT64_MAX, "+Inf" },
};

/* What the runtime says of a trap; all else is a host function's own words. */
static const char *const traps[PROA_METRICS_TRAPS] = {
    "unreachable",
    "out of bounds memory access",
    "out of bounds table access",
    "undefined element",
    "uninitialized element",
    "indirect call type mismatch",
    "integer divide by zero",
    "integer overflow",
    "invalid conversion to integer",
    "call stack exhausted",
    "interrupt",
    "out of memory",
    "all fuel consumed",
    "host",
};

void proa_metrics_init(struct proa_metrics *metrics)
{
    memset(metrics, 0, sizeof *metrics);
    (void)pthread_mutex_init(&metrics->lock, NULL);
    metrics->end = &metrics->first;
}

void proa_metrics_deinit(struct proa_metrics *metrics)
{
    struct proa_stats *stats = metrics->first;

    while (stats != NULL) {
        struct proa_stats *next = stats->next;
        free(stats->name);
        free(stats);
        stats = next;
    }
    (void)pthread_mutex_destroy(&metrics->lock);
}

static struct proa_stats *make(const char *name)
{
    struct proa_stats *stats = calloc(1, sizeof *stats);

    if (stats == NULL)
        return NULL;
    stats->name = strdup(name);
    if (stats->name == NULL) {
        free(stats);
        return NULL;
    }
    return stats;
}

struct proa_stats *proa_metrics_stats(struct proa_metrics *metrics,
                                      const char *name)
{
    struct proa_stats *stats;

    (void)pthread_mutex_lock(&metrics->lock);
    for (stats = metrics->first; stats != NULL; stats = stats->next)
        if (strcmp(stats->name, name) == 0)
            break;
    if (stats == NULL && metrics->count < PROA_METRICS_STATS_MAX) {
        stats = make(name);
        if (stats != NULL) {
            *metrics->end = stats;
            metrics->end = &stats->next;
            metrics->count++;
        }
    }
    (void)pthread_mutex_unlock(&metrics->lock);
    return stats;
}

void proa_stats_answer(struct proa_stats *stats, uint16_t status, uint64_t ns)
{
    uint32_t class = status < 200 ? 0 : (uint32_t)status / 100 - 2;
    uint32_t bucket = 0;

    if (class >= PROA_METRICS_CLASSES)
        class = PROA_METRICS_CLASSES - 1;
    while (ns > bounds[bucket].ns)
        bucket++;
    atomic_fetch_add(&stats->requests[class], 1);
    atomic_fetch_add(&stats->buckets[bucket], 1);
    atomic_fetch_add(&stats->ns_sum, ns);
}

void proa_stats_trap(struct proa_stats *stats, const char *text)
{
    uint32_t kind = 0;

    while (kind < PROA_METRICS_TRAPS - 1 && strcmp(traps[kind], text) != 0)
        kind++;
    atomic_fetch_add(&stats->traps[kind], 1);
}

void proa_stats_use(struct proa_stats *stats, uint64_t cpu_ns,
                    uint64_t memory_bytes)
{
    unsigned long long most = atomic_load(&stats->memory_bytes);

    atomic_fetch_add(&stats->cpu_ns, cpu_ns);
    while (memory_bytes > most)
        if (atomic_compare_exchange_weak(&stats->memory_bytes, &most,
                                         memory_bytes))
            break;
}

const char *proa_metrics_trap_name(uint32_t index)
{
    return index < PROA_METRICS_TRAPS ? traps[index] : NULL;
}

uint64_t proa_metrics_bound_ns(uint32_t index)
{
    return bounds[index].ns;
}

double
proa_metrics_quantile_ns(const unsigned long long buckets[PROA_METRICS_BUCKETS],
                         double share)
{
    double all = 0, below = 0, wanted;

    for (uint32_t i = 0; i < PROA_METRICS_BUCKETS; i++)
        all += (double)buckets[i];
    wanted = all * share;
    if (all <= 0)
        return 0;
    for (uint32_t i = 0; i < PROA_METRICS_BUCKETS - 1; i++) {
        double count = (double)buckets[i];
        double from = i == 0 ? 0 : (double)bounds[i - 1].ns;
        if (count > 0 && below + count >= wanted)
            return from +
                   ((double)bounds[i].ns - from) * (wanted - below) / count;
        below += count;
    }
    return (double)bounds[PROA_METRICS_BUCKETS - 2].ns;
}

/* --- text --------------------------------------------------------------- */

static void head(struct proa_buffer *out, const char *name, const char *type,
                 const char *help)
{
    (void)proa_buffer_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help,
                             name, type);
}

/* `name{function="..."`: escaped as a label's value must be. */
static void begin(struct proa_buffer *out, const char *name,
                  const struct proa_stats *stats)
{
    (void)proa_buffer_printf(out, "%s{function=\"", name);
    for (const char *c = stats->name; *c != '\0'; c++) {
        if (*c == '\n')
            (void)proa_buffer_append(out, "\\n", 2);
        else if (*c == '"' || *c == '\\')
            (void)proa_buffer_printf(out, "\\%c", *c);
        else
            (void)proa_buffer_append(out, c, 1);
    }
    (void)proa_buffer_append(out, "\"", 1);
}

static void write_requests(const struct proa_stats *first,
                           struct proa_buffer *out)
{
    const char *name = "proa_requests_total";

    head(out, name, "counter", "Requests answered, by class of status.");
    for (const struct proa_stats *s = first; s != NULL; s = s->next) {
        for (uint32_t i = 0; i < PROA_METRICS_CLASSES; i++) {
            begin(out, name, s);
            (void)proa_buffer_printf(out, ",status=\"%uxx\"} %llu\n", i + 2,
                                     atomic_load(&s->requests[i]));
        }
    }
}

static void write_latency(const struct proa_stats *first,
                          struct proa_buffer *out)
{
    head(out, "proa_request_seconds", "histogram",
         "From the whole request to its answer.");
    for (const struct proa_stats *s = first; s != NULL; s = s->next) {
        unsigned long long sum = 0;
        for (uint32_t i = 0; i < PROA_METRICS_BUCKETS; i++) {
            sum += atomic_load(&s->buckets[i]);
            begin(out, "proa_request_seconds_bucket", s);
            (void)proa_buffer_printf(out, ",le=\"%s\"} %llu\n", bounds[i].text,
                                     sum);
        }
        begin(out, "proa_request_seconds_sum", s);
        (void)proa_buffer_printf(out, "} %.9f\n",
                                 (double)atomic_load(&s->ns_sum) / 1e9);
        begin(out, "proa_request_seconds_count", s);
        (void)proa_buffer_printf(out, "} %llu\n", sum);
    }
}

static void write_traps(const struct proa_stats *first, struct proa_buffer *out)
{
    const char *name = "proa_traps_total";

    head(out, name, "counter", "Guests that trapped, by kind.");
    for (const struct proa_stats *s = first; s != NULL; s = s->next) {
        for (uint32_t i = 0; i < PROA_METRICS_TRAPS; i++) {
            unsigned long long count = atomic_load(&s->traps[i]);
            if (count == 0)
                continue;
            begin(out, name, s);
            (void)proa_buffer_printf(out, ",kind=\"%s\"} %llu\n", traps[i],
                                     count);
        }
    }
}

static void write_counter(const struct proa_stats *first, const char *name,
                          const char *help, size_t place,
                          struct proa_buffer *out)
{
    head(out, name, "counter", help);
    for (const struct proa_stats *s = first; s != NULL; s = s->next) {
        const atomic_ullong *counter =
            (const atomic_ullong *)(const void *)((const char *)s + place);
        begin(out, name, s);
        (void)proa_buffer_printf(out, "} %llu\n", atomic_load(counter));
    }
}

static void write_gauges(const struct proa_stats *first,
                         struct proa_buffer *out)
{
    head(out, "proa_running", "gauge", "Guests that run.");
    for (const struct proa_stats *s = first; s != NULL; s = s->next) {
        begin(out, "proa_running", s);
        (void)proa_buffer_printf(out, "} %u\n", atomic_load(&s->running));
    }
    head(out, "proa_queued", "gauge", "Requests that wait for their turn.");
    for (const struct proa_stats *s = first; s != NULL; s = s->next) {
        begin(out, "proa_queued", s);
        (void)proa_buffer_printf(out, "} %u\n", atomic_load(&s->queued));
    }
}

/* Two that are no plain counts. */
static void write_use(const struct proa_stats *first, struct proa_buffer *out)
{
    head(out, "proa_cpu_seconds_total", "counter",
         "Time that guests had a processor.");
    for (const struct proa_stats *s = first; s != NULL; s = s->next) {
        begin(out, "proa_cpu_seconds_total", s);
        (void)proa_buffer_printf(out, "} %.6f\n",
                                 (double)atomic_load(&s->cpu_ns) / 1e9);
    }
    head(out, "proa_instance_memory_bytes_max", "gauge",
         "The most memory that an instance had at its end.");
    for (const struct proa_stats *s = first; s != NULL; s = s->next) {
        begin(out, "proa_instance_memory_bytes_max", s);
        (void)proa_buffer_printf(out, "} %llu\n",
                                 atomic_load(&s->memory_bytes));
    }
}

static void write_one(const char *name, const char *help,
                      const atomic_ullong *counter, struct proa_buffer *out)
{
    head(out, name, "counter", help);
    (void)proa_buffer_printf(out, "%s %llu\n", name, atomic_load(counter));
}

static void write_seconds(const char *name, const char *help,
                          const atomic_ullong *ns, struct proa_buffer *out)
{
    head(out, name, "counter", help);
    (void)proa_buffer_printf(out, "%s %.9f\n", name,
                             (double)atomic_load(ns) / 1e9);
}

static void write_tier_ups(const struct proa_tier_counts *counts,
                           struct proa_buffer *out)
{
    write_one("proa_tier_ups_total", "Modules that got optimized code.",
              &counts->count, out);
    write_one("proa_tier_up_failures_total",
              "Modules that stay on baseline code.", &counts->failures, out);
    write_seconds("proa_tier_up_seconds_total",
                  "What making optimized code took.", &counts->ns, out);
    write_one("proa_tier_up_parts_total",
              "Parts of modules that were hot and got optimized code first.",
              &counts->parts, out);
    write_one("proa_tier_up_part_functions_total", "Functions in these parts.",
              &counts->functions, out);
    write_seconds("proa_tier_up_part_seconds_total",
                  "What making these parts took.", &counts->parts_ns, out);
}

void proa_metrics_write(struct proa_metrics *metrics, struct proa_buffer *out)
{
    struct proa_stats *first;

    /* Those of the list only ever get more, at its end. */
    (void)pthread_mutex_lock(&metrics->lock);
    first = metrics->first;
    write_requests(first, out);
    write_latency(first, out);
    write_gauges(first, out);
    write_counter(first, "proa_instances_total", "Instances that answered.",
                  offsetof(struct proa_stats, instances), out);
    write_counter(first, "proa_cold_starts_total",
                  "Instances that were made, not put back to their start.",
                  offsetof(struct proa_stats, cold_starts), out);
    write_use(first, out);
    write_traps(first, out);
    write_counter(first, "proa_fuel_total",
                  "What guests spent, where it is counted.",
                  offsetof(struct proa_stats, fuel), out);
    write_counter(first, "proa_usage_records_lost_total",
                  "Records of usage that could not be written.",
                  offsetof(struct proa_stats, lost_records), out);
    write_counter(first, "proa_timeouts_total", "Guests that ran too long.",
                  offsetof(struct proa_stats, timeouts), out);
    write_counter(first, "proa_exits_total",
                  "Guests that ended with another code than 0.",
                  offsetof(struct proa_stats, exits), out);
    write_counter(first, "proa_rejected_total",
                  "Requests that got no turn and were told 503.",
                  offsetof(struct proa_stats, rejected), out);
    (void)pthread_mutex_unlock(&metrics->lock);
    write_one("proa_refused_total", "Requests that were no good HTTP.",
              &metrics->refused, out);
    write_one("proa_rate_limited_total",
              "Requests beyond the rate of their client, told 429.",
              &metrics->limited, out);
    write_one("proa_reloads_total", "Reloads.", &metrics->reloads, out);
    write_one("proa_reload_failures_total",
              "Reloads in which something was bad.", &metrics->reload_failures,
              out);
    if (metrics->tier_ups != NULL)
        write_tier_ups(metrics->tier_ups, out);
}
