/*
 * A tree of segments. Each node is reached by one way only, so looking a path
 * up visits no node twice, whatever the path.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "serve/routes.h"

#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "serve/percent.h"

struct node {
    char *name;         /* of the segment or parameter; owned */
    struct node *first; /* child that is no parameter; owned, as all below */
    struct node *param;
    struct node *next; /* sibling */
    char *pattern;     /* NULL: no route ends here */
    uint32_t target;
};

struct proa_routes {
    struct node root;
    uint32_t count;
};

/* What is left of a path, and its first segment cut off. */
struct walk {
    struct proa_http_text rest; /* empty, or starts with "/" */
    struct proa_http_text segment;
};

static bool walk_next(struct walk *walk)
{
    size_t size = 1;

    if (walk->rest.size == 0)
        return false;
    while (size < walk->rest.size && walk->rest.bytes[size] != '/')
        size++;
    walk->segment = (struct proa_http_text){ walk->rest.bytes + 1, size - 1 };
    walk->rest.bytes += size;
    walk->rest.size -= size;
    return true;
}

struct proa_routes *proa_routes_create(void)
{
    return calloc(1, sizeof(struct proa_routes));
}

/* Ends what is below a node; as deep as a route may be. */
static void destroy_below(struct node *node)
{
    struct node *child = node->first;

    while (child != NULL) {
        struct node *next = child->next;
        destroy_below(child);
        free(child);
        child = next;
    }
    if (node->param != NULL)
        destroy_below(node->param);
    free(node->param);
    free(node->name);
    free(node->pattern);
}

void proa_routes_destroy(struct proa_routes *routes)
{
    if (routes == NULL)
        return;
    destroy_below(&routes->root);
    free(routes);
}

/* --- adding ------------------------------------------------------------- */

static bool is_param(struct proa_http_text segment)
{
    return segment.size > 2 && segment.bytes[0] == '[' &&
           segment.bytes[segment.size - 1] == ']';
}

static bool is_param_name(struct proa_http_text name)
{
    for (size_t i = 0; i < name.size; i++) {
        char c = name.bytes[i];
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!is_letter && !(c >= '0' && c <= '9') && c != '_')
            return false;
    }
    return name.size <= 32;
}

static bool is_literal(struct proa_http_text segment)
{
    for (size_t i = 0; i < segment.size; i++) {
        uint8_t byte = (uint8_t)segment.bytes[i];
        if (byte <= 0x20 || byte == 0x7f || strchr("%?#[]\\", byte) != NULL)
            return false;
    }
    return segment.size > 0 && !proa_http_text_equals(segment, ".") &&
           !proa_http_text_equals(segment, "..");
}

static enum proa_status check_pattern(struct proa_http_text text,
                                      struct proa_error *err)
{
    struct walk walk = { .rest = text };
    uint32_t segment_count = 0, param_count = 0;
    int shown = text.size < 80 ? (int)text.size : 80;

    if (text.size > PROA_ROUTE_BYTES_MAX)
        return proa_fail(err, PROA_LIMIT, 0, "route %.*s...: too long", shown,
                         text.bytes);
    while (walk_next(&walk)) {
        struct proa_http_text name = { walk.segment.bytes + 1,
                                       walk.segment.size - 2 };
        bool is_named = is_param(walk.segment);
        if (is_named ? !is_param_name(name) : !is_literal(walk.segment))
            return proa_fail(err, PROA_USAGE, 0,
                             "route %.*s: \"%.*s\" is no segment of a route",
                             shown, text.bytes,
                             walk.segment.size < 80 ? (int)walk.segment.size
                                                    : 80,
                             walk.segment.bytes);
        segment_count++;
        param_count += is_named;
    }
    if (segment_count > PROA_ROUTE_SEGMENTS_MAX ||
        param_count > PROA_ROUTE_PARAMS_MAX)
        return proa_fail(err, PROA_LIMIT, 0,
                         "route %.*s: too many segments or parameters", shown,
                         text.bytes);
    return PROA_OK;
}

static struct node *find_child(const struct node *node,
                               struct proa_http_text name)
{
    struct node *child = node->first;

    while (child != NULL && !proa_http_text_equals(name, child->name))
        child = child->next;
    return child;
}

static struct node *add_child(struct node *node, struct proa_http_text segment)
{
    bool is_named = is_param(segment);
    struct node *child = is_named ? node->param : find_child(node, segment);

    if (child != NULL)
        return child;
    child = calloc(1, sizeof *child);
    if (child == NULL)
        return NULL;
    child->name = is_named ? strndup(segment.bytes + 1, segment.size - 2)
                           : strndup(segment.bytes, segment.size);
    if (child->name == NULL) {
        free(child);
        return NULL;
    }
    if (is_named) {
        node->param = child;
    } else {
        child->next = node->first;
        node->first = child;
    }
    return child;
}

