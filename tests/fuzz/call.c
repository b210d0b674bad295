/*
 * Call every exported function of a module with chosen arguments and print
 * what comes of it, a line a call: call.mjs does the same in Node, and the
 * outputs are compared. Before the level may stand, in any number,
 *     fuel:    count it, and tell what each call spent
 *     fresh:   an instance for each call; what it says when made is not told
 *     slots:   the same, and each in a slot that was put back
 *     stress:  preempted at random
 * SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../file.h"
#include "proa/compile.h"
#include "proa/fuel.h"
#include "proa/pool.h"
#include "proa/store.h"
#include "stress.h"

enum { VALUES_MAX = 64, CHOICE_COUNT = 8, ROUND_COUNT = 3, SECONDS_MAX = 120 };

static const uint64_t int_choices[CHOICE_COUNT] = {
    0, 1, UINT64_MAX, INT64_MAX, (uint64_t)INT64_MIN, 42, 65536, 0x80000000,
};
static const double float_choices[CHOICE_COUNT] = {
    0, -0.0, 1, -1.5, INFINITY, NAN, 1e10, 0.1,
};

/* Messages by what they mean, since engines word and split them differently. */
static const struct {
    const char *text;
    const char *kind;
} trap_kinds[] = {
    { "unreachable", "unreachable" },
    { "out of bounds memory access", "memory" },
    { "out of bounds table access", "table" },
    { "undefined element", "table" },
    { "uninitialized element", "signature" },
    { "indirect call type mismatch", "signature" },
    { "integer divide by zero", "divide" },
    { "integer overflow", "overflow" },
    { "invalid conversion to integer", "overflow" },
    { "call stack exhausted", "stack" },
};

static void print_value(enum proa_valtype type, const union proa_value *value)
{
    printf(" %s:", proa_valtype_name(type));
    if ((type == PROA_F32 && isnan(value->f32)) ||
        (type == PROA_F64 && isnan(value->f64)))
        printf("nan");
    else if (type == PROA_FUNCREF || type == PROA_EXTERNREF)
        printf("%s", value->externref == NULL ? "null" : "ref");
    else if (type == PROA_I32 || type == PROA_F32)
        printf("%08" PRIx32, value->u32);
    else
        printf("%016" PRIx64, value->u64);
}

/* While an instance is made of which nothing is to be told. */
static bool is_silent;

static void print_log(enum proa_valtype type, const union proa_value *value)
{
    if (is_silent)
        return;
    printf("log");
    print_value(type, value);
    puts("");
}

static void log_i32(struct proa_call *call, int32_t a)
{
    (void)call;
    print_log(PROA_I32, &(union proa_value){ .i32 = a });
}

static void log_i64(struct proa_call *call, int64_t a)
{
    (void)call;
    print_log(PROA_I64, &(union proa_value){ .i64 = a });
}

static void log_f32(struct proa_call *call, float a)
{
    (void)call;
    print_log(PROA_F32, &(union proa_value){ .f32 = a });
}

static void log_f64(struct proa_call *call, double a)
{
    (void)call;
    print_log(PROA_F64, &(union proa_value){ .f64 = a });
}

/* Whatever else is imported traps, in both engines. */
static void missing(struct proa_call *call)
{
    proa_call_trap(call, "host");
}

static const struct {
    const char *name;
    proa_host_fn fn;
} functions[] = {
    { "log-i32", (proa_host_fn)log_i32 },
    { "log-i64", (proa_host_fn)log_i64 },
    { "log-f32", (proa_host_fn)log_f32 },
    { "log-f64", (proa_host_fn)log_f64 },
};

static enum proa_status make_import(struct proa_store *store,
                                    const struct proa_importtype *import,
                                    struct proa_extern *made,
                                    struct proa_error *err)
{
    proa_host_fn fn = (proa_host_fn)missing;
    union proa_value null;

    memset(&null, 0, sizeof null);
    made->kind = import->kind;
    if (import->kind == PROA_KIND_GLOBAL)
        return proa_global_create(store, import->type.global, null,
                                  &made->of.global, err);
    if (import->kind != PROA_KIND_FUNC)
        return PROA_UNLINKABLE;
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        if (strcmp(import->name, functions[i].name) == 0)
            fn = functions[i].fn;
    }
    return proa_func_create(store, &import->type.func, fn, NULL, &made->of.func,
                            err);
}

static union proa_value choose(enum proa_valtype type, uint32_t choice)
{
    union proa_value value;

