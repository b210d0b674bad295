/*
 * Modules: code that is ready to be instantiated, any number of times.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_MODULE_H
#define PROA_MODULE_H

#include <stddef.h>

#include "proa/engine.h"

#pragma GCC visibility push(default)
#ifdef __cplusplus
extern "C" {
#endif

struct proa_module;

struct proa_importtype {
    const char *module; /* borrowed from the module, as are all strings here */
    const char *name;
    enum proa_kind kind;
    union {
        struct proa_functype func;
        struct proa_tabletype table;
        struct proa_memorytype memory;
        struct proa_globaltype global;
    } type;
};

struct proa_exporttype {
    const char *name;
    enum proa_kind kind;
    union {
        struct proa_functype func;
        struct proa_tabletype table;
        struct proa_memorytype memory;
        struct proa_globaltype global;
    } type;
};

/*
 * Map an artifact and make it ready to instantiate.
 *
 * @param engine borrowed; must outlive the module
 * @param path   borrowed for the call
 * @param module set on success; owned: end with proa_module_release()
 * @return PROA_OK, PROA_IO, PROA_MALFORMED (not an artifact),
 *         PROA_INCOMPATIBLE (other version, or CPU features this CPU lacks)
 * Threads: any. The module never changes and may be shared.
 * Trust: executes the file's code; give it only what the compiler wrote. The
 * file stays mapped: replace it by renaming another one over it. Shortening it
 * ends the process as soon as it needs what is gone.
 */
PROA_NODISCARD enum proa_status proa_module_load(struct proa_engine *engine,
                                                 const char *path,
                                                 struct proa_module **module,
                                                 struct proa_error *err);

/*
 * The same from an open file descriptor, which is borrowed for the call.
 */
PROA_NODISCARD enum proa_status proa_module_load_fd(struct proa_engine *engine,
                                                    int fd,
                                                    struct proa_module **module,
                                                    struct proa_error *err);

/* One more owner. Threads: any. */
struct proa_module *proa_module_retain(struct proa_module *module);

/* One owner less; the last one unmaps it. NULL does nothing. Threads: any. */
void proa_module_release(struct proa_module *module);

/* Threads: any. The index must be below the count. */
uint32_t proa_module_import_count(const struct proa_module *module);
struct proa_importtype proa_module_import(const struct proa_module *module,
                                          uint32_t import_index);
uint32_t proa_module_export_count(const struct proa_module *module);
struct proa_exporttype proa_module_export(const struct proa_module *module,
                                          uint32_t export_index);

#ifdef __cplusplus
}
#endif
#pragma GCC visibility pop
#endif
