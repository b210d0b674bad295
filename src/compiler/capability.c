/*
 * https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md
 * SPDX-License-Identifier: Apache-2.0
 */
#include "compiler/capability.h"

#include <string.h>

static const char *const names[PROA_CAPABILITY_COUNT] = {
    [PROA_CAPABILITY_ARGUMENTS] = "arguments",
    [PROA_CAPABILITY_CLOCKS] = "clocks",
    [PROA_CAPABILITY_ENVIRONMENT] = "environment",
    [PROA_CAPABILITY_EXIT] = "exit",
    [PROA_CAPABILITY_FILES] = "files",
    [PROA_CAPABILITY_POLLING] = "polling",
    [PROA_CAPABILITY_RANDOM] = "random",
    [PROA_CAPABILITY_SOCKETS] = "sockets",
    [PROA_CAPABILITY_STDIO] = "stdio",
};

/* How functions begin; the first row that fits decides. Functions that need
 * nothing, such as sched_yield, have no row. */
static const struct {
    const char *prefix;
    enum proa_capability capability;
} families[] = {
    { "args_", PROA_CAPABILITY_ARGUMENTS },
    { "clock_", PROA_CAPABILITY_CLOCKS },
    { "environ_", PROA_CAPABILITY_ENVIRONMENT },
    { "fd_prestat_", PROA_CAPABILITY_FILES },
    { "fd_readdir", PROA_CAPABILITY_FILES },
    { "fd_", PROA_CAPABILITY_STDIO },
    { "path_", PROA_CAPABILITY_FILES },
    { "poll_", PROA_CAPABILITY_POLLING },
    { "proc_", PROA_CAPABILITY_EXIT },
    { "random_", PROA_CAPABILITY_RANDOM },
    { "sock_", PROA_CAPABILITY_SOCKETS },
};

static bool name_is(struct proa_name name, const char *text)
{
    return name.size == strlen(text) &&
           memcmp(name.bytes, text, name.size) == 0;
}

static bool name_begins(struct proa_name name, const char *prefix)
{
    size_t size = strlen(prefix);

    return name.size >= size && memcmp(name.bytes, prefix, size) == 0;
}

const char *proa_capability_name(enum proa_capability capability)
{
    return names[capability];
}

bool proa_capability_is_wasi(struct proa_name module)
{
    return name_is(module, "wasi_snapshot_preview1") ||
           name_is(module, "wasi_unstable");
}

void proa_capability_find(const struct proa_wasm_module *module,
                          bool needed[PROA_CAPABILITY_COUNT])
{
    memset(needed, 0, PROA_CAPABILITY_COUNT * sizeof needed[0]);
    for (uint32_t i = 0; i < module->import_count; i++) {
        const struct proa_wasm_import *import = &module->imports[i];

        if (!proa_capability_is_wasi(import->module))
            continue;
        for (size_t f = 0; f < sizeof families / sizeof families[0]; f++) {
            if (!name_begins(import->name, families[f].prefix))
                continue;
            needed[families[f].capability] = true;
            break;
        }
    }
}
