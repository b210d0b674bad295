/*
 * Sizes and times as people write them.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_BASE_QUANTITY_H
#define PROA_BASE_QUANTITY_H

#include <stdbool.h>
#include <stdint.h>

/*
 * "4096", "64K", "512M", "2G", "1T" (powers of 1024; "KiB" and "KB" mean the
 * same as "K"). False, and *bytes untouched, for anything else and for what
 * does not fit.
 */
bool proa_quantity_bytes(const char *text, uint64_t *bytes);

/*
 * "500ms", "2s", "1.5s", "10us", "3m", "1h"; a number alone is seconds. False,
 * and *ns untouched, for anything else and for what does not fit.
 */
bool proa_quantity_ns(const char *text, uint64_t *ns);

#endif
