/*
 * The records of what requests used: a line each, at the end of a file.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_SERVE_USAGE_LOG_H
#define PROA_SERVE_USAGE_LOG_H

#include "serve/guest.h"

struct proa_usage_log;

/*
 * Open the file, and read the key, before either is out of reach.
 *
 * @param path     "-": standard error
 * @param key_path NULL: records are not signed
 * @param log      set on success; owned: end with proa_usage_log_close()
 * @return PROA_OK, PROA_USAGE (no such file, no such key), PROA_IO, PROA_NOMEM
 */
PROA_NODISCARD enum proa_status proa_usage_log_open(const char *path,
                                                    const char *key_path,
                                                    struct proa_usage_log **log,
                                                    struct proa_error *err);
/* NULL does nothing. */
void proa_usage_log_close(struct proa_usage_log *log);

/*
 * Write from now on to a file of the same name, which may be another one.
 *
 * @return PROA_OK, PROA_IO (then nothing changes)
 * Threads: any.
 */
PROA_NODISCARD enum proa_status
proa_usage_log_reopen(const struct proa_usage_log *log, struct proa_error *err);

/*
 * Add the record of a request. One that cannot be written is lost.
 *
 * A signature is the member behind all others: of the line without it, as
 * `sed 's/,"signature":"[^"]*"//'` gives it.
 *
 * @return false: it is lost
 * Threads: any.
 */
bool proa_usage_log_write(const struct proa_usage_log *log,
                          const struct proa_function *function,
                          const struct proa_trace *trace, uint16_t status,
                          const struct proa_guest_use *use);

#endif