    memset(&value, 0, sizeof value); /* all of it, not its first member */
    choice %= CHOICE_COUNT;
    if (type == PROA_I32)
        value.u32 = (uint32_t)int_choices[choice];
    else if (type == PROA_I64)
        value.u64 = int_choices[choice];
    else if (type == PROA_F32)
        value.f32 = (float)float_choices[choice];
    else if (type == PROA_F64)
        value.f64 = float_choices[choice];
    return value;
}

static void print_end(enum proa_status status, const struct proa_error *err)
{
    const char *kind = err->text;

    for (size_t i = 0; i < sizeof trap_kinds / sizeof trap_kinds[0]; i++) {
        if (strncmp(err->text, trap_kinds[i].text,
                    strlen(trap_kinds[i].text)) == 0)
            kind = trap_kinds[i].kind;
    }
    printf(" %s %s\n", status == PROA_TRAP ? "trap" : proa_status_name(status),
           kind);
    if (strcmp(kind, "stack") == 0 && fflush(stdout) == 0)
        _Exit(0); /* how deep a guest gets differs, and so does what follows */
}

/* JavaScript can neither give nor take a v128. */
static bool is_callable(const struct proa_functype *type)
{
    for (uint32_t i = 0; i < type->param_count; i++) {
        if (type->params[i] == PROA_V128)
            return false;
    }
    for (uint32_t i = 0; i < type->result_count; i++) {
        if (type->results[i] == PROA_V128)
            return false;
    }
    return type->param_count <= VALUES_MAX && type->result_count <= VALUES_MAX;
}

/*
 * What a trap leaves behind in memories and globals is not compared: optimised
 * code may have moved stores past a load that traps. So the next call begins
 * with a new instance, here and in call.mjs.
 */
struct session {
    struct proa_store *store;
    struct proa_module *module;
    struct proa_extern *imports;
    uint32_t import_count;
    struct proa_instance *instance; /* NULL: make a new one */
    struct proa_slot *slot;         /* NULL: none */
    bool counts_fuel, is_fresh, has_slots, is_stressed;
    enum proa_status status; /* of all of it */
    struct proa_error err;
};

static enum proa_status link_all(void *env, struct proa_store *store,
                                 struct proa_extern *imports,
                                 struct proa_error *err)
{
    const struct session *session = env;
    enum proa_status status = PROA_OK;

    for (uint32_t i = 0; i < session->import_count && status == PROA_OK; i++) {
        struct proa_importtype import = proa_module_import(session->module, i);

        status = make_import(store, &import, &imports[i], err);
    }
    return status;
}

static bool instantiate(struct session *session, struct proa_error *err)
{
    enum proa_status status;

    is_silent = session->is_fresh || session->has_slots;
    if (!is_silent)
        puts("instantiate ->"); /* before what a start function says */
    if (session->has_slots) {
        status = proa_slot_begin(session->slot, &session->instance, err);
        session->store = proa_slot_store(session->slot);
    } else {
        status = proa_instance_create(session->store, session->module,
                                      session->imports, session->import_count,
                                      &session->instance, err);
    }
    if (is_silent && status == PROA_OK) {
        is_silent = false;
        return true;
    }
    is_silent = false;
    printf("=");
    if (status == PROA_OK)
        puts("");
    else
        print_end(status, err);
    return status == PROA_OK;
}

/* false: it trapped. */
static bool call(const struct session *session, const char *name,
                 struct proa_func *func, uint32_t choice)
{
    struct proa_functype type = proa_func_type(func);
    union proa_value args[VALUES_MAX];
    union proa_value results[VALUES_MAX];
    struct proa_error err = { 0 };
    enum proa_status status;
    uint64_t fuel;

    if (!is_callable(&type))
        return true;
    printf("%s", name);
    for (uint32_t i = 0; i < type.param_count; i++) {
        args[i] = choose(type.params[i], choice + i * 3);
        print_value(type.params[i], &args[i]);
    }
    puts(" ->");
    fuel = proa_store_fuel_spent(session->store);
    stress_begin();
    status = proa_func_call(func, args, results, &err);
    stress_end();
    if (session->counts_fuel)
        printf(
            "# fuel %llu\n",
            (unsigned long long)(proa_store_fuel_spent(session->store) - fuel));
    printf("=");
    if (status != PROA_OK) {
        print_end(status, &err);
        return false;
    }
    for (uint32_t i = 0; i < type.result_count; i++)
        print_value(type.results[i], &results[i]);
    puts("");
    return true;
}

static void end_instance(struct session *session)
{
    session->instance = NULL;
    if (session->has_slots) {
        proa_slot_end(session->slot);
        session->store = NULL;
    }
}

