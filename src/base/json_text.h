/*
 * Text for a JSON line that is written as it comes.
 * https://www.rfc-editor.org/rfc/rfc8259#section-7
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_BASE_JSON_TEXT_H
#define PROA_BASE_JSON_TEXT_H

#include "base/buffer.h"

/*
 * Append a string in its quotes. What is no printable ASCII is told byte by
 * byte: the text may be in any encoding.
 */
void proa_json_text(struct proa_buffer *out, const char *bytes, size_t size);

#endif
