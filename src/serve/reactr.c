/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/reactr.h"

#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "host/guest.h"
#include "serve/log.h"

enum { KEY_SIZE = 1024, IDENT = 1 };

void proa_reactr_init(struct proa_reactr *reactr, uint64_t output_bytes_max)
{
    *reactr = (struct proa_reactr){ 0 };
    proa_buffer_init(&reactr->output, (size_t)output_bytes_max);
    proa_buffer_init(&reactr->ffi, (size_t)output_bytes_max);
}

void proa_reactr_deinit(struct proa_reactr *reactr)
{
    for (uint32_t i = 0; i < reactr->field_count; i++) {
        free(reactr->fields[i].key);
        free(reactr->fields[i].value);
    }
    free(reactr->fields);
    json_decref(reactr->state);
    proa_buffer_deinit(&reactr->output);
    proa_buffer_deinit(&reactr->ffi);
}

/* --- what the guest calls ----------------------------------------------- */

/* Bytes of the guest, or a trap. */
static bool take(struct proa_call *call, uint32_t address, uint32_t size,
                 struct proa_http_text *text)
{
    const char *bytes = proa_guest_bytes(call, address, size);

    if (bytes == NULL) {
        proa_call_trap(call, "an address is out of bounds");
        return false;
    }
    *text = (struct proa_http_text){ bytes, size };
    return true;
}

static bool take_key(struct proa_call *call, uint32_t address, uint32_t size,
                     char key[KEY_SIZE])
{
    if (proa_guest_text_copy(call, address, size, key, KEY_SIZE) ==
        PROA_GUEST_TEXT_OK)
        return true;
    proa_call_trap(call, "a key is no text, or too long");
    return false;
}

/* Minus the size of a text that get_ffi_result() gives. */
static int32_t fail(struct proa_reactr *reactr, const char *text)
{
    proa_buffer_deinit(&reactr->ffi);
    proa_buffer_init(&reactr->ffi, PROA_REACTR_TEXT_MAX);
    if (!proa_buffer_append(&reactr->ffi, text, strlen(text)))
        return -1;
    return -(int32_t)strlen(text);
}

static void keep_output(struct proa_call *call, struct proa_reactr *reactr,
                        uint32_t address, uint32_t size)
{
    struct proa_http_text text;

    if (!take(call, address, size, &text))
        return;
    proa_buffer_clear(&reactr->output);
    /* is_full tells proa_reactr_finish(). */
    (void)proa_buffer_append(&reactr->output, text.bytes, text.size);
}

static void return_result(struct proa_call *call, uint32_t address,
                          uint32_t size, int32_t ident)
{
    struct proa_reactr *reactr = proa_call_env(call);

    (void)ident;
    reactr->has_error = false;
    keep_output(call, reactr, address, size);
}

static void return_error(struct proa_call *call, int32_t code, uint32_t address,
                         uint32_t size, int32_t ident)
{
    struct proa_reactr *reactr = proa_call_env(call);

    (void)ident;
    reactr->has_error = true;
    reactr->error_code = code;
    keep_output(call, reactr, address, size);
}

/* AssemblyScript's abort: seven numbers are its ABI's. */
static void return_abort(struct proa_call *call, uint32_t text,
                         uint32_t text_size, uint32_t file, uint32_t file_size,
                         int32_t line, int32_t column, int32_t ident)
{
    (void)text;
    (void)text_size;
    (void)file;
    (void)file_size;
    (void)line;
    (void)column;
    (void)ident;
    proa_call_trap(call, "the guest called abort");
}

static int32_t get_ffi_result(struct proa_call *call, uint32_t address,
                              int32_t ident)
{
    struct proa_reactr *reactr = proa_call_env(call);
    size_t size = reactr->ffi.size;
    void *to = size <= UINT32_MAX
                   ? proa_guest_bytes(call, address, (uint32_t)size)
                   : NULL;

    (void)ident;
    if (to == NULL) {
        proa_call_trap(call, "an address is out of bounds");
        return -1;
    }
    if (size > 0)
        memcpy(to, reactr->ffi.bytes, size);
    proa_buffer_clear(&reactr->ffi);
    return 0;
}

