/*
 * What a server is, for the files that it is written in.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_HTTP_SERVER_STATE_H
#define PROA_HTTP_SERVER_STATE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http/connection.h"
#include "http/listener.h"
#include "http/server.h"

struct proa_http_server {
    struct proa_http_shared shared;
    struct proa_http_listeners listeners; /* closed once it drains */
    bool is_twin;
    int wake_fd;  /* readable when `done` got its first exchange */
    bool accepts; /* epoll waits for the listeners */
    uint64_t accept_again_ms;
    uint64_t turn_ns;                 /* when the handler wants its turn */
    atomic_uint own_connection_count; /* unless twins count together */
    atomic_bool runs;
    pthread_t thread;                     /* while it runs */
    struct proa_http_exchange *own;       /* handed back by that thread... */
    struct proa_http_exchange **own_last; /* ...the oldest first */
    uint32_t own_count;                   /* since they were looked at... */
    size_t own_bytes;                     /* ...and their bodies */
    char reload_mark;    /* its address stands for `reload_fd` */
    uint32_t stop_count; /* how often we were told to stop */
    bool keeps_idle;     /* it drains, and connections may wait */
    uint64_t drain_end_ms;
    pthread_mutex_t done_lock;
    struct proa_http_exchange *done; /* guarded by the lock, newest first */
};

#endif
