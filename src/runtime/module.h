/*
 * A mapped artifact, shared by all stores that run it.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_RUNTIME_MODULE_H
#define PROA_RUNTIME_MODULE_H

#include <stdatomic.h>

#include "artifact/artifact.h"
#include "platform/code.h"

struct proa_module {
    atomic_uint owner_count;
    struct proa_engine *engine; /* borrowed */
    int fd;                     /* of the file; memory images come from it */
    uint8_t *base;              /* the mapping of the whole file */
    uint64_t size;
    struct proa_artifact artifact;
    const uint64_t *signatures;      /* by type index */
    const uint32_t *exports_by_name; /* indexes of exports, sorted */
    struct proa_code_slot *code;
    _Atomic(uint64_t) *slots; /* by own function; NULL: it has none */
    /* Owned: what the slots point into, once it is installed. */
    _Atomic(struct proa_module *) better;
    /* Better code of some functions, the newest first; each owns the next. */
    _Atomic(struct proa_module *) some;
    bool is_partial; /* it is such code itself: never instantiated */
};

/* The address of an offset in the text, as code. */
void (*proa_module_code(const struct proa_module *module,
                        uint32_t offset))(void);

/* The address of an own function as it is handed out. */
void (*proa_module_function(const struct proa_module *module,
                            const struct proa_artifact_function *function))(
    void);

/* The export of that name, or PROA_ARTIFACT_NONE. */
uint32_t proa_module_find_export(const struct proa_module *module,
                                 const char *name);

#endif
