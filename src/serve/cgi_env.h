/*
 * The environment of a guest that answers a request.
 * https://www.rfc-editor.org/rfc/rfc3875#section-4.1
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_SERVE_CGI_ENV_H
#define PROA_SERVE_CGI_ENV_H

#include "base/arena.h"
#include "http/exchange.h"
#include "serve/routes.h"
#include "serve/trace.h"

struct proa_cgi_env {
    const char **items; /* "NAME=value"; borrowed from the arena */
    uint32_t count;
};

/* What the environment is made of. All borrowed for the call. */
struct proa_cgi_source {
    const struct proa_http_exchange *exchange;
    const struct proa_route_match *match;
    const struct proa_trace *trace; /* NULL: the client's own is passed on */
    const char *const *operator_env;
    uint32_t operator_env_count;
};

/*
 * The operator's variables first, then the request's, so that a program that
 * takes the first of two finds the operator's. From the request: the CGI
 * variables (the route is SCRIPT_NAME, the rest PATH_INFO, a parameter [id] is
 * PATH_PARAM_ID), a few that WAGI adds, and HTTP_NAME for its fields, but for
 * those that concern only the connection, those whose name could be taken for
 * another's (with "_"), and Proxy, which programs take for a setting.
 *
 * @param env written only on success
 * @return 0, 400 (the path cannot be decoded) or 503 (no memory)
 */
PROA_NODISCARD uint16_t proa_cgi_env_make(const struct proa_cgi_source *source,
                                          struct proa_arena *arena,
                                          struct proa_cgi_env *env);

#endif
