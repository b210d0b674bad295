/*
 * https://www.unicode.org/versions/Unicode15.0.0/ch03.pdf table 3-7
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_BASE_UTF8_H
#define PROA_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Well-formed: no overlong form, no surrogate, nothing above U+10FFFF. */
bool proa_utf8_is_valid(const char *bytes, size_t size);

#endif
