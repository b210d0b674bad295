/*
 * What a module wants from its host, told by its imports.
 * https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_COMPILER_CAPABILITY_H
#define PROA_COMPILER_CAPABILITY_H

#include "wasm/module.h"

/* Each a family of WASI functions, in the order of their names. */
enum proa_capability {
    PROA_CAPABILITY_ARGUMENTS,
    PROA_CAPABILITY_CLOCKS,
    PROA_CAPABILITY_ENVIRONMENT,
    PROA_CAPABILITY_EXIT,
    PROA_CAPABILITY_FILES,
    PROA_CAPABILITY_POLLING,
    PROA_CAPABILITY_RANDOM,
    PROA_CAPABILITY_SOCKETS,
    PROA_CAPABILITY_STDIO, /* descriptors that are open from the start */
    PROA_CAPABILITY_COUNT
};

const char *proa_capability_name(enum proa_capability capability);

bool proa_capability_is_wasi(struct proa_name module);

/*
 * What the imports need. Imports that are not WASI's count nowhere here: they
 * are another host's.
 */
void proa_capability_find(const struct proa_wasm_module *module,
                          bool needed[PROA_CAPABILITY_COUNT]);

#endif
