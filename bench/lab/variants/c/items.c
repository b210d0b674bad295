/*
 * SPDX-License-Identifier: Apache-2.0
 */
#include "items.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "yyjson.h"

enum { ITEMS_MAX = 100000, QUANTITY_MAX = 1000000, WORD_COUNT = 8 };

static const char *const adjectives[WORD_COUNT] = { "small", "large", "red",
                                                    "blue",  "quiet", "heavy",
                                                    "plain", "bright" };
static const char *const nouns[WORD_COUNT] = { "lamp",  "chair", "table",
                                               "clock", "shelf", "desk",
                                               "stool", "frame" };
static const char *const tags[WORD_COUNT] = {
    "new", "sale", "used", "eco", "wood", "import", "gift", "bulk"
};

static bool is_text(struct lab_text text, const char *word)
{
    return text.size == strlen(word) &&
           memcmp(text.bytes, word, text.size) == 0;
}

static struct lab_answer constant(int status, const char *json)
{
    return (struct lab_answer){ .status = status,
                                .body = json,
                                .size = strlen(json) };
}

static struct lab_answer written(int status, yyjson_mut_doc *doc)
{
    struct lab_answer answer = { .status = status };

    answer.owned = yyjson_mut_write(doc, YYJSON_WRITE_NOFLAG, &answer.size);
    answer.body = answer.owned;
    yyjson_mut_doc_free(doc);
    if (answer.owned == NULL)
        return constant(500, "{\"error\":\"no memory\"}");
    return answer;
}

/* The value of `n`: a whole number and nothing else. */
static bool read_n(struct lab_text query, uint32_t *n)
{
    const char *at = query.bytes, *end = query.bytes + query.size;
    uint32_t value = 0;

    while (at < end && (size_t)(end - at) >= 2 && memcmp(at, "n=", 2) != 0) {
        const char *next = memchr(at, '&', (size_t)(end - at));
        if (next == NULL)
            return false;
        at = next + 1;
    }
    if (end - at < 3)
        return false;
    for (at += 2; at < end && *at != '&'; at++) {
        if (*at < '0' || *at > '9')
            return false;
        value = value * 10 + (uint32_t)(*at - '0');
        if (value > ITEMS_MAX)
            return false;
    }
    if (at[-1] == '=')
        return false;
    *n = value;
    return true;
}

static yyjson_mut_val *item(yyjson_mut_doc *doc, uint32_t id)
{
    uint32_t x = id * 2654435761u;
    yyjson_mut_val *object = yyjson_mut_obj(doc), *list;
    char name[32];

    (void)stpcpy(stpcpy(stpcpy(name, adjectives[x % 8]), " "),
                 nouns[(x >> 3) % 8]);
    (void)yyjson_mut_obj_add_uint(doc, object, "id", id);
    (void)yyjson_mut_obj_add_strcpy(doc, object, "name", name);
    (void)yyjson_mut_obj_add_real(doc, object, "price",
                                  (x >> 6) % 1000 + (1 + (x >> 16) % 3) * 0.25);
    (void)yyjson_mut_obj_add_uint(doc, object, "quantity", (x >> 20) % 100);
    (void)yyjson_mut_obj_add_bool(doc, object, "active", (x >> 31) != 0);
    list = yyjson_mut_obj_add_arr(doc, object, "tags");
    (void)yyjson_mut_arr_add_str(doc, list, tags[(x >> 4) % 8]);
    (void)yyjson_mut_arr_add_str(doc, list, tags[(x >> 9) % 8]);
    (void)yyjson_mut_obj_add_str(doc, object, "note",
                                 "Größe \"M\", line one\nline two");
    return object;
}

static struct lab_answer list_items(struct lab_text query)
{
    yyjson_mut_doc *doc;
    yyjson_mut_val *root, *list;
    uint32_t n;

    if (!read_n(query, &n))
        return constant(400, "{\"error\":\"n must be a whole number from 0 to "
                             "100000\"}");
    doc = yyjson_mut_doc_new(NULL);
    root = yyjson_mut_obj(doc);
    yyjson_mut_doc_set_root(doc, root);
    (void)yyjson_mut_obj_add_uint(doc, root, "count", n);
    list = yyjson_mut_obj_add_arr(doc, root, "items");
    for (uint32_t id = 0; id < n; id++)
        (void)yyjson_mut_arr_append(list, item(doc, id));
    return written(200, doc);
}

struct summary {
    uint64_t count;
    uint64_t active;
    uint64_t quantity;
    double total;
    uint64_t tags[WORD_COUNT];
};

