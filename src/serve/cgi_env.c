/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/cgi_env.h"

#include <string.h>

#include "base/version.h"
#include "serve/percent.h"

/* How many variables a request has besides its fields. */
enum { FIXED_COUNT_MAX = 24 + PROA_ROUTE_PARAMS_MAX };

struct maker {
    struct proa_arena *arena;
    struct proa_cgi_env env;
    bool is_out_of_memory;
};

static char *put(char *to, const char *bytes, size_t size)
{
    if (size > 0)
        memcpy(to, bytes, size);
    return to + size;
}

static void add_bytes(struct maker *maker, const char *name, const char *value,
                      size_t size)
{
    size_t name_size = strlen(name);
    char *item = proa_arena_alloc(maker->arena, name_size + size + 2);

    if (item == NULL) {
        maker->is_out_of_memory = true;
        return;
    }
    maker->env.items[maker->env.count++] = item;
    item = put(item, name, name_size);
    *item++ = '=';
    (void)put(item, value, size);
}

static void add(struct maker *maker, const char *name, const char *value)
{
    add_bytes(maker, name, value, strlen(value));
}

static void add_text(struct maker *maker, const char *name,
                     struct proa_http_text text)
{
    add_bytes(maker, name, text.bytes, text.size);
}

static void add_number(struct maker *maker, const char *name, size_t number)
{
    char digits[20];
    size_t at = sizeof digits;

    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    add_bytes(maker, name, digits + at, sizeof digits - at);
}

/* Fields that are the connection's business, or that have their own variable.
 */
static const char *const not_passed[] = {
    "connection",
    "content-length",
    "content-type",
    "expect",
    "keep-alive",
    "proxy",
    "proxy-authenticate",
    "te",
    "proxy-authorization",
    "proxy-connection",
    "trailer",
    "transfer-encoding",
    "upgrade",
};

static bool is_passed(struct proa_http_text name)
{
    for (size_t i = 0; i < name.size; i++) {
        char c = name.bytes[i];
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!is_letter && !(c >= '0' && c <= '9') && c != '-')
            return false;
    }
    for (size_t i = 0; i < sizeof not_passed / sizeof not_passed[0]; i++)
        if (proa_http_text_is(name, not_passed[i]))
            return false;
    return true;
}

static bool same_name(struct proa_http_text a, struct proa_http_text b)
{
    if (a.size != b.size)
        return false;
    for (size_t i = 0; i < a.size; i++)
        /* Letters, digits and hyphens only: one bit tells the cases apart. */
        if ((a.bytes[i] | 0x20) != (b.bytes[i] | 0x20))
            return false;
    return true;
}

static char as_variable(char c)
{
    if (c >= 'a' && c <= 'z')
        return (char)((int)c - 'a' + 'A');
    if (c == '-')
        return '_';
    return c;
}

/* "HTTP_NAME=value, value": all fields of the name of field `first`. */
static void add_field(struct maker *maker,
                      const struct proa_http_request *request, uint32_t first)
{
    struct proa_http_text name = request->fields[first].name;
    const char *apart = proa_http_text_is(name, "cookie") ? "; " : ", ";
    size_t size = sizeof "HTTP_=" + name.size;

    for (uint32_t i = first; i < request->field_count; i++)
        if (same_name(request->fields[i].name, name))
            size += request->fields[i].value.size + 2;
    char *item = proa_arena_alloc(maker->arena, size);
    if (item == NULL) {
        maker->is_out_of_memory = true;
        return;
    }
    maker->env.items[maker->env.count++] = item;
    item = put(item, "HTTP_", 5);
    for (size_t i = 0; i < name.size; i++)
        *item++ = as_variable(name.bytes[i]);
    *item++ = '=';
    for (uint32_t i = first; i < request->field_count; i++) {
        struct proa_http_text value = request->fields[i].value;
        if (!same_name(request->fields[i].name, name))
            continue;
        if (i > first)
            item = put(item, apart, 2);
        item = put(item, value.bytes, value.size);
    }
}

