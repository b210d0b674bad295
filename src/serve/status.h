/*
 * What the status page shows: its files, and the figures in JSON.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_SERVE_STATUS_H
#define PROA_SERVE_STATUS_H

#include "serve/metrics.h"

struct proa_status_file {
    const char *path; /* of the request */
    const char *type;
    const char *bytes;
    size_t size;
};

/* NULL: the page has no such file. `path` is not terminated. */
const struct proa_status_file *proa_status_file_find(const char *path,
                                                     size_t size);

/*
 * {"version":..., "uptime_seconds":..., "is_ready":..., "bounds_seconds":[...],
 * "functions":[{"name":..., "requests":[2xx,3xx,4xx,5xx], "buckets":[...],
 * ...}], ...}
 *
 * @return false: no memory
 */
bool proa_status_write(struct proa_metrics *metrics, uint64_t uptime_ns,
                       bool is_ready, struct proa_buffer *out);

#endif