static void call_export(struct session *session, const char *name,
                        uint32_t choice)
{
    struct proa_error err = { 0 };
    struct proa_extern found;
    bool is_over = session->is_fresh || session->has_slots;

    if (session->instance == NULL && !instantiate(session, &err)) {
        end_instance(session);
        return;
    }
    if (proa_instance_export(session->instance, "hangLimitInitializer",
                             &found) &&
        found.kind == PROA_KIND_FUNC)
        (void)call(session, "hangLimitInitializer", found.of.func, 0);
    if (proa_instance_export(session->instance, name, &found) &&
        found.kind == PROA_KIND_FUNC)
        is_over |= !call(session, name, found.of.func, choice);
    if (is_over)
        end_instance(session);
}

/* What calls need that no slot makes; in the first instance, if it is kept. */
static enum proa_status set_up(struct session *session, struct proa_error *err)
{
    enum proa_status status =
        link_all(session, session->store, session->imports, err);

    if (status == PROA_OK && !session->is_fresh && !instantiate(session, err))
        return err->status;
    return status;
}

static void run(void *env)
{
    struct session *session = env;
    uint32_t export_count = proa_module_export_count(session->module);

    if (!session->has_slots)
        session->status = set_up(session, &session->err);
    if (session->status != PROA_OK) {
        if (session->status == PROA_TRAP)
            session->status = PROA_OK;
        return;
    }
    for (uint32_t round = 0; round < ROUND_COUNT; round++) {
        for (uint32_t i = 0; i < export_count; i++)
            call_export(session, proa_module_export(session->module, i).name,
                        round * 5 + i);
    }
}

/* What stands before the level; returns the rest. */
static const char *read_modes(const char *text, struct session *session)
{
    const struct {
        const char *name;
        bool *flag;
    } modes[] = {
        { "fuel:", &session->counts_fuel },
        { "fresh:", &session->is_fresh },
        { "slots:", &session->has_slots },
        { "stress:", &session->is_stressed },
    };

    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        size_t size = strlen(modes[i].name);

        if (strncmp(text, modes[i].name, size) == 0) {
            *modes[i].flag = true;
            text += size;
            i = (size_t)-1;
        }
    }
    return text;
}

static enum proa_status make_store(struct session *session,
                                   struct proa_engine *engine,
                                   struct proa_error *err)
{
    const struct proa_slot_options options = { .link = link_all,
                                               .link_env = session };

    session->import_count = proa_module_import_count(session->module);
    session->imports =
        calloc(session->import_count + 1, sizeof *session->imports);
    if (session->imports == NULL)
        return PROA_NOMEM;
    if (session->has_slots)
        return proa_slot_create(engine, session->module, &options,
                                &session->slot, err);
    return proa_store_create(engine, NULL, &session->store, err);
}

static enum proa_status run_somehow(struct session *session)
{
    uint32_t count = 0;

    if (!session->is_stressed)
        run(session);
    else if (!stress_run(run, session, &count))
        return PROA_NOMEM;
    else
        fprintf(stderr, "preempted %u times\n", (unsigned)count);
    return session->status;
}

int main(int argc, char **argv)
{
    struct proa_compile_options options = { .cache_dir = "",
                                            .seconds_max = SECONDS_MAX };
    struct proa_engine *engine = NULL;
    struct session session = { 0 };
    struct proa_error err = { 0 };
    enum proa_status status = PROA_IO;
    const char *level = argc > 1 ? argv[1] : "";
    size_t size = 0;
    uint8_t *bytes;

    if (argc != 3) {
        fputs("usage: fuzz-call [MODE:]...LEVEL|default|baseline FILE\n",
              stderr);
        return 2;
    }
    level = read_modes(level, &session);
    options.counts_fuel = session.counts_fuel;
    if (strcmp(level, "baseline") == 0)
        options.tier = PROA_TIER_BASELINE;
    else if (strcmp(level, "default") != 0)
        options.opt_level = atoi(level) + 1;
    bytes = file_read(argv[2], &size);
    if (bytes != NULL)
        status = proa_engine_create(&engine, &err);
    if (status == PROA_OK)
        status = proa_module_compile(engine, bytes, size, &options,
                                     &session.module, &err);
    if (status == PROA_OK)
        status = make_store(&session, engine, &err);
    if (status == PROA_OK) {
        status = run_somehow(&session);
        err = session.err;
    }
    if (status != PROA_OK)
        fprintf(stderr, "%s: %s\n", proa_status_name(status), err.text);
    proa_slot_destroy(session.slot);
    if (!session.has_slots)
        proa_store_destroy(session.store);
    proa_module_release(session.module);
    proa_engine_destroy(engine);
    free(session.imports);
    free(bytes);
    return status == PROA_OK ? 0 : 1;
}
