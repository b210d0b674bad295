/*
 * Routes and paths from anywhere: lines that begin with "+" add a route, the
 * others look a path up; what was found lies within the path.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "serve/percent.h"
#include "serve/routes.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void look_up(const struct proa_routes *routes,
                    struct proa_http_text path)
{
    struct proa_route_match match;
    char *decoded = malloc(path.size + 1);
    size_t size = 0;

    if (decoded == NULL)
        abort();
    if (proa_percent_decode(path, decoded, &size))
        assert(size <= path.size);
    if (proa_routes_find(routes, path, &match)) {
        assert(match.script_size <= path.size);
        assert(match.param_count <= PROA_ROUTE_PARAMS_MAX);
        for (uint32_t i = 0; i < match.param_count; i++)
            assert(match.params[i].text.bytes > path.bytes &&
                   match.params[i].text.bytes + match.params[i].text.size <=
                       path.bytes + path.size);
    }
    free(decoded);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct proa_routes *routes = proa_routes_create();
    uint32_t target = 0;

    if (routes == NULL)
        return 0;
    while (size > 0) {
        const uint8_t *end = memchr(bytes, '\n', size);
        size_t line_size = end == NULL ? size : (size_t)(end - bytes);
        size_t used = end == NULL ? size : line_size + 1;
        char *line = strndup((const char *)bytes, line_size);
        struct proa_error err = { 0 };
        if (line == NULL)
            abort();
        if (line[0] == '+')
            (void)!proa_routes_add(routes, line + 1, target++, &err);
        else
            look_up(routes, proa_http_text_of(line));
        free(line);
        bytes += used;
        size -= used;
    }
    proa_routes_destroy(routes);
    return 0;
}
