/*
 * proa.yaml: what is served, where, and within which limits. docs/serve.md has
 * every setting.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_SERVE_CONFIG_H
#define PROA_SERVE_CONFIG_H

#include "proa/error.h"
#include "serve/config_tree.h"
#include "serve/plan.h"

/* The name that is looked for in a folder. */
#define PROA_CONFIG_FILE_NAME "proa.yaml"

struct proa_config_texts {
    const char *const *items;
    uint32_t count;
};

/* Of the server as a whole; a zero was not given. */
struct proa_config_limits {
    uint32_t connection_count_max;
    uint32_t queue_count_max;
    uint64_t memory_bytes_max; /* of all instances that run */
    uint64_t head_ns_max;
    uint64_t body_ns_max;
    uint64_t write_ns_max;
    uint64_t idle_ns_max;
    uint64_t line_bytes_max;
    uint64_t head_bytes_max;
};

struct proa_config_function {
    struct proa_function_settings settings; /* without what is inherited */
    struct proa_config_place place;         /* of its route */
};

/* Everything is the arena's. What was not given is zero. */
struct proa_config {
    struct proa_config_texts listen;
    const char *tls_certificate_path;
    const char *tls_key_path;
    bool reads_proxy_header;
    const char *admin_address;
    uint32_t log_format; /* the word's index and 1: common json */
    bool is_quiet;
    const char *usage_path; /* "-": the log */
    const char *usage_key_path;
    uint32_t worker_count;
    uint64_t drain_ns;
    uint64_t drain_delay_ns;
    bool is_unsupervised;
    bool watches;
    struct proa_config_texts reload_folders;
    const char *user;
    bool is_unconfined;
    struct proa_config_limits limits;
    struct proa_function_settings defaults;
    const char *folder_path;
    struct proa_config_place folder_place;
    const char *public_path;
    struct proa_config_function *functions;
    uint32_t function_count;
};

/*
 * Read a configuration that is in memory. Nothing is opened.
 *
 * @param folder what its paths are relative to; NULL or "": nothing
 * @param given  what stands before the file's `defaults`: of the command line;
 *               NULL: nothing. Borrowed as long as the arena
 * @param faults gets all that is wrong; its arena also holds the result
 * @return NULL when something is wrong
 * Trust: the bytes may be anything.
 */
const struct proa_config *
proa_config_parse(const char *bytes, size_t size, const char *folder,
                  const struct proa_function_settings *given,
                  struct proa_config_faults *faults);

/*
 * The same of a file, and of the environment: `env` may pass variables on.
 *
 * @param config set on success
 * @return PROA_OK, PROA_USAGE (there is no such file, or `faults` says what is
 *         wrong; then *err tells how many), PROA_IO, PROA_NOMEM
 */
PROA_NODISCARD enum proa_status
proa_config_read(const char *path, const struct proa_function_settings *given,
                 struct proa_config_faults *faults,
                 const struct proa_config **config, struct proa_error *err);

/* "proa.yaml:3:5: what is wrong", a line for each. */
void proa_config_faults_write(const struct proa_config_faults *faults,
                              const char *path, const char *prefix,
                              struct proa_buffer *lines);

/*
 * Add what the configuration serves.
 *
 * @return as proa_plan_add_folder()
 */
PROA_NODISCARD enum proa_status
proa_config_plan(const struct proa_config *config, struct proa_plan *plan,
                 struct proa_error *err);

/*
 * Read the file and add what it serves; everything is the plan's arena's. What
 * is wrong goes to the log, and which settings of the server are no more those
 * of `before`, as they are taken at a start only.
 */
PROA_NODISCARD enum proa_status
proa_config_plan_file(const char *path, const struct proa_config *before,
                      const struct proa_function_settings *given,
                      struct proa_plan *plan, struct proa_error *err);

#endif
