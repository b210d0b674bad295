/*
 * Values in the suite's JSON and as the engine has them.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_TESTS_SPEC_VALUE_H
#define PROA_TESTS_SPEC_VALUE_H

#include <jansson.h>
#include <stddef.h>

#include "proa/types.h"

/* An argument; false when the JSON is none that this runner knows. */
bool value_parse(const json_t *json, union proa_value *value);

/* Is the result what the JSON expects? */
bool value_matches(const json_t *expected, enum proa_valtype type,
                   const union proa_value *value);

/* For a message: "i32 0x0000002a". */
void value_print(enum proa_valtype type, const union proa_value *value,
                 char *text, size_t text_size);

#endif
