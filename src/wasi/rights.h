/*
 * Which rights make sense for what, and how they are asked for.
 * https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#rights
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_WASI_RIGHTS_H
#define PROA_WASI_RIGHTS_H

#include <stdbool.h>
#include <stdint.h>

/* All that a folder, or whatever is opened below it, can be used for. */
uint64_t proa_wasi_rights_of_directory(void);
uint64_t proa_wasi_rights_below_directory(void);

/*
 * All rights that apply to a descriptor of a type. One that cannot seek has no
 * SEEK and TELL: it is by these that a guest knows a terminal.
 */
uint64_t proa_wasi_rights_of(uint8_t filetype, bool can_seek);

/*
 * What a new descriptor gets of the rights that were asked for, by its type
 * and whether it was opened for writing. The rest does not apply to it.
 */
uint64_t proa_wasi_rights_grant(uint64_t asked, uint8_t filetype, bool can_seek,
                                bool can_write);

#endif
