/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/builtin.h"

#include <assert.h>
#include <stddef.h>

#include "platform/guest.h"
#include "runtime/instance.h"

static_assert(offsetof(struct proa_context, builtins) == PROA_CONTEXT_BUILTINS,
              "assembly");
static_assert(offsetof(struct proa_context, instance) == PROA_CONTEXT_INSTANCE,
              "assembly");
static_assert(offsetof(struct proa_instance, guest) == 0, "assembly");
static_assert(sizeof(struct proa_builtins) == PROA_BUILTIN_BODIES, "assembly");

/* What the assembly finds: the ABI's table, and in the same order the C
 * functions behind it. */
struct builtin_table {
    struct proa_builtins entries;
    void (*bodies[11])(void); /* `trap` has none */
};

/* An assembly function under the type of the C function behind it. */
#define ENTRY(function, assembly) ((__typeof__(&(function)))(assembly))
#define BODY(function) ((void (*)(void))(function))

static const struct builtin_table table = {
    .entries =
        {
            .trap = (void (*)(struct proa_context *, uint32_t))proa_guest_trap,
            .memory_grow =
                ENTRY(proa_builtin_memory_grow, proa_guest_builtin_1),
            .memory_init =
                ENTRY(proa_builtin_memory_init, proa_guest_builtin_2),
            .memory_copy =
                ENTRY(proa_builtin_memory_copy, proa_guest_builtin_3),
            .memory_fill =
                ENTRY(proa_builtin_memory_fill, proa_guest_builtin_4),
            .data_drop = ENTRY(proa_builtin_data_drop, proa_guest_builtin_5),
            .table_init = ENTRY(proa_builtin_table_init, proa_guest_builtin_6),
            .table_copy = ENTRY(proa_builtin_table_copy, proa_guest_builtin_7),
            .table_fill = ENTRY(proa_builtin_table_fill, proa_guest_builtin_8),
            .table_grow = ENTRY(proa_builtin_table_grow, proa_guest_builtin_9),
            .elem_drop = ENTRY(proa_builtin_elem_drop, proa_guest_builtin_10),
        },
    .bodies =
        {
            NULL,
            BODY(proa_builtin_memory_grow),
            BODY(proa_builtin_memory_init),
            BODY(proa_builtin_memory_copy),
            BODY(proa_builtin_memory_fill),
            BODY(proa_builtin_data_drop),
            BODY(proa_builtin_table_init),
            BODY(proa_builtin_table_copy),
            BODY(proa_builtin_table_fill),
            BODY(proa_builtin_table_grow),
            BODY(proa_builtin_elem_drop),
        },
};

const struct proa_builtins *proa_builtin_table(void)
{
    return &table.entries;
}