static bool add_tags(yyjson_val *list, struct summary *sum)
{
    size_t index, count;
    yyjson_val *value;

    if (!yyjson_is_arr(list))
        return false;
    yyjson_arr_foreach(list, index, count, value)
    {
        uint32_t which = 0;
        while (which < WORD_COUNT && !yyjson_equals_str(value, tags[which]))
            which++;
        if (which == WORD_COUNT)
            return false;
        sum->tags[which]++;
    }
    return true;
}

static bool add_item(yyjson_val *value, struct summary *sum)
{
    yyjson_val *id = yyjson_obj_get(value, "id");
    yyjson_val *name = yyjson_obj_get(value, "name");
    yyjson_val *price = yyjson_obj_get(value, "price");
    yyjson_val *quantity = yyjson_obj_get(value, "quantity");
    yyjson_val *active = yyjson_obj_get(value, "active");

    if (!yyjson_is_uint(id) || yyjson_get_uint(id) > UINT32_MAX ||
        !yyjson_is_str(name) || yyjson_get_len(name) == 0 ||
        !yyjson_is_num(price) || yyjson_get_num(price) < 0 ||
        !yyjson_is_uint(quantity) || yyjson_get_uint(quantity) > QUANTITY_MAX ||
        !yyjson_is_bool(active) ||
        !yyjson_is_str(yyjson_obj_get(value, "note")) ||
        !add_tags(yyjson_obj_get(value, "tags"), sum))
        return false;
    sum->count++;
    sum->active += yyjson_get_bool(active);
    sum->quantity += yyjson_get_uint(quantity);
    sum->total += yyjson_get_num(price) * (double)yyjson_get_uint(quantity);
    return true;
}

static bool add_items(yyjson_val *list, struct summary *sum)
{
    size_t index, count;
    yyjson_val *value;

    if (!yyjson_is_arr(list))
        return false;
    yyjson_arr_foreach(list, index, count, value)
    {
        if (!add_item(value, sum))
            return false;
    }
    return true;
}

static struct lab_answer summarize(struct lab_text body)
{
    yyjson_doc *doc = yyjson_read(body.bytes, body.size, YYJSON_READ_NOFLAG);
    struct summary sum = { 0 };
    yyjson_mut_doc *out;
    yyjson_mut_val *root, *counts;
    bool is_good;

    if (doc == NULL)
        return constant(400, "{\"error\":\"invalid JSON\"}");
    is_good =
        add_items(yyjson_obj_get(yyjson_doc_get_root(doc), "items"), &sum);
    yyjson_doc_free(doc);
    if (!is_good)
        return constant(422, "{\"error\":\"invalid items\"}");
    out = yyjson_mut_doc_new(NULL);
    root = yyjson_mut_obj(out);
    yyjson_mut_doc_set_root(out, root);
    (void)yyjson_mut_obj_add_uint(out, root, "count", sum.count);
    (void)yyjson_mut_obj_add_uint(out, root, "active", sum.active);
    (void)yyjson_mut_obj_add_uint(out, root, "quantity", sum.quantity);
    (void)yyjson_mut_obj_add_real(out, root, "total", sum.total);
    counts = yyjson_mut_obj_add_obj(out, root, "tags");
    for (uint32_t i = 0; i < WORD_COUNT; i++)
        (void)yyjson_mut_obj_add_uint(out, counts, tags[i], sum.tags[i]);
    return written(200, out);
}

/* Not in the contract: any JSON is read and written again (bench/run serve). */
static struct lab_answer echo(struct lab_text body)
{
    yyjson_doc *doc = yyjson_read(body.bytes, body.size, YYJSON_READ_NOFLAG);
    struct lab_answer answer = { .status = 200 };

    if (doc == NULL)
        return constant(400, "{\"error\":\"invalid JSON\"}");
    answer.owned = yyjson_write(doc, YYJSON_WRITE_NOFLAG, &answer.size);
    answer.body = answer.owned;
    yyjson_doc_free(doc);
    if (answer.owned == NULL)
        return constant(500, "{\"error\":\"no memory\"}");
    return answer;
}

struct lab_answer lab_answer(struct lab_text method, struct lab_text path,
                             struct lab_text query, struct lab_text body)
{
    struct lab_answer answer;

    if (is_text(path, "/echo"))
        return echo(body);
    if (!is_text(path, "/items"))
        return constant(404, "{\"error\":\"not found\"}");
    if (is_text(method, "GET"))
        return list_items(query);
    if (is_text(method, "POST"))
        return summarize(body);
    answer = constant(405, "{\"error\":\"method not allowed\"}");
    answer.allow = "GET, POST";
    return answer;
}

void lab_answer_deinit(struct lab_answer *answer)
{
    free(answer->owned);
}
