/*
 * proa.yaml from anywhere: what is accepted makes a plan, what is not is told
 * with a place that the file has.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <assert.h>
#include <string.h>

#include "serve/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum { ARENA_BYTES_MAX = 64 << 20 };

static void check_fault(const struct proa_config_fault *fault, size_t size)
{
    assert(fault->text[0] != '\0');
    assert(fault->place.line <= size + 2 && fault->place.column <= size + 2);
    assert(strchr(fault->text, '\n') == NULL);
}

static void check_function(const struct proa_config_function *function)
{
    assert(function->settings.route[0] == '/');
    assert(function->settings.path != NULL);
    for (uint32_t i = 0; i < function->settings.env_count; i++)
        assert(strchr(function->settings.env[i], '=') != NULL);
    for (uint32_t i = 0; i < function->settings.preopen_count; i++)
        assert(function->settings.preopens[i].host_path != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct proa_config_faults faults = {
        .arena = proa_arena_create(ARENA_BYTES_MAX),
    };
    const struct proa_config *config;

    if (faults.arena == NULL)
        return 0;
    config =
        proa_config_parse((const char *)bytes, size, "folder", NULL, &faults);
    if (config == NULL)
        assert(faults.count > 0 || faults.is_exhausted);
    for (uint32_t i = 0; i < faults.count; i++)
        check_fault(&faults.items[i], size);
    for (uint32_t i = 0; config != NULL && i < config->function_count; i++)
        check_function(&config->functions[i]);
    proa_arena_destroy(faults.arena);
    return 0;
}
