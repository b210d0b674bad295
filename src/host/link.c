/*
 * Imports by name.
 * https://webassembly.github.io/spec/core/exec/modules.html#instantiation
 * SPDX-License-Identifier: Apache-2.0
 */
#include "host/link.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"

/* What there is to be found. */
struct supply {
    const struct proa_host_table *tables;
    uint32_t table_count;
    bool trap_missing;
};

/* A row and the environment of its table. */
struct match {
    const struct proa_host_row *row; /* NULL: none */
    void *env;
};

/* 0 for a letter that is none. */
static enum proa_valtype letter_type(char letter)
{
    switch (letter) {
    case 'i':
        return PROA_I32;
    case 'I':
        return PROA_I64;
    case 'f':
        return PROA_F32;
    case 'F':
        return PROA_F64;
    case 'v':
        return PROA_V128;
    case 'c':
        return PROA_FUNCREF;
    case 'r':
        return PROA_EXTERNREF;
    default:
        return 0;
    }
}

static bool letters_equal(const char *letters, size_t letter_count,
                          const enum proa_valtype *types, uint32_t type_count)
{
    if (letter_count != type_count)
        return false;
    for (uint32_t i = 0; i < type_count; i++) {
        if (letter_type(letters[i]) != types[i])
            return false;
    }
    return true;
}

static bool signature_equal(const char *signature,
                            const struct proa_functype *type)
{
    const char *colon = strchr(signature, ':');

    return colon != NULL &&
           letters_equal(signature, (size_t)(colon - signature), type->params,
                         type->param_count) &&
           letters_equal(colon + 1, strlen(colon + 1), type->results,
                         type->result_count);
}

static struct match find_row(const struct supply *supply,
                             const struct proa_importtype *import)
{
    for (uint32_t t = 0; t < supply->table_count; t++) {
        const struct proa_host_table *table = &supply->tables[t];

        for (uint32_t r = 0; r < table->row_count; r++) {
            const struct proa_host_row *row = &table->rows[r];

            if (strcmp(row->name, import->name) == 0 &&
                strcmp(row->module, import->module) == 0)
                return (struct match){ row, table->env };
        }
    }
    return (struct match){ NULL, NULL };
}

/* A name is a guest's: no control character of it reaches a terminal. */
static void put_name(struct proa_buffer *out, const char *name)
{
    for (; *name != 0; name++) {
        unsigned char c = (unsigned char)*name;

        proa_buffer_append(out, c < 0x20 || c == 0x7f ? "?" : name, 1);
    }
}

static void put_types(struct proa_buffer *out, const char *keyword,
                      const enum proa_valtype *types, uint32_t count)
{
    if (count == 0)
        return;
    proa_buffer_printf(out, " (%s", keyword);
    for (uint32_t i = 0; i < count; i++)
        proa_buffer_printf(out, " %s", proa_valtype_name(types[i]));
    proa_buffer_printf(out, ")");
}

static void put_limits(struct proa_buffer *out,
                       const struct proa_limits *limits)
{
    if (limits->is_64)
        proa_buffer_printf(out, " i64");
    proa_buffer_printf(out, " %llu", (unsigned long long)limits->min);
    if (limits->max != UINT64_MAX)
        proa_buffer_printf(out, " %llu", (unsigned long long)limits->max);
}

static void put_signature(struct proa_buffer *out, const char *signature)
{
    const char *colon = strchr(signature, ':');
    const char *parts[2] = { signature, colon + 1 };
    const char *ends[2] = { colon, colon + strlen(colon) };
    const char *keywords[2] = { "param", "result" };

    proa_buffer_printf(out, "(func");
    for (int part = 0; part < 2; part++) {
        if (parts[part] == ends[part])
            continue;
        proa_buffer_printf(out, " (%s", keywords[part]);
        for (const char *at = parts[part]; at < ends[part]; at++)
            proa_buffer_printf(out, " %s", proa_valtype_name(letter_type(*at)));
        proa_buffer_printf(out, ")");
    }
    proa_buffer_printf(out, ")");
}

static void put_import(struct proa_buffer *out,
                       const struct proa_importtype *import)
{
    put_name(out, import->module);
    proa_buffer_append(out, ".", 1);
    put_name(out, import->name);
    proa_buffer_printf(out, " (%s", proa_kind_name(import->kind));
    switch (import->kind) {
    case PROA_KIND_FUNC:
        put_types(out, "param", import->type.func.params,
                  import->type.func.param_count);
        put_types(out, "result", import->type.func.results,
                  import->type.func.result_count);
        break;
    case PROA_KIND_TABLE:
        put_limits(out, &import->type.table.limits);
        proa_buffer_printf(out, " %s",
                           proa_valtype_name(import->type.table.element));
        break;
    case PROA_KIND_MEMORY:
        put_limits(out, &import->type.memory.limits);
        break;
    case PROA_KIND_GLOBAL:
        proa_buffer_printf(out,
                           import->type.global.is_mutable ? " (mut %s)" : " %s",
                           proa_valtype_name(import->type.global.type));
        break;
    }
    proa_buffer_append(out, ")", 1);
}

