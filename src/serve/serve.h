/*
 * `proa serve`: a WASI command answers HTTP requests in the CGI convention, a
 * fresh instance for each of them.
 * https://www.rfc-editor.org/rfc/rfc3875
 *
 * The guest is started as a program: what is known of the request is in its
 * environment, the request's body on its standard input; its standard output
 * is the response ("Status:", "Content-Type:" and other fields, an empty line,
 * the body), its standard error goes to the log.
 *
 * Bodies are whole in memory, both ways, up to a limit; a guest runs on one of
 * a bounded number of threads.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_SERVE_SERVE_H
#define PROA_SERVE_SERVE_H

#include <sys/types.h>

#include "cache/tier_queue.h"
#include "proa/store.h"
#include "serve/plan.h"

enum { PROA_SERVE_BLAME_SIZE = 1024 };

#define PROA_SERVE_ADDRESS "127.0.0.1:8080"

enum { PROA_SERVE_WORKERS_MAX = 4096 };

struct proa_supervised;

/* Start from `{ 0 }`: every zero is the default. All borrowed for the call. */
struct proa_serve_options {
    const char *path; /* a module, which answers everything, or a folder: see
                         plan.h; NULL: only the routes */
    /*
     * Make what is served instead of `path` and `routes`; `path` is then only
     * told when it is wrong. On any thread; NULL: there is no configuration.
     */
    enum proa_status (*plan)(void *env, struct proa_plan *plan,
                             struct proa_error *err);
    void *plan_env;
    const char *const *routes; /* --route ROUTE=FILE */
    uint32_t route_count;
    enum proa_abi abi; /* --abi: of all functions */
    const char *init;  /* --init NAME: likewise; see plan.h */
    const char *entry; /* --entry NAME */
    /* Give the module of a path, owned by the caller. On any thread. */
    enum proa_status (*load)(void *env, struct proa_engine *engine,
                             const char *path, bool counts_fuel,
                             struct proa_module **module,
                             struct proa_error *err);
    /* Before anything is given up: get what is no file (plan.h), and keep it,
     * as it cannot be got later. NULL: nothing is. */
    enum proa_status (*prepare)(void *env, const char *path,
                                struct proa_error *err);
    /*
     * Of a supervised server: make the options anew, as the configuration says
     * them now; what is wrong with that is told. NULL: they stay.
     */
    enum proa_status (*again)(void *env, struct proa_serve_options *options,
                              struct proa_error *err);
    /*
     * Of a supervised server, the process `server`: write to `fd` what `take`
     * makes of it later versions of what was prepared, or why there are none.
     * Nothing, when `plan` names only files. NULL: they are not fetched again.
     */
    enum proa_status (*fetch)(void *env, const struct proa_plan *plan,
                              pid_t server, int fd, struct proa_error *err);
    /* In the server, on the thread that then calls `load`. */
    enum proa_status (*take)(void *env, int fd, struct proa_error *err);
    void *load_env;
    const char *address; /* --addr HOST:PORT; NULL: 127.0.0.1:8080. Port 0 takes
                            a free one */
    const char *const *more_addresses; /* --addr again, or unix:/PATH, or
                                          systemd */
    uint32_t more_address_count;
    bool reads_proxy_header;          /* --proxy-protocol */
    const char *tls_certificate_path; /* --tls-cert FILE; NULL: no TLS */
    const char *tls_key_path;   /* --tls-key FILE; NULL: in the same file */
    uint32_t worker_count;      /* --workers N; 0: one a core */
    uint32_t running_count_max; /* --max-running N: requests of a function that
                                   run at once; 0: any */
    uint32_t queue_count_max;   /* --max-queue N: more that may wait for their
                                   turn, the rest is told 503; 0: 256 */
    uint32_t connection_count_max; /* --max-connections N; 0: 1000 */
    uint64_t timeout_ns; /* --timeout TIME: of each request, waiting included;
                            0: 30 s */
    uint64_t cpu_ns_max; /* --cpu-timeout TIME: of each request; 0: any */
    uint64_t fuel;       /* --fuel COUNT: of each request; 0: any */
    uint64_t drain_ns;   /* --drain TIME: from SIGTERM to the end; 0: 30 s */
    uint64_t drain_delay_ns; /* --drain-delay TIME: from SIGTERM to that */
    const struct proa_supervised *supervised; /* set by proa_supervise() */
    uint64_t body_bytes_max;                  /* --max-body SIZE; 0: 8 MiB */
    uint64_t response_bytes_max;     /* --max-response SIZE; 0: 32 MiB */
    uint64_t memory_bytes_max;       /* --max-memory SIZE: all memories of one
                                        instance; 0: 512 MiB */
    uint64_t total_memory_bytes_max; /* of all instances that run; 0: none */
    uint64_t head_ns_max; /* these six: of a connection; 0: see http/server.h */
    uint64_t body_ns_max;
    uint64_t write_ns_max;
    uint64_t idle_ns_max;
    uint64_t line_bytes_max;
    uint64_t head_bytes_max;
    const struct proa_wasi_preopen *preopens; /* --dir HOST[::GUEST] */
    uint32_t preopen_count;
    const char *const *env; /* --env NAME=VALUE: wins over the request's */
    uint32_t env_count;
    const char *program_name;                /* --argv0 NAME; NULL: "proa" */
    const struct proa_tier_counts *tier_ups; /* outlives it; NULL: none */
    bool trap_missing;                       /* --allow-missing-imports */
    bool watches;               /* --watch: new versions of files are taken */
    bool logs_json;             /* --log-format json */
    const char *admin_address;  /* --admin HOST:PORT: metrics and health; NULL:
                                   nowhere */
    const char *usage_path;     /* --usage FILE: a record of each request, or
                                   "-" for the log; NULL: none */
    const char *usage_key_path; /* --usage-key FILE: that signs them */
    bool is_quiet;              /* --quiet: no access log */
    const char *const *reload_folders; /* --reload-from FOLDER: that a later
                                          version may name */
    uint32_t reload_folder_count;
    const char *user;          /* --user: whom to become; NULL: nobody else */
    bool is_unconfined;        /* --no-sandbox */
    const char *compiler_path; /* --compiler: may still be started; NULL: the
                                  one that is found */
};

/*
 * Listen, print "listening on http://HOST:PORT" on standard output, and serve
 * until SIGTERM or SIGINT: then finish what is under way. A second signal ends
 * it at once. The log goes to standard error.
 *
 * @param engine borrowed
 * @param blame  on failure the path of what is wrong, or ""
 * @return PROA_OK, PROA_USAGE (a module is no function, a route or the address
 *         makes no sense), PROA_UNLINKABLE, PROA_LIMIT, PROA_IO, PROA_NOMEM,
 *         or what `load` returns
 * Threads: once at a time in a process, as it handles the process's signals.
 */
PROA_NODISCARD enum proa_status
proa_serve_run(struct proa_engine *engine,
               const struct proa_serve_options *options,
               char blame[PROA_SERVE_BLAME_SIZE], struct proa_error *err);

/* How many there will be. */
uint32_t proa_serve_worker_count(const struct proa_serve_options *options);

/*
 * Add what is to be served to an empty plan.
 *
 * @return PROA_OK, PROA_USAGE, PROA_LIMIT, PROA_IO, PROA_NOMEM
 */
PROA_NODISCARD enum proa_status
proa_serve_plan(const struct proa_serve_options *options,
                struct proa_plan *plan, struct proa_error *err);

#endif
