/*
 * WASI preview 1 (and its predecessor wasi_unstable) for one guest.
 * https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_WASI_WASI_H
#define PROA_WASI_WASI_H

#include <sys/types.h>

#include "host/link.h"

struct iovec;
struct proa_wasi;

/*
 * A standard stream whose bytes the host moves itself. Its functions run in a
 * call of the guest's, and may wait there.
 */
struct proa_wasi_stream {
    void *env;
    /*
     * Fill the stretches of an input, or take those of an output.
     *
     * @return how many bytes; of an input 0 at its end; -1 with errno, EINTR
     *         when the guest is to end
     */
    ssize_t (*move)(void *env, const struct proa_call *call,
                    const struct iovec *parts, int count);
    /* Whether that would not wait now. */
    bool (*is_ready)(void *env);
};

struct proa_wasi_preopen {
    const char *host_path;
    const char *guest_path;
    bool is_read_only; /* all that would change anything fails with EROFS */
};

/* All borrowed for the call of proa_wasi_create(). */
struct proa_wasi_options {
    const char *const *args;
    uint32_t arg_count;
    const char *const *env; /* "NAME=value" */
    uint32_t env_count;
    const struct proa_wasi_preopen *preopens;
    uint32_t preopen_count;
    /* Borrowed until proa_wasi_destroy(), and their flags never changed, as
     * they are shared with others; -1: closed. */
    int stdin_fd;
    int stdout_fd;
    int stderr_fd;
    /* Instead of a descriptor of that number, which then only stands for it
     * and may be of /dev/null; NULL: the descriptor. */
    const struct proa_wasi_stream *streams[3];
    const int *socket_fds; /* preopened after the folders; borrowed likewise */
    uint32_t socket_count;
};

/*
 * The process should ignore SIGPIPE: a guest that writes to a closed pipe gets
 * EPIPE then, and does not end its host.
 *
 * @return PROA_OK, PROA_IO (a preopen that is missing or no folder: the text
 *         names it), PROA_NOMEM
 */
PROA_NODISCARD enum proa_status
proa_wasi_create(const struct proa_wasi_options *options,
                 struct proa_wasi **wasi, struct proa_error *err);
void proa_wasi_destroy(struct proa_wasi *wasi);

/* What the guest has read and written so far: files, streams and sockets. */
void proa_wasi_moved(const struct proa_wasi *wasi, uint64_t *bytes_in,
                     uint64_t *bytes_out);

enum { PROA_WASI_TABLE_COUNT = 2 };

/* The tables to give to proa_host_link(): preview 1 and wasi_unstable. */
void proa_wasi_tables(struct proa_wasi *wasi,
                      struct proa_host_table tables[PROA_WASI_TABLE_COUNT]);

#endif
