/*
 * A store holds instances that may refer to each other, with their memories,
 * tables, globals and host functions. All of them live until the store ends:
 * the usual life of a store is one request or one program.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_STORE_H
#define PROA_STORE_H

#include "proa/module.h"
#include "proa/wait.h"

#pragma GCC visibility push(default)
#ifdef __cplusplus
extern "C" {
#endif

struct proa_store;
struct proa_instance;

/* Start from `{ 0 }`: every zero is the default. */
struct proa_store_options {
    uint64_t memory_bytes_max; /* memories and objects, see usage.h; 0: none */
    uint64_t table_elements_max; /* of each table; 0: 10,000,000 */
    uint64_t stack_bytes;        /* of the guest's stack; 0: 8 MiB */
    uint64_t fuel;               /* see fuel.h; 0: no limit */
    proa_wait_fn wait;           /* NULL: the thread waits */
    void *wait_env;              /* handed to it; outlives the store */
};

/*
 * @param engine  borrowed; must outlive the store
 * @param options borrowed for the call; NULL: all defaults
 * @param store   set on success; owned: end with proa_store_destroy()
 * @return PROA_OK, PROA_NOMEM
 */
PROA_NODISCARD enum proa_status
proa_store_create(struct proa_engine *engine,
                  const struct proa_store_options *options,
                  struct proa_store **store, struct proa_error *err);

/* End a store and all that lives in it. Not from within a guest's call. */
void proa_store_destroy(struct proa_store *store);

/*
 * Make the guest that runs in this store trap ("interrupt") as soon as it can:
 * at once in guest code, else when the host function it is in returns. A
 * blocking system call in a host function fails with EINTR, also one that the
 * thread which last ran the store is in for other reasons. One interrupt ends
 * one call; with no guest running, the next one. None is lost, but it may be
 * late: the signal came just before a blocking system call, or in a signal
 * handler. Whoever cannot wait repeats it.
 * Threads: any; the store must not be destroyed meanwhile.
 */
void proa_store_interrupt(struct proa_store *store);

/* After PROA_EXIT: the code the guest gave. */
uint32_t proa_store_exit_code(const struct proa_store *store);

/*
 * After PROA_TRAP: a backtrace of wasm functions, a line each, the innermost
 * first; "" when there is none. Borrowed from the store until the next call.
 * One that the compiler inlined has no line: it is part of its caller's.
 */
const char *proa_store_backtrace(const struct proa_store *store);

/* One import or export, whatever its kind; owned by the store. */
struct proa_extern {
    enum proa_kind kind;
    union {
        struct proa_func *func;
        struct proa_table *table;
        struct proa_memory *memory;
        struct proa_global *global;
    } of;
};

/*
 * Instantiate: check and bind the imports, set up memories, tables and globals,
 * run the start function.
 *
 * @param module   retained by the store
 * @param imports  one for each import of the module, in its order; borrowed
 *                 for the call, what they name is of the same store
 * @param instance set on success; owned by the store
 * @return PROA_OK, PROA_UNLINKABLE (the text names the import), PROA_LIMIT,
 *         PROA_NOMEM, PROA_TRAP, PROA_EXIT
 */
PROA_NODISCARD enum proa_status
proa_instance_create(struct proa_store *store, struct proa_module *module,
                     const struct proa_extern *imports, uint32_t import_count,
                     struct proa_instance **instance, struct proa_error *err);

/* Find an export by name; false when there is none, *found is untouched. */
bool proa_instance_export(struct proa_instance *instance, const char *name,
                          struct proa_extern *found);

/*
 * Call a function. Arguments and results are as many as its type says.
 *
 * @param args    borrowed; may be NULL for none
 * @param results good on PROA_OK only; may be NULL for none, and may be args
 * @return PROA_OK, PROA_TRAP (the error's text is the trap's message),
 *         PROA_EXIT (see proa_store_exit_code), PROA_NOMEM, PROA_USAGE (a host
 *         function that has ended the guest calls it again)
 */
