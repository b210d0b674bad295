/*
 * https://webassembly.github.io/spec/core/valid/matching.html
 * SPDX-License-Identifier: Apache-2.0
 */
#include "runtime/match.h"

#include <stdarg.h>
#include <stdio.h>

#include "artifact/abi.h"
#include "base/fail.h"
#include "runtime/engine.h"
#include "runtime/memory.h"
#include "runtime/table.h"

/* A type in the words of the text format, cut when it is long. */
struct type_text {
    char bytes[120];
    size_t size;
};

static void add(struct type_text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void add(struct type_text *text, const char *format, ...)
{
    size_t room = sizeof text->bytes - text->size;
    va_list args;

    va_start(args, format);
    int size = vsnprintf(text->bytes + text->size, room, format, args);
    va_end(args);
    if (size > 0)
        text->size += (size_t)size < room ? (size_t)size : room - 1;
}

static void add_types(struct type_text *text, const char *word,
                      const enum proa_valtype *types, uint32_t count)
{
    if (count == 0)
        return;
    add(text, " (%s", word);
    for (uint32_t i = 0; i < count && text->size + 1 < sizeof text->bytes; i++)
        add(text, " %s", proa_valtype_name(types[i]));
    add(text, ")");
}

static void add_limits(struct type_text *text, const struct proa_limits *limits)
{
    add(text, " %s%llu", limits->is_64 ? "i64 " : "",
        (unsigned long long)limits->min);
    if (limits->max != UINT64_MAX)
        add(text, " %llu", (unsigned long long)limits->max);
}

static void add_importtype(struct type_text *text,
                           const struct proa_importtype *type)
{
    add(text, "%s", proa_kind_name(type->kind));
    switch (type->kind) {
    case PROA_KIND_FUNC:
        add_types(text, "param", type->type.func.params,
                  type->type.func.param_count);
        add_types(text, "result", type->type.func.results,
                  type->type.func.result_count);
        break;
    case PROA_KIND_TABLE:
        add_limits(text, &type->type.table.limits);
        add(text, " %s", proa_valtype_name(type->type.table.element));
        break;
    case PROA_KIND_MEMORY:
        add_limits(text, &type->type.memory.limits);
        break;
    case PROA_KIND_GLOBAL:
        add(text, type->type.global.is_mutable ? " (mut %s)" : " %s",
            proa_valtype_name(type->type.global.type));
        break;
    }
}

/* What is given, as if it were an import's type; and its store. */
static struct proa_importtype type_of(const struct proa_extern *given,
                                      struct proa_store **store)
{
    struct proa_importtype type = { .kind = given->kind };

    switch (given->kind) {
    case PROA_KIND_FUNC:
        type.type.func = proa_func_type(given->of.func);
        *store = given->of.func->store;
        break;
    case PROA_KIND_TABLE:
        type.type.table = proa_table_type(given->of.table);
        *store = given->of.table->store;
        break;
    case PROA_KIND_MEMORY:
        type.type.memory = proa_memory_type(given->of.memory);
        *store = given->of.memory->store;
        break;
    case PROA_KIND_GLOBAL:
        type.type.global = proa_global_type(given->of.global);
        *store = given->of.global->store;
        break;
    }
    return type;
}

static bool limits_match(const struct proa_limits *given,
                         const struct proa_limits *wanted)
{
    return given->is_64 == wanted->is_64 && given->min >= wanted->min &&
           given->max <= wanted->max;
}

static bool types_match(const struct proa_importtype *given,
                        const struct proa_importtype *wanted)
{
    if (given->kind != wanted->kind)
        return false;
    switch (wanted->kind) {
    case PROA_KIND_FUNC:
        return proa_functype_equal(&given->type.func, &wanted->type.func);
    case PROA_KIND_TABLE:
        return given->type.table.element == wanted->type.table.element &&
               limits_match(&given->type.table.limits,
                            &wanted->type.table.limits);
    case PROA_KIND_MEMORY:
        return limits_match(&given->type.memory.limits,
                            &wanted->type.memory.limits);
    case PROA_KIND_GLOBAL:
        return given->type.global.type == wanted->type.global.type &&
               given->type.global.is_mutable == wanted->type.global.is_mutable;
    }
    return false;
}

enum proa_status proa_match_import(struct proa_store *store,
                                   const struct proa_importtype *import,
                                   const struct proa_extern *given,
                                   struct proa_error *err)
{
    struct type_text wanted = { .size = 0 };
    struct type_text found = { .size = 0 };
    struct proa_store *owner = NULL;
    struct proa_importtype type = type_of(given, &owner);

    if (owner != store)
        return proa_fail(err, PROA_USAGE, 0,
                         "import %.60s.%.60s is of another store",
                         import->module, import->name);
    if (types_match(&type, import))
        return PROA_OK;
    add_importtype(&wanted, import);
    add_importtype(&found, &type);
    return proa_fail(
        err, PROA_UNLINKABLE, 0,
        "incompatible import type for %.60s.%.60s: expected %s, given %s",
        import->module, import->name, wanted.bytes, found.bytes);
}
