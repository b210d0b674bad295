/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/config.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/command.h"

enum {
    LINES_BYTES_MAX = 1 << 20,
    ARENA_BYTES_MAX = 64 << 20,
    BODY_BYTES_DEFAULT = 8 << 20, /* as in serve/serve.h */
};

static bool ends_with(const char *text, const char *end)
{
    size_t size = strlen(text), end_size = strlen(end);

    return size > end_size && strcmp(text + size - end_size, end) == 0;
}

bool proa_cli_config_find(struct proa_cli_config *config, const char *operand)
{
    const char *inner = "";
    struct stat state;
    int size;

    if (stat(operand, &state) == 0 && S_ISDIR(state.st_mode))
        inner = ends_with(operand, "/") ? PROA_CONFIG_FILE_NAME
                                        : "/" PROA_CONFIG_FILE_NAME;
    else if (!ends_with(operand, ".yaml") && !ends_with(operand, ".yml"))
        return false;
    size = snprintf(config->path, sizeof config->path, "%s%s", operand, inner);
    /* What a folder does not hold is no configuration; a file is one. */
    if (size >= (int)sizeof config->path ||
        (*inner != '\0' && stat(config->path, &state) != 0)) {
        config->path[0] = '\0';
        return false;
    }
    return true;
}

static void print_faults(const struct proa_config_faults *faults,
                         const char *path)
{
    struct proa_buffer lines;

    proa_buffer_init(&lines, LINES_BYTES_MAX);
    proa_config_faults_write(faults, path, "proa: ", &lines);
    if (lines.size > 0)
        (void)fwrite(lines.bytes, 1, lines.size, stderr);
    proa_buffer_deinit(&lines);
}

int proa_cli_config_read(struct proa_cli_config *config)
{
    struct proa_config_faults faults = { 0 };
    struct proa_error err = { 0 };

    config->arena = proa_arena_create(ARENA_BYTES_MAX);
    if (config->arena == NULL) {
        (void)fputs("proa: out of memory\n", stderr);
        return PROA_CLI_FAILED;
    }
    faults.arena = config->arena;
    if (proa_config_read(config->path, &config->given, &faults, &config->config,
                         &err) == PROA_OK)
        return PROA_CLI_OK;
    if (faults.count == 0)
        return proa_cli_fail(config->path, &err);
    print_faults(&faults, config->path);
    return PROA_CLI_BAD_INPUT;
}

void proa_cli_config_deinit(struct proa_cli_config *config)
{
    proa_arena_destroy(config->arena);
}

/* --- what it says, where the options say nothing ------------------------- */

static void take_u32(uint32_t *value, uint32_t from_file)
{
    if (*value == 0)
        *value = from_file;
}

static void take_u64(uint64_t *value, uint64_t from_file)
{
    if (*value == 0)
        *value = from_file;
}

static void take_text(const char **value, const char *from_file)
{
    if (*value == NULL)
        *value = from_file;
}

/* What no function may have is refused before it is known which one it is. */
static uint64_t largest_body(const struct proa_config *config)
{
    uint64_t otherwise = config->defaults.body_bytes_max;
    uint64_t largest = 0;

    if (otherwise == 0)
        otherwise = BODY_BYTES_DEFAULT;
    if (config->folder_path != NULL || config->function_count == 0)
        largest = otherwise;
    for (uint32_t i = 0; i < config->function_count; i++) {
        uint64_t own = config->functions[i].settings.body_bytes_max;
        if (own == 0)
            own = otherwise;
        if (own > largest)
            largest = own;
    }
    return largest;
}

static void take_limits(const struct proa_config *config,
                        struct proa_serve_options *options)
{
    const struct proa_config_limits *limits = &config->limits;

    take_u32(&options->connection_count_max, limits->connection_count_max);
    take_u32(&options->queue_count_max, limits->queue_count_max);
    take_u64(&options->total_memory_bytes_max, limits->memory_bytes_max);
    take_u64(&options->body_bytes_max, largest_body(config));
    options->head_ns_max = limits->head_ns_max;
    options->body_ns_max = limits->body_ns_max;
    options->write_ns_max = limits->write_ns_max;
    options->idle_ns_max = limits->idle_ns_max;
    options->line_bytes_max = limits->line_bytes_max;
    options->head_bytes_max = limits->head_bytes_max;
}

static enum proa_status plan(void *env, struct proa_plan *plan,
                             struct proa_error *err)
{
    const struct proa_cli_config *config = env;

    return proa_config_plan_file(config->path, config->config, &config->given,
                                 plan, err);
}

void proa_cli_config_apply(struct proa_cli_config *config,
                           struct proa_serve_options *options)
{
    const struct proa_config *file = config->config;

    if (options->address == NULL && file->listen.count > 0) {
        options->address = file->listen.items[0];
        options->more_addresses = file->listen.items + 1;
        options->more_address_count = file->listen.count - 1;
    }
    if (options->tls_certificate_path == NULL) {
        options->tls_certificate_path = file->tls_certificate_path;
        take_text(&options->tls_key_path, file->tls_key_path);
    }
    take_text(&options->admin_address, file->admin_address);
    if (options->reload_folder_count == 0) {
        options->reload_folders = file->reload_folders.items;
        options->reload_folder_count = file->reload_folders.count;
    }
    take_text(&options->user, file->user);
    take_text(&options->usage_path, file->usage_path);
    take_text(&options->usage_key_path, file->usage_key_path);
    take_u32(&options->worker_count, file->worker_count);
    take_u64(&options->drain_ns, file->drain_ns);
    take_u64(&options->drain_delay_ns, file->drain_delay_ns);
    take_u64(&options->timeout_ns, file->defaults.timeout_ns);
    take_u64(&options->cpu_ns_max, file->defaults.cpu_ns_max);
    take_u64(&options->fuel, file->defaults.fuel);
    take_u64(&options->memory_bytes_max, file->defaults.memory_bytes_max);
    take_u64(&options->response_bytes_max, file->defaults.response_bytes_max);
    take_limits(file, options);
    options->reads_proxy_header |= file->reads_proxy_header;
    options->watches |= file->watches;
    options->is_quiet |= file->is_quiet;
    options->is_unconfined |= file->is_unconfined;
    options->path = config->path;
    options->plan = plan;
    options->plan_env = config;
}