static void log_msg(struct proa_call *call, uint32_t address, uint32_t size,
                    int32_t level, int32_t ident)
{
    static const char *const prefixes[] = { "guest: ", "guest: error: ",
                                            "guest: warning: ", "guest: info: ",
                                            "guest: debug: " };
    struct proa_reactr *reactr = proa_call_env(call);
    struct proa_http_text text;

    (void)ident;
    if (level < 0 || level > 4)
        level = 0;
    if (take(call, address, size, &text) && reactr->log != NULL)
        proa_log_lines(prefixes[level], text, reactr->log);
}

static int32_t request_get_field(struct proa_call *call, int32_t kind,
                                 uint32_t key_address, uint32_t key_size,
                                 int32_t ident)
{
    struct proa_reactr *reactr = proa_call_env(call);
    char key[KEY_SIZE];

    (void)ident;
    if (!take_key(call, key_address, key_size, key))
        return -1;
    proa_buffer_deinit(&reactr->ffi);
    proa_buffer_init(&reactr->ffi, INT32_MAX);
    if (!proa_reactr_field_get(reactr, (uint32_t)kind, key, &reactr->ffi))
        return fail(reactr, "no such field of the request");
    return (int32_t)reactr->ffi.size;
}

static int32_t request_set_field(struct proa_call *call, int32_t kind,
                                 uint32_t key_address, uint32_t key_size,
                                 uint32_t value, uint32_t value_size,
                                 int32_t ident)
{
    struct proa_reactr *reactr = proa_call_env(call);
    struct proa_http_text text;
    char key[KEY_SIZE];

    (void)ident;
    if (!take_key(call, key_address, key_size, key) ||
        !take(call, value, value_size, &text))
        return -1;
    if (text.size > PROA_REACTR_TEXT_MAX ||
        !proa_reactr_field_set(reactr, (uint32_t)kind, key, text))
        return fail(reactr, "the field cannot be set");
    return 0;
}

static void resp_set_header(struct proa_call *call, uint32_t key_address,
                            uint32_t key_size, uint32_t value,
                            uint32_t value_size, int32_t ident)
{
    static const char *const ours[] = {
        "connection", "content-length",    "date",
        "keep-alive", "transfer-encoding", "upgrade"
    };
    struct proa_reactr *reactr = proa_call_env(call);
    struct proa_http_text name, text;

    (void)ident;
    if (!take(call, key_address, key_size, &name) ||
        !take(call, value, value_size, &text) || reactr->exchange == NULL)
        return;
    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
        if (proa_http_text_is(name, ours[i]))
            return;
    if (!proa_http_response_add(&reactr->exchange->response, name, text))
        proa_call_trap(call, "a header has characters that none may have, or "
                             "is too long");
}

/* One for each number of parameters: capabilities that are not there. */
static int32_t off3(struct proa_call *call, int32_t a, int32_t b, int32_t c)
{
    (void)a;
    (void)b;
    (void)c;
    return fail(proa_call_env(call), "not enabled");
}

static int32_t off4(struct proa_call *call, int32_t a, int32_t b, int32_t c,
                    int32_t d)
{
    (void)d;
    return off3(call, a, b, c);
}

static int32_t off5(struct proa_call *call, int32_t a, int32_t b, int32_t c,
                    int32_t d, int32_t e)
{
    (void)d;
    (void)e;
    return off3(call, a, b, c);
}

static int32_t off6(struct proa_call *call, int32_t a, int32_t b, int32_t c,
                    int32_t d, int32_t e, int32_t f)
{
    (void)f;
    return off5(call, a, b, c, d, e);
}

