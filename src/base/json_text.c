/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json_text.h"

void proa_json_text(struct proa_buffer *out, const char *bytes, size_t size)
{
    (void)proa_buffer_append(out, "\"", 1);
    for (size_t i = 0; i < size; i++) {
        uint8_t byte = (uint8_t)bytes[i];
        if (byte < 0x20 || byte >= 0x7f)
            (void)proa_buffer_printf(out, "\\u%04x", byte);
        else if (byte == '"' || byte == '\\')
            (void)proa_buffer_printf(out, "\\%c", byte);
        else
            (void)proa_buffer_append(out, &byte, 1);
    }
    (void)proa_buffer_append(out, "\"", 1);
}
