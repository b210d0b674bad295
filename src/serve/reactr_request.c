/*
 * What a guest may ask of its request.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include "serve/percent.h"
#include "serve/reactr.h"

enum { KIND_META, KIND_BODY, KIND_HEADER, KIND_PARAM, KIND_STATE, KIND_QUERY };

static bool append(struct proa_buffer *out, struct proa_http_text text)
{
    return proa_buffer_append(out, text.bytes, text.size);
}

static bool append_decoded(struct proa_buffer *out, struct proa_http_text text)
{
    char *decoded = malloc(text.size + 1);
    size_t size = 0;
    bool is_good = false;

    if (decoded != NULL && proa_percent_decode(text, decoded, &size))
        is_good = proa_buffer_append(out, decoded, size);
    free(decoded);
    return is_good;
}

static bool get_meta(const struct proa_reactr *reactr, const char *key,
                     struct proa_buffer *out)
{
    const struct proa_http_request *request = reactr->exchange->request;

    if (strcmp(key, "method") == 0)
        return append(out, request->method);
    if (strcmp(key, "url") == 0)
        return append(out, request->target);
    if (strcmp(key, "id") == 0)
        return reactr->trace != NULL &&
               proa_buffer_append(out, reactr->trace->parent + 3, 32);
    if (strcmp(key, "body") == 0)
        return proa_buffer_append(out, request->body.bytes, request->body.size);
    return false;
}

/* A member of an object: text as it is, anything else as JSON. */
static bool append_member(struct proa_buffer *out, const json_t *object,
                          const char *key)
{
    const json_t *value = json_object_get(object, key);
    char *text;
    bool is_good;

    if (value == NULL)
        return false;
    if (json_is_string(value))
        return proa_buffer_append(out, json_string_value(value),
                                  json_string_length(value));
    text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    is_good = text != NULL && proa_buffer_append(out, text, strlen(text));
    free(text);
    return is_good;
}

static bool get_body(const struct proa_reactr *reactr, const char *key,
                     struct proa_buffer *out)
{
    const struct proa_buffer *body = &reactr->exchange->request->body;
    json_t *object;
    bool is_good;

    if (body->size == 0)
        return false;
    object = json_loadb((const char *)body->bytes, body->size, 0, NULL);
    is_good = append_member(out, object, key);
    json_decref(object);
    return is_good;
}

static bool get_header(const struct proa_reactr *reactr, const char *key,
                       struct proa_buffer *out)
{
    const struct proa_http_field *field;

    if (reactr->trace != NULL &&
        proa_http_text_is(proa_http_text_of(key), "traceparent"))
        return append(out, proa_http_text_of(reactr->trace->parent));
    field = proa_http_request_field(reactr->exchange->request, key, NULL);
    return field != NULL && append(out, field->value);
}

static bool get_param(const struct proa_reactr *reactr, const char *key,
                      struct proa_buffer *out)
{
    for (uint32_t i = 0; i < reactr->match->param_count; i++)
        if (strcmp(reactr->match->params[i].name, key) == 0)
            return append_decoded(out, reactr->match->params[i].text);
    return false;
}

static bool get_query(const struct proa_reactr *reactr, const char *key,
                      struct proa_buffer *out)
{
    struct proa_http_text rest = reactr->exchange->request->query;

    while (rest.size > 0) {
        const char *end = memchr(rest.bytes, '&', rest.size);
        struct proa_http_text pair = {
            rest.bytes, end == NULL ? rest.size : (size_t)(end - rest.bytes)
        };
        size_t used = end == NULL ? pair.size : pair.size + 1;
        rest.bytes += used;
        rest.size -= used;
        const char *equals =
            pair.size > 0 ? memchr(pair.bytes, '=', pair.size) : NULL;
        if (equals == NULL)
            continue;
        struct proa_http_text name = { pair.bytes,
                                       (size_t)(equals - pair.bytes) };
        if (proa_percent_is(name, key))
            return append_decoded(
                out, (struct proa_http_text){ equals + 1,
                                              pair.size - name.size - 1 });
    }
    return false;
}

bool proa_reactr_field_get(const struct proa_reactr *reactr, uint32_t kind,
                           const char *key, struct proa_buffer *out)
{
    static bool (*const getters[])(const struct proa_reactr *, const char *,
                                   struct proa_buffer *) = {
        [KIND_META] = get_meta,     [KIND_BODY] = get_body,
        [KIND_HEADER] = get_header, [KIND_PARAM] = get_param,
        [KIND_QUERY] = get_query,
    };

    if (reactr->exchange == NULL)
        return false;
    /* The last one that was set. */
    for (uint32_t i = reactr->field_count; i > 0; i--) {
        const struct proa_reactr_field *field = &reactr->fields[i - 1];
        if (field->kind == kind && strcmp(field->key, key) == 0)
            return proa_buffer_append(out, field->value, field->value_size);
    }
    if (kind == KIND_STATE)
        return append_member(out, reactr->state, key);
    return kind < sizeof getters / sizeof getters[0] &&
           getters[kind](reactr, key, out);
}

bool proa_reactr_field_set(struct proa_reactr *reactr, uint32_t kind,
                           const char *key, struct proa_http_text value)
{
    struct proa_reactr_field field = { .kind = kind, .value_size = value.size };

    if (kind > KIND_QUERY || reactr->field_count >= PROA_REACTR_SET_MAX)
        return false;
    if (reactr->fields == NULL)
        reactr->fields = calloc(PROA_REACTR_SET_MAX, sizeof *reactr->fields);
    field.key = strdup(key);
    field.value = malloc(value.size + 1);
    if (reactr->fields == NULL || field.key == NULL || field.value == NULL) {
        free(field.key);
        free(field.value);
        return false;
    }
    if (value.size > 0)
        memcpy(field.value, value.bytes, value.size);
    reactr->fields[reactr->field_count++] = field;
    return true;
}