/* A trace goes on with our span; a state without its trace means nothing. */
static bool is_replaced(struct proa_http_text name,
                        const struct proa_trace *trace)
{
    return trace != NULL &&
           (proa_http_text_is(name, "traceparent") ||
            (trace->is_new && proa_http_text_is(name, "tracestate")));
}

static void add_fields(struct maker *maker,
                       const struct proa_http_request *request,
                       const struct proa_trace *trace)
{
    for (uint32_t i = 0; i < request->field_count; i++) {
        struct proa_http_text name = request->fields[i].name;
        bool is_first = true;
        if (!is_passed(name) || is_replaced(name, trace))
            continue;
        for (uint32_t j = 0; j < i && is_first; j++)
            is_first = !same_name(request->fields[j].name, name);
        if (is_first)
            add_field(maker, request, i);
    }
}

static const char *protocol_of(const struct proa_http_request *request)
{
    if (request->version_major == 2)
        return "HTTP/2.0";
    return request->version_minor == 0 ? "HTTP/1.0" : "HTTP/1.1";
}

static void add_server(struct maker *maker,
                       const struct proa_http_exchange *exchange)
{
    const struct proa_http_request *request = exchange->request;
    struct proa_http_text host = request->authority;

    /* Without the port, which follows the last colon outside of brackets. */
    for (size_t i = host.size; i > 0 && host.bytes[i - 1] != ']'; i--) {
        if (host.bytes[i - 1] == ':') {
            host.size = i - 1;
            break;
        }
    }
    if (host.size == 0)
        host = proa_http_text_of(exchange->server_address);
    add(maker, "GATEWAY_INTERFACE", "CGI/1.1");
    add(maker, "SERVER_SOFTWARE", "proa/" PROA_VERSION);
    add(maker, "SERVER_PROTOCOL", protocol_of(request));
    if (exchange->is_tls)
        add(maker, "HTTPS", "on");
    add_text(maker, "SERVER_NAME", host);
    add_number(maker, "SERVER_PORT", exchange->server_port);
    add(maker, "REMOTE_ADDR", exchange->client_address);
    add(maker, "REMOTE_HOST", exchange->client_address);
    add_number(maker, "REMOTE_PORT", exchange->client_port);
    add(maker, "REMOTE_USER", "");
    add(maker, "AUTH_TYPE", "");
}

static void add_url(struct maker *maker,
                    const struct proa_http_exchange *exchange)
{
    const struct proa_http_request *request = exchange->request;
    struct proa_http_text host = request->authority;
    const char *scheme = exchange->is_tls ? "https://" : "http://";

    if (host.size == 0)
        host = proa_http_text_of(exchange->server_address);
    size_t size = sizeof "X_FULL_URL=https://?" + host.size +
                  request->path.size + request->query.size;
    char *item = proa_arena_alloc(maker->arena, size);
    if (item == NULL) {
        maker->is_out_of_memory = true;
        return;
    }
    maker->env.items[maker->env.count++] = item;
    item = put(item, "X_FULL_URL=", 11);
    item = put(item, scheme, strlen(scheme));
    item = put(item, host.bytes, host.size);
    item = put(item, request->path.bytes, request->path.size);
    if (request->query.size > 0)
        *item++ = '?';
    (void)put(item, request->query.bytes, request->query.size);
}

/* "PATH_PARAM_ID=7" for "[id]"; false when the text cannot be decoded. */
static bool add_param(struct maker *maker, const struct proa_route_param *param)
{
    char name[64] = "PATH_PARAM_";
    size_t at = strlen(name), size = 0;
    char *text = proa_arena_alloc(maker->arena, param->text.size + 1);

    if (text == NULL) {
        maker->is_out_of_memory = true;
        return true;
    }
    if (!proa_percent_decode(param->text, text, &size))
        return false;
    for (size_t i = 0; param->name[i] != '\0' && at < sizeof name - 1; i++)
        name[at++] = as_variable(param->name[i]);
    name[at] = '\0';
    add_bytes(maker, name, text, size);
    return true;
}

