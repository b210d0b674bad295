/*
 * The HTTP server of proa serve with a handler in C in the place of a
 * WebAssembly program: what the lab compares proa serve with.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef LAB_SERVE_H
#define LAB_SERVE_H

#include "http/server.h"

/* Serve at argv[1], HOST:PORT, until SIGTERM. Returns the exit code. */
int lab_serve(int argc, char **argv,
              void (*handle)(void *env, struct proa_http_exchange *exchange));

/* Answer with these bytes. */
void lab_respond(struct proa_http_exchange *exchange, int status,
                 const char *type, const char *allow, const void *bytes,
                 size_t size);

#endif
