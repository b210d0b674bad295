/* SPDX-License-Identifier: Apache-2.0 */
#include "base/fail.h"

#include <assert.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

void proa_error_set(struct proa_error *err, enum proa_status status,
                    uint64_t offset, const char *format, ...)
{
    assert(err != NULL);
    assert(status != PROA_OK);

    if (err->status != PROA_OK)
        return;

    va_list args;
    va_start(args, format);
    (void)vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    /* Names of a guest may be in the text; it must stay one line. */
    for (char *c = err->text; *c != '\0'; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = '?';
    err->status = status;
    err->offset = offset;
}

const char *proa_status_name(enum proa_status status)
{
    static const char *const names[] = {
        [PROA_OK] = "ok",
        [PROA_MALFORMED] = "malformed",
        [PROA_INVALID] = "invalid",
        [PROA_UNSUPPORTED] = "unsupported",
        [PROA_LIMIT] = "over a limit",
        [PROA_UNLINKABLE] = "unlinkable",
        [PROA_INCOMPATIBLE] = "incompatible",
        [PROA_COMPILER] = "compiler failed",
        [PROA_NOMEM] = "out of memory",
        [PROA_IO] = "input or output failed",
        [PROA_USAGE] = "usage",
        [PROA_TRAP] = "trap",
        [PROA_EXIT] = "exit",
    };
    if ((size_t)status >= sizeof names / sizeof names[0])
        return "unknown status";
    return names[status];
}
