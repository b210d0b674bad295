/*
 * What is counted, and how it is told.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "serve/metrics.h"

#include "../check.h"
#include "serve/status.h"

enum { OUT_BYTES_MAX = 1 << 20 };

static void expect_line(const struct proa_buffer *out, const char *line)
{
    const char *text = (const char *)out->bytes;

    for (const char *at = text; (at = strstr(at, line)) != NULL; at++)
        if ((at == text || at[-1] == '\n') && at[strlen(line)] == '\n')
            return;
    fprintf(stderr, "no line\n%s\nin\n%s", line, text);
    exit(1);
}

static void buckets_and_classes(void)
{
    static const struct {
        uint16_t status;
        uint64_t ns;
        uint32_t class;
        uint32_t bucket;
    } cases[] = {
        { 200, 0, 0, 0 },           { 200, 50000, 0, 0 },
        { 204, 50001, 0, 1 },       { 301, 1000000, 1, 4 },
        { 404, 1000001, 2, 5 },     { 500, 30000000000, 3, 14 },
        { 599, UINT64_MAX, 3, 15 }, { 101, 1, 0, 0 },
        { 999, 1, 3, 0 },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct proa_stats stats = { 0 };
        proa_stats_answer(&stats, cases[i].status, cases[i].ns);
        CHECK_EQ(stats.requests[cases[i].class], 1);
        CHECK_EQ(stats.buckets[cases[i].bucket], 1);
        CHECK_EQ(stats.ns_sum, cases[i].ns);
    }
}

static void quantiles(void)
{
    unsigned long long buckets[PROA_METRICS_BUCKETS] = { 0 };

    CHECK_EQ(proa_metrics_quantile_ns(buckets, 0.5), 0);
    buckets[0] = 100; /* to 50 us */
    CHECK_EQ(proa_metrics_quantile_ns(buckets, 0.5), 25000);
    CHECK_EQ(proa_metrics_quantile_ns(buckets, 1), 50000);
    buckets[1] = 100; /* to 100 us */
    CHECK_EQ(proa_metrics_quantile_ns(buckets, 0.5), 50000);
    CHECK_EQ(proa_metrics_quantile_ns(buckets, 0.75), 75000);
    buckets[PROA_METRICS_BUCKETS - 1] = 1000;
    CHECK_EQ(proa_metrics_quantile_ns(buckets, 0.99), 30000000000);
}

static void kinds_of_traps(void)
{
    struct proa_stats stats = { 0 };

    proa_stats_trap(&stats, "unreachable");
    proa_stats_trap(&stats, "call stack exhausted");
    proa_stats_trap(&stats, "what a host function said");
    CHECK_EQ(stats.traps[0], 1);
    CHECK_EQ(stats.traps[9], 1);
    proa_stats_trap(&stats, "all fuel consumed");
    CHECK_EQ(stats.traps[12], 1);
    CHECK_EQ(stats.traps[PROA_METRICS_TRAPS - 1], 1);
    CHECK_EQ(strcmp(proa_metrics_trap_name(9), "call stack exhausted"), 0);
    CHECK_EQ(proa_metrics_trap_name(PROA_METRICS_TRAPS) == NULL, true);
}

static void use_is_summed_and_peaks(void)
{
    struct proa_stats stats = { 0 };

    proa_stats_use(&stats, 5, 100);
    proa_stats_use(&stats, 7, 50);
    CHECK_EQ(stats.cpu_ns, 12);
    CHECK_EQ(stats.memory_bytes, 100);
}

static void fill(struct proa_metrics *metrics)
{
    struct proa_stats *stats = proa_metrics_stats(metrics, "/a\"\\\n<b>");

    CHECK_EQ(stats != NULL, true);
    CHECK_EQ(proa_metrics_stats(metrics, "/a\"\\\n<b>") == stats, true);
    CHECK_EQ(proa_metrics_stats(metrics, "/other") == stats, false);
    proa_stats_answer(stats, 200, 60000);
    proa_stats_answer(stats, 503, 2000000);
    proa_stats_trap(stats, "unreachable");
    proa_stats_use(stats, 1500000000, 65536);
    stats->cold_starts = 3;
    metrics->reloads = 4;
}

