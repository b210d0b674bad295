/*
 * Every setting of proa.yaml. docs/serve.md tells of each what it does.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "serve/config_read.h"

#define FUNCTION(member)                                                       \
    offsetof(struct proa_config_function_draft, settings.member)
#define FILE_PLACE(member)                                                     \
    offsetof(struct proa_config_file_draft, config.member)

/* Of `defaults`, and of each function behind "module", "abi" and "name". */
#define FUNCTION_KEYS                                                          \
    { .name = "timeout",                                                       \
      .value = PROA_CONFIG_DURATION,                                           \
      .place = FUNCTION(timeout_ns) },                                         \
        { .name = "cpu-timeout",                                               \
          .value = PROA_CONFIG_DURATION,                                       \
          .place = FUNCTION(cpu_ns_max) },                                     \
        { .name = "fuel",                                                      \
          .value = PROA_CONFIG_AMOUNT,                                         \
          .place = FUNCTION(fuel) },                                           \
        { .name = "memory",                                                    \
          .value = PROA_CONFIG_BYTES,                                          \
          .place = FUNCTION(memory_bytes_max) },                               \
        { .name = "max-body",                                                  \
          .value = PROA_CONFIG_BYTES,                                          \
          .place = FUNCTION(body_bytes_max) },                                 \
        { .name = "max-response",                                              \
          .value = PROA_CONFIG_BYTES,                                          \
          .place = FUNCTION(response_bytes_max) },                             \
        { .name = "concurrency",                                               \
          .value = PROA_CONFIG_COUNT,                                          \
          .place = FUNCTION(admission.running_max) },                          \
        { .name = "queue",                                                     \
          .value = PROA_CONFIG_WAITING,                                        \
          .place = FUNCTION(admission.waiting_max) },                          \
        { .name = "queue-timeout",                                             \
          .value = PROA_CONFIG_DURATION,                                       \
          .place = FUNCTION(admission.wait_ns_max) },                          \
        { .name = "rate",                                                      \
          .value = PROA_CONFIG_RATE,                                           \
          .place = FUNCTION(admission) },                                      \
        { .name = "burst",                                                     \
          .value = PROA_CONFIG_COUNT,                                          \
          .place = FUNCTION(admission.burst) },                                \
        { .name = "args",                                                      \
          .value = PROA_CONFIG_LISTED,                                         \
          .place = offsetof(struct proa_config_function_draft, args) },        \
        { .name = "argv0",                                                     \
          .value = PROA_CONFIG_TEXT,                                           \
          .place = FUNCTION(program_name) },                                   \
        { .name = "env",                                                       \
          .value = PROA_CONFIG_NODE,                                           \
          .place = offsetof(struct proa_config_function_draft, env) },         \
        { .name = "dirs",                                                      \
          .value = PROA_CONFIG_NODE,                                           \
          .place = offsetof(struct proa_config_function_draft, dirs) },        \
        { .name = "init",                                                      \
          .value = PROA_CONFIG_TEXT,                                           \
          .place = FUNCTION(init) },                                           \
        { .name = "entry",                                                     \
          .value = PROA_CONFIG_TEXT,                                           \
          .place = FUNCTION(entry) },                                          \
    {                                                                          \
        .name = "abi", .value = PROA_CONFIG_CHOICE,                            \
        .place = offsetof(struct proa_config_function_draft, abi),             \
        .words = "wasi reactr"                                                 \
    }

static const struct proa_config_key function_keys[] = {
    { .name = "module", .value = PROA_CONFIG_PATH, .place = FUNCTION(path) },
    { .name = "name", .value = PROA_CONFIG_TEXT, .place = FUNCTION(name) },
    FUNCTION_KEYS,
};

static const struct proa_config_key defaults_keys[] = { FUNCTION_KEYS };

const struct proa_config_table proa_config_function_table = {
    .title = "a function",
    .keys = function_keys,
    .count = sizeof function_keys / sizeof function_keys[0],
};

const struct proa_config_table proa_config_defaults_table = {
    .title = "defaults",
    .keys = defaults_keys,
    .count = sizeof defaults_keys / sizeof defaults_keys[0],
};

static const struct proa_config_key tls_keys[] = {
    { .name = "certificate",
      .value = PROA_CONFIG_PATH,
      .place = FILE_PLACE(tls_certificate_path) },
    { .name = "key",
      .value = PROA_CONFIG_PATH,
      .place = FILE_PLACE(tls_key_path) },
};

static const struct proa_config_table tls_table = { .title = "tls",
                                                    .keys = tls_keys,
                                                    .count = 2 };

static const struct proa_config_key log_keys[] = {
    { .name = "format",
      .value = PROA_CONFIG_CHOICE,
      .place = FILE_PLACE(log_format),
      .words = "common json" },
    { .name = "requests",
      .value = PROA_CONFIG_UNFLAG,
      .place = FILE_PLACE(is_quiet) },
};

