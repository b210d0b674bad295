/*
 * %XX in a path.
 * https://www.rfc-editor.org/rfc/rfc3986#section-2.1
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_SERVE_PERCENT_H
#define PROA_SERVE_PERCENT_H

#include <stdbool.h>

#include "http/message.h"

/*
 * Decode into `out`, which has room for as many bytes.
 *
 * @return false when a % begins no byte, or begins a NUL
 */
PROA_NODISCARD bool proa_percent_decode(struct proa_http_text text, char *out,
                                        size_t *out_size);

/* Whether the text, decoded, is this word. */
PROA_NODISCARD bool proa_percent_is(struct proa_http_text text,
                                    const char *word);

#endif