static void text_for_prometheus(void)
{
    static const char *const lines[] = {
        "# TYPE proa_requests_total counter",
        "proa_requests_total{function=\"/a\\\"\\\\\\n<b>\",status=\"2xx\"} 1",
        "proa_requests_total{function=\"/a\\\"\\\\\\n<b>\",status=\"5xx\"} 1",
        "proa_requests_total{function=\"/other\",status=\"2xx\"} 0",
        "proa_request_seconds_bucket{function=\"/a\\\"\\\\\\n<b>\","
        "le=\"0.00005\"} 0",
        "proa_request_seconds_bucket{function=\"/a\\\"\\\\\\n<b>\","
        "le=\"0.0001\"} 1",
        "proa_request_seconds_bucket{function=\"/a\\\"\\\\\\n<b>\","
        "le=\"+Inf\"} 2",
        "proa_request_seconds_count{function=\"/a\\\"\\\\\\n<b>\"} 2",
        "proa_request_seconds_sum{function=\"/a\\\"\\\\\\n<b>\"} 0.002060000",
        "proa_traps_total{function=\"/a\\\"\\\\\\n<b>\",kind=\"unreachable\"} "
        "1",
        "proa_cpu_seconds_total{function=\"/a\\\"\\\\\\n<b>\"} 1.500000",
        "proa_instance_memory_bytes_max{function=\"/a\\\"\\\\\\n<b>\"} 65536",
        "proa_cold_starts_total{function=\"/a\\\"\\\\\\n<b>\"} 3",
        "proa_reloads_total 4",
    };
    struct proa_metrics metrics;
    struct proa_buffer out;

    proa_metrics_init(&metrics);
    fill(&metrics);
    proa_buffer_init(&out, OUT_BYTES_MAX);
    proa_metrics_write(&metrics, &out);
    CHECK_EQ(proa_buffer_append(&out, "", 1), true);
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        expect_line(&out, lines[i]);
    proa_buffer_deinit(&out);
    proa_buffer_init(&out, 100);
    proa_metrics_write(&metrics, &out);
    CHECK_EQ(out.is_full, true);
    proa_buffer_deinit(&out);
    proa_metrics_deinit(&metrics);
}

static void json_for_the_page(void)
{
    static const char *const parts[] = {
        "\"uptime_seconds\":1.5,\"is_ready\":true",
        "{\"name\":\"/a\\\"\\\\\\n<b>\",\"requests\":[1,0,0,1],\"buckets\":[0,"
        "1,0,0,0,1,0",
        "\"cpu_seconds\":1.5,\"traps\":{\"unreachable\":1},\"fuel\":0,"
        "\"memory_bytes\":"
        "65536",
        "\"bounds_seconds\":[",
    };
    struct proa_metrics metrics;
    struct proa_buffer out;

    proa_metrics_init(&metrics);
    fill(&metrics);
    proa_buffer_init(&out, OUT_BYTES_MAX);
    CHECK_EQ(proa_status_write(&metrics, 1500000000, true, &out), true);
    CHECK_EQ(proa_buffer_append(&out, "", 1), true);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (strstr((const char *)out.bytes, parts[i]) == NULL) {
            fprintf(stderr, "no %s in %s\n", parts[i], (char *)out.bytes);
            exit(1);
        }
    proa_buffer_deinit(&out);
    proa_buffer_init(&out, 100);
    CHECK_EQ(proa_status_write(&metrics, 1, true, &out), false);
    proa_buffer_deinit(&out);
    proa_metrics_deinit(&metrics);
}

static void files_of_the_page(void)
{
    static const char *const paths[] = { "/", "/status.css", "/status.js" };

    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        const struct proa_status_file *file =
            proa_status_file_find(paths[i], strlen(paths[i]));
        CHECK_EQ(file != NULL && file->size > 100, true);
        CHECK_EQ(file->bytes[file->size - 1], '\n');
    }
    CHECK_EQ(proa_status_file_find("/status.cs", 10) == NULL, true);
    CHECK_EQ(proa_status_file_find("", 0) == NULL, true);
}

int main(void)
{
    buckets_and_classes();
    quantiles();
    kinds_of_traps();
    use_is_summed_and_peaks();
    text_for_prometheus();
    json_for_the_page();
    files_of_the_page();
    return 0;
}
