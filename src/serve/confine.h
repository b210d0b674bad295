/*
 * What the server gives up before the first request: other users' rights, all
 * files but its own, system calls that it never makes. What it starts, the
 * compilers, inherits all of that.
 * https://docs.kernel.org/userspace-api/landlock.html
 * https://docs.kernel.org/userspace-api/seccomp_filter.html
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_SERVE_CONFINE_H
#define PROA_SERVE_CONFINE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "proa/error.h"

struct proa_plan;
struct proa_serve_options;

/* What may be done with a path, and with all below it; or-ed. */
enum {
    PROA_CONFINE_READ = 1,
    PROA_CONFINE_WRITE = 2, /* make, change and remove */
    PROA_CONFINE_EXECUTE = 4,
    PROA_CONFINE_REMOVE = 8,
};

enum { PROA_CONFINE_PATHS_MAX = 20000 };

struct proa_confine_path {
    const char *path;
    unsigned allowed;
};

/* From { .arena = ... }. */
struct proa_confine_paths {
    struct proa_arena *arena; /* borrowed */
    struct proa_confine_path *items;
    uint32_t count;
    uint32_t capacity;
    bool is_exhausted; /* memory, or the limit, was missing */
};

/* The path is copied. */
void proa_confine_add(struct proa_confine_paths *paths, const char *path,
                      unsigned allowed);
/* The folder that a file is in: a new version may be another file. */
void proa_confine_add_folder_of(struct proa_confine_paths *paths,
                                const char *path, unsigned allowed);

/* All that a server with this plan opens from now on. */
void proa_confine_add_plan(struct proa_confine_paths *paths,
                           const struct proa_serve_options *options,
                           const struct proa_plan *plan);

/* What became of it, for the log. */
struct proa_confined {
    int landlock_version; /* 0: this kernel has none */
    uint32_t path_count;
    uint32_t call_count; /* that are left; 0: no filter */
};

/*
 * Become another user: "NAME", "UID" or "UID:GID", without groups besides.
 * Names are looked up in /etc/passwd alone.
 *
 * @return PROA_OK, PROA_USAGE (there is none, or we are not root), PROA_IO
 */
PROA_NODISCARD enum proa_status proa_confine_user(const char *user,
                                                  struct proa_error *err);

/*
 * From now on: no new privileges, only these paths, no new connections and
 * sockets, only the calls of the list. What a kernel without Landlock cannot do
 * is left out, and told. A path that is not there is left out.
 *
 * @param confined set on success
 * @return PROA_OK, PROA_IO, PROA_NOMEM
 * Threads: before any other is started.
 */
PROA_NODISCARD enum proa_status
proa_confine(const struct proa_confine_paths *paths,
             struct proa_confined *confined, struct proa_error *err);

/*
 * All of it for a server: its user, what must be got before, and the paths of
 * what it serves. Not confined when it is not to be.
 *
 * @param confined set on success, unless it is not to be
 * @param blame    on failure the path of what is wrong, or as it was
 */
PROA_NODISCARD enum proa_status
proa_confine_server(const struct proa_serve_options *options,
                    struct proa_confined *confined, char *blame,
                    struct proa_error *err);

/* The parts. */
PROA_NODISCARD enum proa_status
proa_confine_files(const struct proa_confine_paths *paths,
                   struct proa_confined *confined, struct proa_error *err);
PROA_NODISCARD enum proa_status
proa_confine_calls(struct proa_confined *confined, struct proa_error *err);

/* "confined to 12 paths and 133 system calls", one line. */
void proa_confined_write(const struct proa_confined *confined,
                         struct proa_buffer *line);

#endif
