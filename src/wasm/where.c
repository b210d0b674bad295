/*
 * SPDX-License-Identifier: Apache-2.0
 */
#include "wasm/where.h"

#include <stdio.h>
#include <string.h>

const char *proa_where_name(struct proa_name name, char *text, size_t size)
{
    size_t count = name.size;

    if (count > size - 1) {
        count = size - 4;
        /* Not within a character: its tail bytes are 10xxxxxx. */
        while (count > 0 && ((uint8_t)name.bytes[count] & 0xc0) == 0x80)
            count--;
    }
    for (size_t i = 0; i < count; i++) {
        uint8_t byte = (uint8_t)name.bytes[i];
        bool is_control = byte < 0x20 || byte == 0x7f;
        /* C1 controls, which some terminals obey, are C2 80 to C2 9F. */
        if (byte == 0xc2 && i + 1 < count &&
            (uint8_t)name.bytes[i + 1] < 0xa0) {
            text[i++] = '?';
            is_control = true;
        }
        text[i] = name.bytes[i];
        if (is_control)
            text[i] = '?';
    }
    (void)snprintf(text + count, size - count, "%s",
                   count < name.size ? "..." : "");
    return text;
}

/* What of `text` there is room for. */
static void append(struct proa_error *err, const char *text)
{
    size_t used = strlen(err->text);

    (void)snprintf(err->text + used, sizeof err->text - used, "%s", text);
}

void proa_where_section(struct proa_error *err, const char *place)
{
    append(err, ", in ");
    append(err, place);
}

void proa_where_function(struct proa_error *err,
                         const struct proa_wasm_module *module,
                         uint32_t function_index)
{
    struct proa_name name = module->functions[function_index].name;
    char text[120];
    char line[160];

    (void)snprintf(line, sizeof line, ", in function %u", function_index);
    append(err, line);
    if (name.size == 0)
        return;
    (void)snprintf(line, sizeof line, " \"%s\"",
                   proa_where_name(name, text, sizeof text));
    append(err, line);
}
