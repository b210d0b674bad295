/*
 * The sockets of a supervised server, which the process above holds as well, so
 * that the next server goes on with them: one that is started again, or that
 * takes over with a changed configuration.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_SERVE_HELD_H
#define PROA_SERVE_HELD_H

#include <stdbool.h>
#include <stdint.h>

#include "http/listener.h"

struct proa_serve_options;

enum { PROA_HELD_KEY_SIZE = 400 };

/* As it goes from one process to the other, beside its descriptor. */
struct proa_held_socket {
    char key[PROA_HELD_KEY_SIZE]; /* the address that it was opened for */
    struct proa_http_listener listener;
    int origin; /* its number before the server began; -1: it had none */
};

/* From `{ 0 }`. Those of one address are together. */
struct proa_held {
    struct proa_held_socket *items; /* owned, with what they listen on */
    uint32_t count;
    uint32_t capacity;
};

/* Add one, taken. False: no memory; it is closed. */
bool proa_held_add(struct proa_held *held,
                   const struct proa_held_socket *socket_take);

/*
 * In a server: take over from `before` what is there for the addresses of
 * `options`, open the rest, one socket for each worker, and close what is no
 * more asked for.
 *
 * @param before as it was in the process above; empty afterwards
 * @param held   empty; what is open then, also on failure
 * @return PROA_OK, PROA_USAGE, PROA_IO, PROA_NOMEM
 */
PROA_NODISCARD enum proa_status
proa_held_open(struct proa_held *before,
               const struct proa_serve_options *options, struct proa_held *held,
               struct proa_error *err);

/*
 * Have `options` name the open sockets by their numbers.
 *
 * @param names set to what they name then, owned: end with free() of each and
 *              of itself; NULL-terminated
 * @return PROA_OK, PROA_USAGE (too many), PROA_NOMEM
 */
PROA_NODISCARD enum proa_status
proa_held_name(const struct proa_held *held, struct proa_serve_options *options,
               char ***names, struct proa_error *err);

/* Close them; one in a file system is removed unless `heir` has it, too. */
void proa_held_end(struct proa_held *held, const struct proa_held *heir);
/* Nobody shall wait for us on these: but who made a file has to remove it. */
void proa_held_close_ports(struct proa_held *held);

#endif