struct proa_host_table proa_reactr_table(struct proa_reactr *reactr)
{
    static const struct proa_host_row rows[] = {
        { "env", "return_result", "iii:", (proa_host_fn)return_result },
        { "env", "return_error", "iiii:", (proa_host_fn)return_error },
        { "env", "return_abort", "iiiiiii:", (proa_host_fn)return_abort },
        { "env", "get_ffi_result", "ii:i", (proa_host_fn)get_ffi_result },
        { "env", "log_msg", "iiii:", (proa_host_fn)log_msg },
        { "env", "request_get_field", "iiii:i",
          (proa_host_fn)request_get_field },
        { "env", "request_set_field", "iiiiii:i",
          (proa_host_fn)request_set_field },
        { "env", "resp_set_header", "iiiii:", (proa_host_fn)resp_set_header },
        { "env", "add_ffi_var", "iiiii:i", (proa_host_fn)off5 },
        { "env", "fetch_url", "iiiiii:i", (proa_host_fn)off6 },
        { "env", "graphql_query", "iiiii:i", (proa_host_fn)off5 },
        { "env", "cache_set", "iiiiii:i", (proa_host_fn)off6 },
        { "env", "cache_get", "iii:i", (proa_host_fn)off3 },
        { "env", "get_static_file", "iii:i", (proa_host_fn)off3 },
        { "env", "db_exec", "iiii:i", (proa_host_fn)off4 },
    };

    return (struct proa_host_table){ rows, sizeof rows / sizeof rows[0],
                                     reactr };
}

/* --- calling the guest -------------------------------------------------- */

/* "ii:i"-like words: how many i32 go in and out. */
static bool has_function(const struct proa_module *module, const char *name,
                         uint32_t param_count, uint32_t result_count)
{
    for (uint32_t i = 0; i < proa_module_export_count(module); i++) {
        struct proa_exporttype export = proa_module_export(module, i);
        if (export.kind != PROA_KIND_FUNC || strcmp(export.name, name) != 0)
            continue;
        const struct proa_functype *type = &export.type.func;
        bool is_good = type->param_count == param_count &&
                       type->result_count == result_count;
        for (uint32_t j = 0; is_good && j < param_count; j++)
            is_good = type->params[j] == PROA_I32;
        return is_good && (result_count == 0 || type->results[0] == PROA_I32);
    }
    return false;
}

enum proa_status proa_reactr_check(const struct proa_module *module,
                                   struct proa_error *err)
{
    bool has_memory = false;

    for (uint32_t i = 0; i < proa_module_export_count(module); i++) {
        struct proa_exporttype export = proa_module_export(module, i);
        if (export.kind == PROA_KIND_MEMORY &&
            strcmp(export.name, "memory") == 0 &&
            !export.type.memory.limits.is_64)
            has_memory = true;
    }
    if (has_memory && has_function(module, "run_e", 3, 0) &&
        has_function(module, "allocate", 1, 1))
        return PROA_OK;
    return proa_fail(err, PROA_USAGE, 0,
                     "the module is none of Reactr: it does not export "
                     "\"run_e\", \"allocate\" and \"memory\" of their types");
}

static enum proa_status call_start(struct proa_instance *instance,
                                   struct proa_store *store,
                                   struct proa_error *err)
{
    struct proa_extern start;
    struct proa_error own = { 0 };
    enum proa_status status;

    if (!proa_instance_export(instance, "_start", &start) &&
        !proa_instance_export(instance, "init", &start) &&
        !proa_instance_export(instance, "_initialize", &start))
        return PROA_OK;
    if (start.kind != PROA_KIND_FUNC ||
        proa_func_type(start.of.func).param_count != 0 ||
        proa_func_type(start.of.func).result_count != 0)
        return PROA_OK;
    status = proa_func_call(start.of.func, NULL, NULL, &own);
    /* A main that returns 0 is no end. */
    if (status == PROA_EXIT && proa_store_exit_code(store) == 0)
        return PROA_OK;
    if (status != PROA_OK)
        *err = own;
    return status;
}

static enum proa_status put_input(const struct proa_buffer *body,
                                  struct proa_instance *instance,
                                  uint32_t *address, struct proa_error *err)
{
    struct proa_extern allocate, memory;
    union proa_value argument = { .u32 = (uint32_t)body->size }, result;
    enum proa_status status;

    if (!proa_instance_export(instance, "allocate", &allocate) ||
        !proa_instance_export(instance, "memory", &memory))
        return proa_fail(err, PROA_USAGE, 0, "an export is missing");
    if (body->size > INT32_MAX)
        return proa_fail(err, PROA_MALFORMED, 0, "the body is too large");
    status = proa_func_call(allocate.of.func, &argument, &result, err);
    if (status != PROA_OK)
        return status;
    uint64_t size = proa_memory_size(memory.of.memory);
    if (result.u32 > size || body->size > size - result.u32)
        return proa_fail(err, PROA_MALFORMED, 0,
                         "allocate gave no memory for the input");
    if (body->size > 0)
        memcpy(proa_memory_data(memory.of.memory) + result.u32, body->bytes,
               body->size);
    *address = result.u32;
    return PROA_OK;
}

