/*
 * proa-compiler: untrusted bytes in, an artifact out, in a process of its own.
 * It is started by proa; a person uses `proa compile`.
 *
 *     proa-compiler compile --input-fd N --output-fd N --report-fd N
 *         --cpu NAME --features LIST --target TRIPLE -O0..-O3 --threads N
 *         --tier baseline|optimized --module-sha256 HEX [--fuel]
 *         [--functions INDEX,INDEX... | --hot INDEX,INDEX...]
 *     proa-compiler inspect --input-fd N --report-fd N [--json]
 *     proa-compiler version
 *
 * Lines on the report descriptor: "progress DONE ALL" (bytes of code) and at
 * most one "error STATUS OFFSET TEXT". Exit code 0 is success.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <llvm-c/Core.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/version.h"
#include "compile/module.h"
#include "compiler/inspect.h"
#include "compiler/request.h"
#include "compiler/sandbox.h"
#include "wasm/decode.h"
#include "wasm/validate.h"

enum { INSPECT_BYTES_MAX = 256 << 20 };

static const char usage[] =
    "usage: proa-compiler compile|inspect|version [OPTIONS]\n"
    "This program is started by proa. To compile a module: proa compile\n";

static void report_progress(void *env, uint64_t done_bytes, uint64_t all_bytes)
{
    const struct proa_arguments *arguments = env;
    char line[64];
    int size =
        snprintf(line, sizeof line, "progress %llu %llu\n",
                 (unsigned long long)done_bytes, (unsigned long long)all_bytes);

    proa_request_report(arguments->report_fd, line, size);
}

/* "+avx2,-sse4a,+fma" to "avx2,fma": what the artifact will need. */
static enum proa_status needed_features(const char *features, char *needed,
                                        size_t size, struct proa_error *err)
{
    size_t used = 0;

    if (strlen(features) >= size)
        return proa_fail(err, PROA_USAGE, 0, "the feature list is too long");
    while (*features != '\0') {
        size_t length = strcspn(features, ",");
        if (features[0] == '+') {
            if (used > 0)
                needed[used++] = ',';
            memcpy(needed + used, features + 1, length - 1);
            used += length - 1;
        }
        features += length;
        features += *features == ',';
    }
    needed[used] = '\0';
    return PROA_OK;
}

static enum proa_status compile(const struct proa_arguments *arguments,
                                struct proa_error *err)
{
    char needed[2048];
    char producer[128];
    struct proa_compile_request request = {
        .codegen = { .triple = arguments->target,
                     .cpu = arguments->cpu,
                     .cpu_features = arguments->features,
                     .opt_level = arguments->opt_level,
                     .counts_fuel = arguments->counts_fuel },
        .arch = strncmp(arguments->target, "aarch64", 7) == 0
                    ? PROA_ARCH_AARCH64
                    : PROA_ARCH_X86_64,
        .artifact_features = needed,
        .producer = producer,
        .thread_count = arguments->thread_count,
        .functions = arguments->functions,
        .function_count = arguments->function_count,
        .hot = arguments->hot,
        .hot_count = arguments->hot_count,
        .progress = report_progress,
        .progress_env = (void *)(uintptr_t)arguments,
    };
    struct proa_buffer artifact;

    enum proa_status status =
        needed_features(arguments->features, needed, sizeof needed, err);
    if (status == PROA_OK)
        status = proa_request_map(arguments->input_fd, &request.bytes,
                                  &request.size, err);
    if (status != PROA_OK)
        return status;
    (void)snprintf(producer, sizeof producer, "proa %s llvm %s -O%d%s",
                   PROA_VERSION, PROA_LLVM_VERSION, arguments->opt_level,
                   arguments->counts_fuel ? " --fuel" : "");
    proa_buffer_init(&artifact, (size_t)2 << 30);
    status = proa_compile_module(&request, &artifact, err);
    if (status == PROA_OK)
        status = proa_request_write(arguments->output_fd, artifact.bytes,
                                    artifact.size, err);
    proa_buffer_deinit(&artifact);
    return status;
}

/* To standard output: text for people, or JSON. */
static enum proa_status inspect(const struct proa_arguments *arguments,
                                struct proa_error *err)
{
    const uint8_t *bytes = NULL;
    size_t size = 0;
    struct proa_wasm_module module;
    struct proa_buffer text;

    enum proa_status status =
        proa_request_map(arguments->input_fd, &bytes, &size, err);
    if (status == PROA_OK)
        status = proa_wasm_decode(bytes, size, &module, err);
    if (status != PROA_OK)
        return status;
    proa_buffer_init(&text, INSPECT_BYTES_MAX);
    status = proa_wasm_validate(&module, err);
    if (status == PROA_OK)
        status = proa_inspect(&module, arguments->as_json, &text, err);
    if (status == PROA_OK)
        status = proa_request_write(STDOUT_FILENO, text.bytes, text.size, err);
    proa_buffer_deinit(&text);
    proa_wasm_module_deinit(&module);
    return status;
}

static int print_version(void)
{
    unsigned major;
    unsigned minor;
    unsigned patch;

    LLVMGetVersion(&major, &minor, &patch);
    (void)printf("%u.%u.%u\n", major, minor, patch);
    return 0;
}

int main(int argc, char **argv)
{
    struct proa_arguments arguments;
    struct proa_error err = { 0 };
    enum proa_status status;

    if (!proa_arguments_parse(argc, argv, &arguments)) {
        (void)fputs(usage, stderr);
        return 2;
    }
    if (strcmp(arguments.command, "version") == 0)
        return print_version();
    status = proa_compiler_sandbox_enter(&err);
    if (status == PROA_OK && strcmp(arguments.command, "compile") == 0)
        status = arguments.is_baseline ? proa_request_baseline(&arguments, &err)
                                       : compile(&arguments, &err);
    else if (status == PROA_OK && strcmp(arguments.command, "inspect") == 0)
        status = inspect(&arguments, &err);
    else if (status == PROA_OK)
        status = proa_fail(&err, PROA_USAGE, 0, "unknown command");
    return status == PROA_OK ? 0 : proa_request_fail(&arguments, &err);
}
