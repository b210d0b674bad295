/*
 * The tables by which imports find the functions.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "wasi/preview1.h"

#include "wasi/wasi.h"

#define ROW(module, name, signature, fn)                                       \
    { module, #name, signature, (proa_host_fn)(fn) },

static const struct proa_host_row preview1_rows[] = {
#define BOTH(name, signature)                                                  \
    ROW("wasi_snapshot_preview1", name, signature, proa_wasi_##name)
#define DIFFERS BOTH
#define NEW BOTH
#include "wasi/preview1.def"
#undef BOTH
#undef DIFFERS
#undef NEW
};

static const struct proa_host_row unstable_rows[] = {
#define BOTH(name, signature)                                                  \
    ROW("wasi_unstable", name, signature, proa_wasi_##name)
#define DIFFERS(name, signature)                                               \
    ROW("wasi_unstable", name, signature, proa_wasi_##name##_unstable)
#define NEW(name, signature)
#include "wasi/preview1.def"
#undef BOTH
#undef DIFFERS
#undef NEW
};

void proa_wasi_tables(struct proa_wasi *wasi,
                      struct proa_host_table tables[PROA_WASI_TABLE_COUNT])
{
    tables[0] = (struct proa_host_table){
        .rows = preview1_rows,
        .row_count = sizeof preview1_rows / sizeof preview1_rows[0],
        .env = wasi,
    };
    tables[1] = (struct proa_host_table){
        .rows = unstable_rows,
        .row_count = sizeof unstable_rows / sizeof unstable_rows[0],
        .env = wasi,
    };
}