static void read_state(struct proa_reactr *reactr)
{
    const struct proa_http_field *field = proa_http_request_field(
        reactr->exchange->request, "x-atmo-state", NULL);

    /* What is no object holds no state. */
    if (field != NULL && field->value.size > 0)
        reactr->state =
            json_loadb(field->value.bytes, field->value.size, 0, NULL);
}

enum proa_status proa_reactr_call(struct proa_reactr *reactr,
                                  struct proa_store *store,
                                  struct proa_instance *instance,
                                  struct proa_error *err)
{
    const struct proa_buffer *body = &reactr->exchange->request->body;
    struct proa_extern run;
    uint32_t address = 0;
    enum proa_status status;

    read_state(reactr);
    status = reactr->is_started ? PROA_OK : call_start(instance, store, err);
    if (status == PROA_OK)
        status = put_input(body, instance, &address, err);
    if (status != PROA_OK)
        return status;
    if (!proa_instance_export(instance, "run_e", &run))
        return proa_fail(err, PROA_USAGE, 0, "the module has no run_e");
    const union proa_value arguments[] = { { .u32 = address },
                                           { .u32 = (uint32_t)body->size },
                                           { .i32 = IDENT } };
    return proa_func_call(run.of.func, arguments, NULL, err);
}

/* --- its answer --------------------------------------------------------- */

static bool has_header(const struct proa_http_response *response,
                       const char *line_start)
{
    size_t size = strlen(line_start);
    const char *at = (const char *)response->fields.bytes;
    size_t left = response->fields.size;

    while (left >= size) {
        if (strncasecmp(at, line_start, size) == 0)
            return true;
        const char *end = memchr(at, '\n', left);
        if (end == NULL)
            return false;
        left -= (size_t)(end + 1 - at);
        at = end + 1;
    }
    return false;
}

/* {"code":400,"message":"..."}, as Atmo tells an error. */
static bool write_error(struct proa_reactr *reactr,
                        struct proa_http_response *response)
{
    json_t *object =
        json_pack("{s:i,s:s%}", "code", reactr->error_code, "message",
                  reactr->output.size > 0 ? (char *)reactr->output.bytes : "",
                  reactr->output.size);
    char *text = object != NULL ? json_dumps(object, JSON_COMPACT) : NULL;
    bool is_good = text != NULL;

    json_decref(object);
    proa_buffer_clear(&response->fields);
    response->status = reactr->error_code >= 400 && reactr->error_code <= 599
                           ? (uint16_t)reactr->error_code
                           : 500;
    if (is_good)
        is_good = proa_buffer_append(&response->body, text, strlen(text));
    free(text);
    return is_good &&
           proa_http_response_add(response, proa_http_text_of("Content-Type"),
                                  proa_http_text_of("application/json"));
}

enum proa_status proa_reactr_finish(struct proa_reactr *reactr,
                                    struct proa_error *err)
{
    struct proa_http_response *response = &reactr->exchange->response;

    if (reactr->output.is_full)
        return proa_fail(err, PROA_MALFORMED, 0,
                         "the response is larger than allowed");
    if (reactr->has_error) {
        if (!write_error(reactr, response))
            return proa_fail(err, PROA_MALFORMED, 0,
                             "the error's message is no text");
        return PROA_OK;
    }
    response->status = 200;
    if (!has_header(response, "content-type:") &&
        !proa_http_response_add(response, proa_http_text_of("Content-Type"),
                                proa_http_text_of("application/octet-stream")))
        return proa_fail(err, PROA_NOMEM, 0, "no memory for the response");
    if (!proa_buffer_append(&response->body, reactr->output.bytes,
                            reactr->output.size))
        return proa_fail(err, PROA_NOMEM, 0, "no memory for the response");
    return PROA_OK;
}