/* Two names for one parameter: whose would the second route's be? */
static enum proa_status check_name(const struct node *node,
                                   struct proa_http_text segment,
                                   const char *pattern, struct proa_error *err)
{
    if (!is_param(segment) || node->param == NULL ||
        (strlen(node->param->name) == segment.size - 2 &&
         memcmp(node->param->name, segment.bytes + 1, segment.size - 2) == 0))
        return PROA_OK;
    return proa_fail(err, PROA_USAGE, 0,
                     "route %.200s: another route calls this parameter [%s]",
                     pattern, node->param->name);
}

enum proa_status proa_routes_add(struct proa_routes *routes,
                                 const char *pattern, uint32_t target,
                                 struct proa_error *err)
{
    struct proa_http_text text = proa_http_text_of(pattern);
    struct node *node = &routes->root;
    enum proa_status status;

    if (text.size == 0 || text.bytes[0] != '/')
        return proa_fail(err, PROA_USAGE, 0,
                         "route \"%.80s\" does not start with \"/\"", pattern);
    if (text.size >= 4 && strcmp(pattern + text.size - 4, "/...") == 0)
        text.size -= 4;
    else if (text.size == 1)
        text.size = 0;
    status = check_pattern(text, err);
    if (status != PROA_OK)
        return status;
    if (routes->count >= PROA_ROUTES_MAX)
        return proa_fail(err, PROA_LIMIT, 0, "more than %d routes",
                         PROA_ROUTES_MAX);
    struct walk walk = { .rest = text };
    while (walk_next(&walk)) {
        status = check_name(node, walk.segment, pattern, err);
        if (status != PROA_OK)
            return status;
        node = add_child(node, walk.segment);
        if (node == NULL)
            return proa_fail(err, PROA_NOMEM, 0, "no memory for a route");
    }
    if (node->pattern != NULL)
        return proa_fail(err, PROA_USAGE, 0, "route %.200s: there are two",
                         node->pattern);
    node->pattern =
        text.size == 0 ? strdup("/") : strndup(text.bytes, text.size);
    if (node->pattern == NULL)
        return proa_fail(err, PROA_NOMEM, 0, "no memory for a route");
    node->target = target;
    routes->count++;
    return PROA_OK;
}

/* --- finding ------------------------------------------------------------ */

struct search {
    struct proa_http_text path;
    uint32_t depth;
    uint32_t best_depth;
    const struct node *best;
    uint32_t param_count; /* on the way to where the search is */
    struct proa_route_param params[PROA_ROUTE_PARAMS_MAX];
    struct proa_route_match match;
};

static bool can_be_param(struct proa_http_text segment)
{
    return segment.size > 0 && !proa_percent_is(segment, ".") &&
           !proa_percent_is(segment, "..");
}

static void found(struct search *search, const struct node *node,
                  struct proa_http_text rest)
{
    if (search->best != NULL && search->depth <= search->best_depth)
        return;
    search->best = node;
    search->best_depth = search->depth;
    search->match = (struct proa_route_match){
        .target = node->target,
        .pattern = node->pattern,
        .script_size = search->path.size - rest.size,
        .is_whole = rest.size <= 1,
        .param_count = search->param_count,
    };
    memcpy(search->match.params, search->params, sizeof search->params);
}

/* As deep as a route may be. */
static void visit(struct search *search, const struct node *node,
                  struct proa_http_text rest)
{
    struct walk walk = { .rest = rest };

    if (node->pattern != NULL)
        found(search, node, rest);
    if (!walk_next(&walk))
        return;
    search->depth++;
    for (const struct node *child = node->first; child != NULL;
         child = child->next) {
        if (proa_percent_is(walk.segment, child->name)) {
            visit(search, child, walk.rest);
            break;
        }
    }
    if (node->param != NULL && can_be_param(walk.segment)) {
        search->params[search->param_count++] =
            (struct proa_route_param){ node->param->name, walk.segment };
        visit(search, node->param, walk.rest);
        search->param_count--;
    }
    search->depth--;
}

bool proa_routes_find(const struct proa_routes *routes,
                      struct proa_http_text path,
                      struct proa_route_match *match)
{
    struct search search = { .path = path };

    if (path.size == 0 || path.bytes[0] != '/')
        search.path = (struct proa_http_text){ path.bytes, 0 };
    visit(&search, &routes->root, search.path);
    if (search.best == NULL)
        return false;
    *match = search.match;
    return true;
}