PROA_NODISCARD enum proa_status proa_func_call(struct proa_func *func,
                                               const union proa_value *args,
                                               union proa_value *results,
                                               struct proa_error *err);

struct proa_functype proa_func_type(const struct proa_func *func);

/* The bytes of a memory now; they never move. After a trap on -O1 to -O3 stores
 * of the same loop, or near what trapped, may be missing or done ahead. */
uint8_t *proa_memory_data(struct proa_memory *memory);
uint64_t proa_memory_size(const struct proa_memory *memory); /* bytes */
struct proa_memorytype proa_memory_type(const struct proa_memory *memory);

struct proa_globaltype proa_global_type(const struct proa_global *global);
union proa_value proa_global_get(const struct proa_global *global);
/* PROA_USAGE when it is immutable. */
PROA_NODISCARD enum proa_status proa_global_set(struct proa_global *global,
                                                union proa_value value,
                                                struct proa_error *err);

struct proa_tabletype proa_table_type(const struct proa_table *table);
uint64_t proa_table_size(const struct proa_table *table); /* elements */
/* false when the index is out of bounds. */
bool proa_table_get(const struct proa_table *table, uint64_t index,
                    union proa_value *value);

/* Host-made things, for use as imports. All are owned by the store. */
PROA_NODISCARD enum proa_status proa_memory_create(struct proa_store *store,
                                                   struct proa_memorytype type,
                                                   struct proa_memory **memory,
                                                   struct proa_error *err);
PROA_NODISCARD enum proa_status proa_table_create(struct proa_store *store,
                                                  struct proa_tabletype type,
                                                  struct proa_table **table,
                                                  struct proa_error *err);
PROA_NODISCARD enum proa_status proa_global_create(struct proa_store *store,
                                                   struct proa_globaltype type,
                                                   union proa_value value,
                                                   struct proa_global **global,
                                                   struct proa_error *err);

/*
 * A host function is a plain C function whose parameters are
 * `struct proa_call *` and then the wasm parameters in the order of its type,
 * as (u)int32_t, (u)int64_t, float, double, struct proa_func * and void *.
 * With one result it returns it; with none it returns void; with more it takes
 * one further, last parameter `union proa_value *results` and returns void.
 * v128 has no C form here: such a function cannot be made.
 */
struct proa_call;
typedef void (*proa_host_fn)(void);

/*
 * @param type borrowed for the call. Trust: it must be the C function's own
 *             type; nothing can check that.
 * @param env  handed back by proa_call_env(); not owned
 * @return PROA_OK, PROA_NOMEM, PROA_USAGE (v128)
 */
PROA_NODISCARD enum proa_status
proa_func_create(struct proa_store *store, const struct proa_functype *type,
                 proa_host_fn fn, void *env, struct proa_func **func,
                 struct proa_error *err);

/* Within a host function. */
void *proa_call_env(const struct proa_call *call);
/* The instance that imported the function; NULL when the host calls it. */
struct proa_instance *proa_call_instance(const struct proa_call *call);
/*
 * `size` bytes of the caller's first memory at `address`, or NULL when any of
 * them is out of bounds (or there is no memory). Valid for the call.
 */
void *proa_call_memory(const struct proa_call *call, uint64_t address,
                       uint64_t size);
/*
 * End the guest when this host function returns; what it returns is lost.
 * The text is copied and cut to 160 bytes.
 */
void proa_call_trap(struct proa_call *call, const char *text);
void proa_call_exit(struct proa_call *call, uint32_t exit_code);
/* True once proa_store_interrupt() was called: return soon. */
bool proa_call_interrupted(const struct proa_call *call);
/*
 * What a host function calls where it would block: poll(2) up to a time, that
 * ends when the guest is to end, and that the store's options may replace.
 * Other signals do not end it. Returns as proa_wait_fn does.
 */
int proa_call_wait(const struct proa_call *call, struct proa_wait *wait);

#ifdef __cplusplus
}
#endif
#pragma GCC visibility pop
#endif