/*
 * The path in two: what the route names is the program's name, the rest is for
 * the program. False when it cannot be decoded.
 */
static bool add_path(struct maker *maker,
                     const struct proa_http_request *request,
                     const struct proa_route_match *match)
{
    struct proa_http_text path = request->path;
    size_t script_size = match->script_size;
    const struct proa_http_text script = { path.bytes, script_size };
    const struct proa_http_text rest = { path.bytes + script_size,
                                         path.size - script_size };
    size_t pattern_size = strlen(match->pattern) + sizeof "/...";
    char *decoded = proa_arena_alloc(maker->arena, path.size + 1);
    char *route = proa_arena_alloc(maker->arena, pattern_size);
    struct proa_http_text text;

    if (decoded == NULL || route == NULL) {
        maker->is_out_of_memory = true;
        return true;
    }
    text.bytes = decoded;
    if (!proa_percent_decode(script, decoded, &text.size))
        return false;
    add_text(maker, "SCRIPT_NAME", text);
    if (!proa_percent_decode(rest, decoded, &text.size))
        return false;
    add_text(maker, "PATH_INFO", text);
    add_text(maker, "PATH_TRANSLATED", text);
    add_text(maker, "X_RAW_PATH_INFO", rest);
    size_t route_size = strlen(match->pattern);
    memcpy(route, match->pattern, route_size);
    memcpy(route + route_size, "/...", 4);
    /* Of the root its slash is the one. */
    bool is_root = route_size == 1;
    add_bytes(maker, "X_MATCHED_ROUTE", is_root ? "/..." : route,
              is_root ? 4 : route_size + 4);
    for (uint32_t i = 0; i < match->param_count; i++)
        if (!add_param(maker, &match->params[i]))
            return false;
    return true;
}

static void add_request(struct maker *maker,
                        const struct proa_http_exchange *exchange)
{
    const struct proa_http_request *request = exchange->request;
    const struct proa_http_field *type =
        proa_http_request_field(request, "content-type", NULL);

    add_text(maker, "REQUEST_METHOD", request->method);
    add_text(maker, "REQUEST_URI", request->target);
    add_text(maker, "QUERY_STRING", request->query);
    add_text(maker, "CONTENT_TYPE",
             type == NULL ? proa_http_text_of("") : type->value);
    if (!exchange->body_is_open)
        add_number(maker, "CONTENT_LENGTH", request->body.size);
    else if (request->has_length)
        add_number(maker, "CONTENT_LENGTH", request->length);
    add_url(maker, exchange);
}

uint16_t proa_cgi_env_make(const struct proa_cgi_source *source,
                           struct proa_arena *arena, struct proa_cgi_env *env)
{
    const struct proa_http_request *request = source->exchange->request;
    size_t count_max = (size_t)source->operator_env_count + FIXED_COUNT_MAX +
                       request->field_count;
    struct maker maker = { .arena = arena };

    maker.env.items =
        proa_arena_array(arena, count_max, sizeof *maker.env.items);
    if (maker.env.items == NULL)
        return 503;
    for (uint32_t i = 0; i < source->operator_env_count; i++)
        maker.env.items[maker.env.count++] = source->operator_env[i];
    add_server(&maker, source->exchange);
    if (!add_path(&maker, request, source->match))
        return 400;
    add_request(&maker, source->exchange);
    add_fields(&maker, request, source->trace);
    if (source->trace != NULL)
        add(&maker, "HTTP_TRACEPARENT", source->trace->parent);
    if (maker.is_out_of_memory)
        return 503;
    *env = maker.env;
    return 0;
}