static const struct proa_config_table log_table = { .title = "log",
                                                    .keys = log_keys,
                                                    .count = 2 };

static const struct proa_config_key usage_keys[] = {
    { .name = "file",
      .value = PROA_CONFIG_PATH,
      .place = FILE_PLACE(usage_path) },
    { .name = "key",
      .value = PROA_CONFIG_PATH,
      .place = FILE_PLACE(usage_key_path) },
};

static const struct proa_config_table usage_table = { .title = "usage",
                                                      .keys = usage_keys,
                                                      .count = 2 };

static const struct proa_config_key limit_keys[] = {
    { .name = "connections",
      .value = PROA_CONFIG_COUNT,
      .place = FILE_PLACE(limits.connection_count_max) },
    { .name = "queue",
      .value = PROA_CONFIG_COUNT,
      .place = FILE_PLACE(limits.queue_count_max) },
    { .name = "memory",
      .value = PROA_CONFIG_BYTES,
      .place = FILE_PLACE(limits.memory_bytes_max) },
    { .name = "head-timeout",
      .value = PROA_CONFIG_DURATION,
      .place = FILE_PLACE(limits.head_ns_max) },
    { .name = "body-timeout",
      .value = PROA_CONFIG_DURATION,
      .place = FILE_PLACE(limits.body_ns_max) },
    { .name = "write-timeout",
      .value = PROA_CONFIG_DURATION,
      .place = FILE_PLACE(limits.write_ns_max) },
    { .name = "idle-timeout",
      .value = PROA_CONFIG_DURATION,
      .place = FILE_PLACE(limits.idle_ns_max) },
    { .name = "request-line",
      .value = PROA_CONFIG_BYTES,
      .place = FILE_PLACE(limits.line_bytes_max) },
    { .name = "request-head",
      .value = PROA_CONFIG_BYTES,
      .place = FILE_PLACE(limits.head_bytes_max) },
};

static const struct proa_config_table limit_table = {
    .title = "limits",
    .keys = limit_keys,
    .count = sizeof limit_keys / sizeof limit_keys[0],
};

static const struct proa_config_key file_keys[] = {
    { .name = "listen",
      .value = PROA_CONFIG_LISTED,
      .place = FILE_PLACE(listen) },
    { .name = "tls", .value = PROA_CONFIG_SECTION, .table = &tls_table },
    { .name = "proxy-protocol",
      .value = PROA_CONFIG_FLAG,
      .place = FILE_PLACE(reads_proxy_header) },
    { .name = "admin",
      .value = PROA_CONFIG_ADDRESS,
      .place = FILE_PLACE(admin_address) },
    { .name = "log", .value = PROA_CONFIG_SECTION, .table = &log_table },
    { .name = "usage", .value = PROA_CONFIG_SECTION, .table = &usage_table },
    { .name = "workers",
      .value = PROA_CONFIG_COUNT,
      .place = FILE_PLACE(worker_count) },
    { .name = "drain",
      .value = PROA_CONFIG_DURATION,
      .place = FILE_PLACE(drain_ns) },
    { .name = "drain-delay",
      .value = PROA_CONFIG_DURATION,
      .place = FILE_PLACE(drain_delay_ns) },
    { .name = "supervise",
      .value = PROA_CONFIG_UNFLAG,
      .place = FILE_PLACE(is_unsupervised) },
    { .name = "watch",
      .value = PROA_CONFIG_FLAG,
      .place = FILE_PLACE(watches) },
    { .name = "reload-from",
      .value = PROA_CONFIG_PATHS,
      .place = FILE_PLACE(reload_folders) },
    { .name = "user", .value = PROA_CONFIG_TEXT, .place = FILE_PLACE(user) },
    { .name = "sandbox",
      .value = PROA_CONFIG_UNFLAG,
      .place = FILE_PLACE(is_unconfined) },
    { .name = "limits", .value = PROA_CONFIG_SECTION, .table = &limit_table },
    { .name = "defaults",
      .value = PROA_CONFIG_NODE,
      .place = offsetof(struct proa_config_file_draft, defaults) },
    { .name = "routes",
      .value = PROA_CONFIG_NODE,
      .place = offsetof(struct proa_config_file_draft, routes) },
    { .name = "folder",
      .value = PROA_CONFIG_PATH,
      .place = FILE_PLACE(folder_path) },
    { .name = "static",
      .value = PROA_CONFIG_PATH,
      .place = FILE_PLACE(public_path) },
};

const struct proa_config_table proa_config_file_table = {
    .title = "the configuration",
    .keys = file_keys,
    .count = sizeof file_keys / sizeof file_keys[0],
};
