/*
 * Which function answers which path.
 *
 * A route is a path of whole segments: "/", "/api/users", "/users/[id]". It
 * stands for itself and for all paths below it. Of those that fit, the one
 * with the most segments wins; of two of the same length, the one whose first
 * segment that differs is no parameter.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_SERVE_ROUTES_H
#define PROA_SERVE_ROUTES_H

#include <stdbool.h>

#include "http/message.h"

enum {
    PROA_ROUTE_PARAMS_MAX = 8,
    PROA_ROUTE_SEGMENTS_MAX = 32,
    PROA_ROUTE_BYTES_MAX = 1024,
    PROA_ROUTES_MAX = 10000,
};

struct proa_route_param {
    const char *name;           /* terminated; borrowed from the table */
    struct proa_http_text text; /* as in the path: not decoded */
};

struct proa_route_match {
    uint32_t target;     /* of proa_routes_add() */
    const char *pattern; /* "/users/[id]"; borrowed from the table */
    size_t script_size;  /* how much of the path the route names */
    bool is_whole;       /* nothing, or only a "/", is behind it */
    uint32_t param_count;
    struct proa_route_param params[PROA_ROUTE_PARAMS_MAX];
};

struct proa_routes;

/* NULL when there is no memory. */
struct proa_routes *proa_routes_create(void);
void proa_routes_destroy(struct proa_routes *routes);

/*
 * @param pattern borrowed for the call; a "/..." at its end changes nothing
 * @return PROA_OK, PROA_USAGE (it is no route, or there is one of its shape
 *         already: the text says which), PROA_LIMIT, PROA_NOMEM
 */
PROA_NODISCARD enum proa_status proa_routes_add(struct proa_routes *routes,
                                                const char *pattern,
                                                uint32_t target,
                                                struct proa_error *err);

/*
 * Find the route of a request's path, which is not decoded. "*" is taken for
 * "/". A segment "." or ".." is no parameter.
 *
 * @param match written only when there is one
 * Trust: the path may be anything.
 */
PROA_NODISCARD bool proa_routes_find(const struct proa_routes *routes,
                                     struct proa_http_text path,
                                     struct proa_route_match *match);

#endif
