/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/config_check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fail.h"
#include "http/tls.h"
#include "serve/guest.h"
#include "serve/init.h"
#include "serve/reactr.h"

enum {
    MISSING_BYTES_MAX = 1 << 20,
    MISSING_SHOWN_MAX = 200,
    MEMORY_BYTES_DEFAULT = 512 << 20,
};

struct state {
    const struct proa_config_check *check;
    struct proa_config_checked *checked;
    struct proa_guest_host host;
};

static void tell(struct state *state, const struct proa_function_settings *of,
                 const char *text, enum proa_status status)
{
    state->check->tell(state->check->env, of, text);
    state->checked->fault_count++;
    if (status == PROA_NOMEM || status == PROA_COMPILER)
        state->checked->is_failed = true;
}

/* Beyond the first, which the error names: ", env.b (func)". */
static void append_missing(const struct proa_buffer *missing, char *text,
                           size_t size)
{
    size_t used = strlen(text);
    const char *first = (const char *)missing->bytes;
    const char *line =
        missing->size > 0 ? memchr(first, '\n', missing->size) : NULL;

    if (line == NULL || line + 1 == first + missing->size)
        return;
    size_t left = missing->size - (size_t)(line - first) - 1;
    (void)snprintf(text + used, size - used, "; then %.*s",
                   left > MISSING_SHOWN_MAX ? MISSING_SHOWN_MAX : (int)left - 1,
                   line + 1);
    for (char *c = text + used; *c != '\0'; c++)
        if (*c == '\n')
            *c = ',';
}

static void tell_function(struct state *state,
                          const struct proa_function_settings *settings,
                          const struct proa_error *err,
                          const struct proa_buffer *missing)
{
    char text[PROA_SERVE_BLAME_SIZE + sizeof err->text];

    (void)snprintf(text, sizeof text, "%.900s: %s", settings->path, err->text);
    append_missing(missing, text, sizeof text);
    tell(state, settings, text, err->status);
}

static void check_function(struct state *state,
                           const struct proa_function_settings *settings)
{
    const struct proa_serve_options *options = state->check->options;
    struct proa_function function = { .settings = *settings };
    struct proa_buffer missing;
    struct proa_error err = { 0 };

    if (function.settings.memory_bytes_max == 0)
        function.settings.memory_bytes_max = options->memory_bytes_max != 0
                                                 ? options->memory_bytes_max
                                                 : MEMORY_BYTES_DEFAULT;
    if (function.settings.init == NULL)
        function.settings.init = options->init;
    if (function.settings.entry == NULL)
        function.settings.entry = options->entry;
    if (function.settings.program_name == NULL)
        function.settings.program_name = "proa";
    if (function.settings.preopens == NULL) {
        function.settings.preopens = options->preopens;
        function.settings.preopen_count = options->preopen_count;
    }
    proa_buffer_init(&missing, MISSING_BYTES_MAX);
    enum proa_status status =
        options->load(options->load_env, state->check->engine, settings->path,
                      settings->fuel != 0, &function.module, &err);
    if (status == PROA_OK) {
        function.abi = settings->abi != PROA_ABI_DETECT
                           ? settings->abi
                           : proa_abi_detect(function.module);
        function.init = proa_init_name(&function);
        status =
            function.abi == PROA_ABI_REACTR
                ? proa_reactr_guest_check(&state->host, &function, &missing,
                                          &err)
                : proa_guest_check(&state->host, &function, &missing, &err);
        proa_module_release(function.module);
    }
    if (status != PROA_OK)
        tell_function(state, settings, &err, &missing);
    proa_buffer_deinit(&missing);
}

static void check_tls(struct state *state)
{
    const struct proa_serve_options *options = state->check->options;
    const struct proa_http_tls_options tls_options = {
        .certificate_path = options->tls_certificate_path,
        .key_path = options->tls_key_path,
    };
    struct proa_http_tls *tls = NULL;
    struct proa_error err = { 0 };

    if (options->tls_certificate_path == NULL)
        return;
    if (proa_http_tls_create(&tls_options, &tls, &err) == PROA_OK)
        proa_http_tls_destroy(tls);
    else
        tell(state, NULL, err.text, PROA_USAGE);
}

static void check_files(struct state *state, const char *path)
{
    char text[PROA_SERVE_BLAME_SIZE];
    struct stat found;

    if (path == NULL)
        return;
    if (stat(path, &found) != 0)
        (void)snprintf(text, sizeof text, "%.900s: %s", path, strerror(errno));
    else if (!S_ISDIR(found.st_mode))
        (void)snprintf(text, sizeof text,
                       "%.900s: not a folder; 'static' names the folder of "
                       "files",
                       path);
    else
        return;
    tell(state, NULL, text, PROA_USAGE);
}

enum proa_status proa_config_check(const struct proa_config_check *check,
                                   struct proa_config_checked *checked,
                                   struct proa_error *err)
{
    struct proa_config_checked made = { 0 };
    struct state state = { .check = check,
                           .checked = &made,
                           .host = { .engine = check->engine,
                                     .trap_missing =
                                         check->options->trap_missing } };
    struct proa_plan plan;
    enum proa_status status = proa_plan_init(&plan, err);

    if (status != PROA_OK)
        return status;
    state.host.null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    status = state.host.null_fd < 0
                 ? proa_fail(err, PROA_IO, 0, "/dev/null: %s", strerror(errno))
                 : proa_serve_plan(check->options, &plan, err);
    if (status == PROA_OK) {
        check_tls(&state);
        check_files(&state, plan.public_path);
        for (uint32_t i = 0; i < plan.count; i++)
            check_function(&state, &plan.items[i]);
        made.function_count = plan.count;
        *checked = made;
    }
    if (state.host.null_fd >= 0)
        (void)close(state.host.null_fd);
    proa_plan_deinit(&plan);
    return status;
}
