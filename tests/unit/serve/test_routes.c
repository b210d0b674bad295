/*
 * Which route a path finds, and what is no route.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "serve/routes.h"

#include "../check.h"

static const char *const patterns[] = {
    "/",        "/a",           "/a/b/c",    "/users/[id]", "/users/me",
    "/x/[p]/y", "/[any]/fixed", "/deep/...", "/a.b-c~d",
};

struct find_case {
    const char *path;
    const char *pattern; /* NULL: none */
    size_t script_size;
    bool is_whole;
    const char *params; /* "id=7,p=a" */
};

static const struct find_case cases[] = {
    { "/", "/", 0, true, "" },
    { "*", "/", 0, true, "" },
    { "", "/", 0, true, "" },
    { "/b", "/", 0, false, "" },
    { "/a", "/a", 2, true, "" },
    { "/a/", "/a", 2, true, "" },
    { "/a//", "/a", 2, false, "" },
    { "//a", "/", 0, false, "" },
    { "/ab", "/", 0, false, "" },
    { "/A", "/", 0, false, "" },
    { "/%61", "/a", 4, true, "" },
    { "/%61%", "/", 0, false, "" },
    { "/a%00", "/", 0, false, "" },
    { "/a%2fb%2fc", "/", 0, false, "" },
    { "/a/b", "/a", 2, false, "" },
    { "/a/b/c", "/a/b/c", 6, true, "" },
    { "/a/b/c/d", "/a/b/c", 6, false, "" },
    { "/a/../users/me", "/a", 2, false, "" },
    { "/users", "/", 0, false, "" },
    { "/users/7", "/users/[id]", 8, true, "id=7" },
    { "/users/7/rest", "/users/[id]", 8, false, "id=7" },
    { "/users/%20", "/users/[id]", 10, true, "id=%20" },
    { "/users/me", "/users/me", 9, true, "" },
    { "/users/me2", "/users/[id]", 10, true, "id=me2" },
    { "/users/", "/", 0, false, "" },
    { "/users/..", "/", 0, false, "" },
    { "/users/%2e%2E/x", "/", 0, false, "" },
    { "/users/fixed", "/users/[id]", 12, true, "id=fixed" },
    { "/q/fixed/z", "/[any]/fixed", 8, false, "any=q" },
    /* The literal leads nowhere, the parameter does. */
    { "/a/fixed", "/[any]/fixed", 8, true, "any=a" },
    { "/x/1/y", "/x/[p]/y", 6, true, "p=1" },
    { "/x/1/z", "/", 0, false, "" },
    { "/deep", "/deep", 5, true, "" },
    { "/deep/er", "/deep", 5, false, "" },
    { "/a.b-c~d", "/a.b-c~d", 8, true, "" },
};

static void check_find(const struct proa_routes *routes,
                       const struct find_case *c)
{
    size_t size = strlen(c->path);
    uint8_t *copy = exact_copy((const uint8_t *)c->path, size);
    struct proa_route_match match = { .pattern = "untouched" };
    char params[200] = "";

    CHECK_EQ(proa_routes_find(
                 routes, (struct proa_http_text){ (char *)copy, size }, &match),
             1);
    for (uint32_t i = 0; i < match.param_count; i++)
        (void)snprintf(params + strlen(params), sizeof params - strlen(params),
                       "%s%s=%.*s", i == 0 ? "" : ",", match.params[i].name,
                       (int)match.params[i].text.size,
                       match.params[i].text.bytes);
    if (strcmp(match.pattern, c->pattern) != 0 ||
        strcmp(params, c->params) != 0 || match.is_whole != c->is_whole) {
        fprintf(stderr, "%s: found %s (%s)%s\n", c->path, match.pattern, params,
                match.is_whole ? " whole" : "");
        exit(1);
    }
    CHECK_EQ(match.script_size, c->script_size);
    free(copy);
}

static const char *const bad[] = {
    "",
    "a",
    "/a/",
    "//",
    "/a//b",
    "/.",
    "/..",
    "/a/../b",
    "/a b",
    "/%61",
    "/a?b",
    "/a#b",
    "/[]",
    "/[a",
    "/a]",
    "/[a-b]",
    "/[a]b",
    "/a\n",
    "/a",
    "/a/...",
    "/users/[name]",
    "/users/[name]/x",
    "/...",
    "/[aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa]/b",
    "/1/[a]/[b]/[c]/[d]/[e]/[f]/[g]/[h]/[i]",
    "/1/2/3/4/5/6/7/8/9/1/2/3/4/5/6/7/8/9/1/2/3/4/5/6/7/8/9/1/2/3/4/5/6",
};

int main(void)
{
    struct proa_routes *routes = proa_routes_create();
    struct proa_routes *none = proa_routes_create();
    struct proa_route_match match = { .target = 77 };
    struct proa_error err = { 0 };

    for (uint32_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++)
        CHECK_EQ(proa_routes_add(routes, patterns[i], i, &err), PROA_OK);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check_find(routes, &cases[i]);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        err = (struct proa_error){ 0 };
        enum proa_status status = proa_routes_add(routes, bad[i], 99, &err);
        if (status == PROA_OK || err.text[0] == '\0') {
            fprintf(stderr, "\"%s\" was taken\n", bad[i]);
            return 1;
        }
    }
    /* What was refused changed nothing. */
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check_find(routes, &cases[i]);
    CHECK_EQ(proa_routes_find(none, proa_http_text_of("/a"), &match), 0);
    CHECK_EQ(match.target, 77);
    proa_routes_destroy(routes);
    proa_routes_destroy(none);
    proa_routes_destroy(NULL);
    return 0;
}
