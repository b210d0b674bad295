/*
 * One program from instantiation to its end: _start, or a function by name.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "cli/guest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "cli/value.h"

/* The names of exported functions, as many as there is room for. */
static void names_list(const struct proa_module *module, char *text,
                       size_t size)
{
    size_t used = 0;

    (void)snprintf(text, size, "none");
    for (uint32_t i = 0; i < proa_module_export_count(module); i++) {
        struct proa_exporttype exported = proa_module_export(module, i);
        int more;

        if (exported.kind != PROA_KIND_FUNC)
            continue;
        more = snprintf(text + used, size - used, "%s%s", used > 0 ? " " : "",
                        exported.name);
        if (more < 0 || (size_t)more >= size - used) {
            (void)snprintf(text + used, size - used, " ...");
            return;
        }
        used += (size_t)more;
        if (used + 8 > size)
            return;
    }
}

/* Find a function; false: there is none of this name. */
static bool function_find(struct proa_instance *instance, const char *name,
                          struct proa_func **func)
{
    struct proa_extern found;

    if (!proa_instance_export(instance, name, &found) ||
        found.kind != PROA_KIND_FUNC)
        return false;
    *func = found.of.func;
    return true;
}

static enum proa_status plain_call(struct proa_func *func, const char *name,
                                   struct proa_error *err)
{
    struct proa_functype type = proa_func_type(func);

    if (type.param_count != 0 || type.result_count != 0)
        return proa_fail(err, PROA_USAGE, 0,
                         "its %s has parameters or results; --invoke can call "
                         "it",
                         name);
    return proa_func_call(func, NULL, NULL, err);
}

static enum proa_status args_parse(const struct proa_guest *guest,
                                   const struct proa_functype *type,
                                   union proa_value *values,
                                   struct proa_error *err)
{
    if (guest->arg_count != type->param_count)
        return proa_fail(err, PROA_USAGE, 0, "%s takes %u argument%s, %u given",
                         guest->invoke, type->param_count,
                         type->param_count == 1 ? "" : "s", guest->arg_count);
    for (uint32_t i = 0; i < type->param_count; i++)
        if (!proa_value_parse(type->params[i], guest->args[i], &values[i]))
            return proa_fail(err, PROA_USAGE, 0,
                             "argument %u of %s: '%.60s' is no %s", i + 1,
                             guest->invoke, guest->args[i],
                             proa_valtype_name(type->params[i]));
    return PROA_OK;
}

static enum proa_status typed_call(const struct proa_guest *guest,
                                   struct proa_func *func,
                                   struct proa_error *err)
{
    struct proa_functype type = proa_func_type(func);
    union proa_value *values = calloc(
        (size_t)type.param_count + type.result_count + 1, sizeof *values);
    union proa_value *results;
    char text[PROA_VALUE_TEXT_SIZE];
    enum proa_status status;

    if (values == NULL)
        return proa_fail(err, PROA_NOMEM, 0, "out of memory");
    results = values + type.param_count;
    status = args_parse(guest, &type, values, err);
    if (status == PROA_OK)
        status = proa_func_call(func, values, results, err);
    for (uint32_t i = 0; status == PROA_OK && i < type.result_count; i++) {
        proa_value_format(type.results[i], &results[i], text);
        (void)puts(text);
    }
    free(values);
    return status;
}

static enum proa_status nothing(const struct proa_guest *guest,
                                struct proa_error *err)
{
    char names[200];

    names_list(guest->module, names, sizeof names);
    if (guest->invoke != NULL)
        return proa_fail(err, PROA_USAGE, 0,
                         "it exports no function '%.60s'; its functions are: "
                         "%s",
                         guest->invoke, names);
    return proa_fail(err, PROA_USAGE, 0,
                     "there is nothing to run: it exports no _start; --invoke "
                     "can call one of its functions: %s",
                     names);
}

enum proa_status proa_guest_run(const struct proa_guest *guest,
                                struct proa_error *err)
{
    uint32_t import_count = proa_module_import_count(guest->module);
    struct proa_instance *instance;
    struct proa_func *func;
    bool is_library;
    enum proa_status status;

    status = proa_instance_create(guest->store, guest->module, guest->imports,
                                  import_count, &instance, err);
    if (status != PROA_OK)
        return status;
    if (guest->invoke == NULL && function_find(instance, "_start", &func))
        return plain_call(func, "_start", err);
    is_library = function_find(instance, "_initialize", &func);
    if (is_library)
        status = plain_call(func, "_initialize", err);
    if (status != PROA_OK || (guest->invoke == NULL && is_library))
        return status;
    if (guest->invoke == NULL || !function_find(instance, guest->invoke, &func))
        return nothing(guest, err);
    return typed_call(guest, func, err);
}
