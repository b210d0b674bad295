/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/init.h"

#include <string.h>

#include "base/fail.h"

#define PREVIEW1(name) "wasi_snapshot_preview1." name
#define UNSTABLE(name) "wasi_unstable." name

/*
 * What runtimes of languages ask when they start, and what reading files takes.
 * None of it knows of a request: the WASI of that time is another one.
 */
#define CALLS(of)                                                              \
    of("args_get"), of("args_sizes_get"), of("clock_res_get"),                 \
        of("clock_time_get"), of("environ_get"), of("environ_sizes_get"),      \
        of("fd_advise"), of("fd_close"), of("fd_fdstat_get"),                  \
        of("fd_fdstat_set_flags"), of("fd_filestat_get"), of("fd_pread"),      \
        of("fd_prestat_dir_name"), of("fd_prestat_get"), of("fd_read"),        \
        of("fd_readdir"), of("fd_seek"), of("fd_tell"), of("fd_write"),        \
        of("path_filestat_get"), of("path_open"), of("path_readlink"),         \
        of("poll_oneoff"), of("proc_exit"), of("random_get"),                  \
        of("sched_yield")

const char *const proa_init_may_call[] = { CALLS(PREVIEW1), CALLS(UNSTABLE),
                                           NULL };

/* Of the module's own, or not, as a program's start is. */
static bool has_function(const struct proa_module *module, const char *name)
{
    for (uint32_t i = 0; i < proa_module_export_count(module); i++) {
        struct proa_exporttype export = proa_module_export(module, i);
        if (export.kind == PROA_KIND_FUNC && strcmp(export.name, name) == 0)
            return export.type.func.param_count == 0 &&
                   export.type.func.result_count == 0;
    }
    return false;
}

const char *proa_init_name(const struct proa_function *function)
{
    const char *wanted = function->settings.init;

    if (wanted != NULL)
        return strcmp(wanted, "none") == 0 ? NULL : wanted;
    /* Modules of Reactr that have another start begin with that, always. */
    if (!has_function(function->module, "_initialize") ||
        has_function(function->module, "_start") ||
        (function->abi == PROA_ABI_REACTR &&
         has_function(function->module, "init")))
        return NULL;
    return "_initialize";
}

const char *proa_init_entry(const struct proa_function *function)
{
    return function->settings.entry != NULL ? function->settings.entry
                                            : "_start";
}

static enum proa_status check(const struct proa_module *module,
                              const char *setting, const char *name,
                              struct proa_error *err)
{
    if (has_function(module, name))
        return PROA_OK;
    return proa_fail(err, PROA_USAGE, 0,
                     "%s: the module has no function \"%.100s\" without "
                     "parameters and results",
                     setting, name);
}

enum proa_status proa_init_check(const struct proa_function *function,
                                 struct proa_error *err)
{
    const char *init = function->init;
    enum proa_status status = PROA_OK;

    if (init != NULL)
        status = check(function->module, "init", init, err);
    if (status != PROA_OK || function->abi == PROA_ABI_REACTR)
        return status;
    if (function->settings.entry != NULL)
        return check(function->module, "entry", function->settings.entry, err);
    if (has_function(function->module, "_start"))
        return PROA_OK;
    return proa_fail(err, PROA_USAGE, 0,
                     "the module is no WASI command: it has no function "
                     "\"_start\" without parameters and results, and \"entry\" "
                     "names no other one");
}

enum proa_status proa_init_call(void *name, struct proa_store *store,
                                struct proa_instance *instance,
                                struct proa_error *err)
{
    struct proa_error own = { 0 };
    enum proa_status status =
        proa_slot_call_export(name, store, instance, &own);

    if (status == PROA_OK ||
        (status == PROA_EXIT && proa_store_exit_code(store) == 0))
        return PROA_OK;
    return proa_fail(err, status, 0, "%s, in %.60s before the first request",
                     own.text, (const char *)name);
}

enum proa_status proa_init_link(const struct proa_function *function,
                                int null_fd, struct proa_guest_io *io,
                                struct proa_slots_use *use,
                                struct proa_wasi **wasi, struct proa_error *err)
{
    const struct proa_function_settings *settings = &function->settings;
    struct proa_wasi_options options = {
        .args = &settings->program_name,
        .arg_count = 1,
        .env = settings->env,
        .env_count = settings->env_count,
        .preopens = settings->preopens,
        .preopen_count = settings->preopen_count,
    };

    if (function->init == NULL)
        return PROA_OK;
    proa_guest_io_offer(io, null_fd, true, &options);
    /* The request's body is the request's. */
    options.streams[0] = NULL;
    enum proa_status status = proa_wasi_create(&options, wasi, err);
    if (status == PROA_OK)
        use->first_env = *wasi;
    return status;
}
