/*
 * Values of wasm types as text, for `proa run --invoke`.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_CLI_VALUE_H
#define PROA_CLI_VALUE_H

#include <stdbool.h>
#include <stddef.h>

#include "proa/types.h"

enum { PROA_VALUE_TEXT_SIZE = 64 };

/*
 * Integers are decimal or 0x..., signed or unsigned; floats as C reads them,
 * "nan", "nan:0x400000" and "inf"; v128 is a number of up to 32 hexadecimal
 * digits after 0x; a reference can only be "null". False, and *value untouched,
 * for anything else.
 */
bool proa_value_parse(enum proa_valtype type, const char *text,
                      union proa_value *value);

/*
 * The shortest text that parse takes back to the same value. A reference that
 * is not null shows only its type.
 */
void proa_value_format(enum proa_valtype type, const union proa_value *value,
                       char text[PROA_VALUE_TEXT_SIZE]);

#endif
