/*
 * The tables of functions.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "wasi/preview1.h"

#include <string.h>

#include "../check.h"
#include "wasi/wasi.h"

static const struct proa_host_row *find(const struct proa_host_table *table,
                                        const char *name)
{
    for (uint32_t i = 0; i < table->row_count; i++) {
        if (strcmp(table->rows[i].name, name) == 0)
            return &table->rows[i];
    }
    return NULL;
}

static void test_rows(void)
{
    struct proa_host_table tables[PROA_WASI_TABLE_COUNT];

    proa_wasi_tables(NULL, tables);
    CHECK_EQ(tables[0].row_count, 46);
    CHECK_EQ(tables[1].row_count, 45);
    for (int t = 0; t < 2; t++) {
        for (uint32_t i = 0; i < tables[t].row_count; i++) {
            const struct proa_host_row *row = &tables[t].rows[i];

            CHECK_EQ(strcmp(row->module, t == 0 ? "wasi_snapshot_preview1"
                                                : "wasi_unstable"),
                     0);
            CHECK_EQ(row->fn != NULL, 1);
            CHECK_EQ(strspn(row->signature, "iI:"), strlen(row->signature));
            if (i > 0) /* in order, so none is there twice */
                CHECK_EQ(strcmp(row[-1].name, row->name) < 0, 1);
        }
    }
    CHECK_EQ(find(&tables[0], "sock_accept") != NULL, 1);
    CHECK_EQ(find(&tables[1], "sock_accept") == NULL, 1);
    CHECK_EQ(find(&tables[0], "fd_seek")->fn != find(&tables[1], "fd_seek")->fn,
             1);
    CHECK_EQ(find(&tables[0], "fd_read")->fn == find(&tables[1], "fd_read")->fn,
             1);
}

/* A function's C type, as a signature. */
#define SIGNATURE(fn)                                                          \
    _Generic(                                                                  \
        (fn), uint32_t(*)(struct proa_call *)                                  \
        : ":i", void (*)(struct proa_call *, uint32_t)                         \
        : "i:", uint32_t (*)(struct proa_call *, uint32_t)                     \
        : "i:i", uint32_t (*)(struct proa_call *, uint32_t, uint64_t)          \
        : "iI:i",                                                              \
          uint32_t (*)(struct proa_call *, uint32_t, uint64_t, uint64_t)       \
        : "iII:i", uint32_t (*)(struct proa_call *, uint32_t, uint64_t,        \
                                uint64_t, uint32_t)                            \
        : "iIIi:i",                                                            \
          uint32_t (*)(struct proa_call *, uint32_t, uint64_t, uint32_t)       \
        : "iIi:i", uint32_t (*)(struct proa_call *, uint32_t, uint64_t,        \
                                uint32_t, uint32_t)                            \
        : "iIii:i", uint32_t (*)(struct proa_call *, uint32_t, int64_t,        \
                                 uint32_t, uint32_t)                           \
        : "iIii:i", uint32_t (*)(struct proa_call *, uint32_t, uint32_t)       \
        : "ii:i",                                                              \
          uint32_t (*)(struct proa_call *, uint32_t, uint32_t, uint32_t)       \
        : "iii:i", uint32_t (*)(struct proa_call *, uint32_t, uint32_t,        \
                                uint32_t, uint64_t, uint32_t)                  \
        : "iiiIi:i", uint32_t (*)(struct proa_call *, uint32_t, uint32_t,      \
                                  uint32_t, uint32_t)                          \
        : "iiii:i",                                                            \
          uint32_t (*)(struct proa_call *, uint32_t, uint32_t, uint32_t,       \
                       uint32_t, uint64_t, uint64_t, uint32_t)                 \
        : "iiiiIIi:i", uint32_t (*)(struct proa_call *, uint32_t, uint32_t,    \
                                    uint32_t, uint32_t, uint32_t)              \
        : "iiiii:i", uint32_t (*)(struct proa_call *, uint32_t, uint32_t,      \
                                  uint32_t, uint32_t, uint32_t, uint64_t,      \
                                  uint64_t, uint32_t, uint32_t)                \
        : "iiiiiIIii:i", uint32_t (*)(struct proa_call *, uint32_t, uint32_t,  \
                                      uint32_t, uint32_t, uint32_t, uint32_t)  \
        : "iiiiii:i",                                                          \
          uint32_t (*)(struct proa_call *, uint32_t, uint32_t, uint32_t,       \
                       uint32_t, uint32_t, uint32_t, uint32_t)                 \
        : "iiiiiii:i")

#define SAME(fn, signature) CHECK_EQ(strcmp(SIGNATURE(&fn), signature), 0);

static void test_signatures_are_the_functions_own(void)
{
#define BOTH(name, signature) SAME(proa_wasi_##name, signature)
#define DIFFERS(name, signature)                                               \
    SAME(proa_wasi_##name, signature)                                          \
    SAME(proa_wasi_##name##_unstable, signature)
#define NEW BOTH
#include "wasi/preview1.def"
}

int main(void)
{
    test_signatures_are_the_functions_own();
    test_rows();
    return 0;
}