static void put_missing(struct proa_buffer *out,
                        const struct proa_importtype *import,
                        const struct proa_host_row *row)
{
    put_import(out, import);
    if (row != NULL) {
        proa_buffer_printf(out, ", but the host has ");
        put_signature(out, row->signature);
    }
}

/* The first missing import, as text in the error. */
static void fail_first(const struct proa_importtype *import,
                       const struct proa_host_row *row, uint32_t count,
                       struct proa_error *err)
{
    struct proa_buffer line;

    proa_buffer_init(&line, 4096);
    put_missing(&line, import, row);
    if (count == 1)
        proa_error_set(err, PROA_UNLINKABLE, 0, "unknown import %.*s",
                       (int)line.size, (const char *)line.bytes);
    else
        proa_error_set(err, PROA_UNLINKABLE, 0,
                       "%u unknown imports, the first is %.*s", count,
                       (int)line.size, (const char *)line.bytes);
    proa_buffer_deinit(&line);
}

/*
 * Stands for a missing function of any type. It is called with parameters that
 * it does not look at, and what it returns is lost because it traps.
 */
static void call_missing(struct proa_call *call)
{
    const char *name = proa_call_env(call);
    char text[160];

    snprintf(text, sizeof text, "call of the missing import %.120s", name);
    proa_call_trap(call, text);
}

static bool has_v128(const struct proa_functype *type)
{
    for (uint32_t i = 0; i < type->param_count; i++) {
        if (type->params[i] == PROA_V128)
            return true;
    }
    for (uint32_t i = 0; i < type->result_count; i++) {
        if (type->results[i] == PROA_V128)
            return true;
    }
    return false;
}

/* Find something for each; the number of imports for which there is nothing. */
static uint32_t match_all(const struct proa_module *module,
                          const struct supply *supply, struct match *matches,
                          struct proa_buffer *missing, struct proa_error *err)
{
    uint32_t import_count = proa_module_import_count(module);
    uint32_t missing_count = 0, first = 0;

    for (uint32_t i = 0; i < import_count; i++) {
        struct proa_importtype import = proa_module_import(module, i);
        bool is_func = import.kind == PROA_KIND_FUNC;

        matches[i] = find_row(supply, &import);
        if (is_func && matches[i].row != NULL &&
            signature_equal(matches[i].row->signature, &import.type.func))
            continue;
        if (is_func && supply->trap_missing && !has_v128(&import.type.func)) {
            matches[i].row = NULL; /* one of another type is no match */
            continue;
        }
        if (missing_count++ == 0)
            first = i;
        if (missing != NULL) {
            put_missing(missing, &import, matches[i].row);
            proa_buffer_append(missing, "\n", 1);
        }
    }
    if (missing_count > 0) {
        struct proa_importtype import = proa_module_import(module, first);

        fail_first(&import, matches[first].row, missing_count, err);
    }
    return missing_count;
}

static enum proa_status bind_all(struct proa_store *store,
                                 const struct proa_module *module,
                                 const struct match *matches,
                                 struct proa_extern *bound,
                                 struct proa_error *err)
{
    uint32_t import_count = proa_module_import_count(module);

    for (uint32_t i = 0; i < import_count; i++) {
        struct proa_importtype import = proa_module_import(module, i);
        const struct proa_host_row *row = matches[i].row;
        proa_host_fn fn = row != NULL ? row->fn : (proa_host_fn)call_missing;
        /* A name lives as long as its module, which the store retains. */
        void *env = row != NULL ? matches[i].env : (void *)import.name;
        enum proa_status status;

        bound[i].kind = PROA_KIND_FUNC;
        status = proa_func_create(store, &import.type.func, fn, env,
                                  &bound[i].of.func, err);
        if (status != PROA_OK)
            return status;
    }
    return PROA_OK;
}

enum proa_status
// NOLINTNEXTLINE(readability-function-size): linking takes this much
proa_host_link(struct proa_store *store, const struct proa_module *module,
               const struct proa_host_table *tables, uint32_t table_count,
               bool trap_missing, struct proa_extern *imports,
               struct proa_buffer *missing, struct proa_error *err)
{
    const struct supply supply = { tables, table_count, trap_missing };
    uint32_t import_count = proa_module_import_count(module);
    struct match *matches;
    struct proa_extern *bound;
    enum proa_status status = PROA_UNLINKABLE;

    if (import_count == 0)
        return PROA_OK;
    matches = calloc(import_count, sizeof *matches);
    bound = calloc(import_count, sizeof *bound);
    if (matches == NULL || bound == NULL)
        status = proa_fail(err, PROA_NOMEM, 0, "no memory for %u imports",
                           import_count);
    else if (match_all(module, &supply, matches, missing, err) == 0)
        status = bind_all(store, module, matches, bound, err);
    if (status == PROA_OK)
        memcpy(imports, bound, import_count * sizeof *bound);
    free(matches);
    free(bound);
    return status;
}
