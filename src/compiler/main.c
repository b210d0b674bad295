/*
 * proa-compiler: untrusted bytes in, an artifact out, in a process of its own.
 * It is started by proa; a person uses `proa compile`.
 *
 *     proa-compiler compile --input-fd N --output-fd N --report-fd N
 *         --cpu NAME --features LIST --target TRIPLE -O0..-O3 --threads N
 *     proa-compiler inspect --input-fd N --report-fd N [--json]
 *     proa-compiler version
 *
 * Lines on the report descriptor: "progress DONE ALL" (bytes of code) and at
 * most one "error STATUS OFFSET TEXT". Exit code 0 is success.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <llvm-c/Core.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/version.h"
#include "compile/module.h"
#include "compiler/inspect.h"
#include "compiler/sandbox.h"
#include "wasm/decode.h"
#include "wasm/limits.h"
#include "wasm/validate.h"

enum { INSPECT_BYTES_MAX = 256 << 20 };

struct arguments {
    const char *command;
    int input_fd;
    int output_fd;
    int report_fd;
    const char *cpu;
    const char *features;
    const char *target;
    int opt_level;
    uint32_t thread_count;
    bool as_json;
};

/*
 * A build with AddressSanitizer looks for leaks by tracing the process, which
 * the sandbox forbids: there the unit tests look for leaks instead. Nobody
 * calls this in any other build.
 */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "detect_leaks=0";
}

static const char usage[] =
    "usage: proa-compiler compile|inspect|version [OPTIONS]\n"
    "This program is started by proa. To compile a module: proa compile\n";

static bool parse_number(const char *text, int max, int *number)
{
    char *end = NULL;

    errno = 0;
    long value = strtol(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || value < 0 || value > max)
        return false;
    *number = (int)value;
    return true;
}

/* An option with a value; false when the value is none. */
static bool parse_option(const char *name, const char *value,
                         struct arguments *arguments)
{
    int threads;

    if (strcmp(name, "--input-fd") == 0)
        return parse_number(value, 1 << 20, &arguments->input_fd);
    if (strcmp(name, "--output-fd") == 0)
        return parse_number(value, 1 << 20, &arguments->output_fd);
    if (strcmp(name, "--report-fd") == 0)
        return parse_number(value, 1 << 20, &arguments->report_fd);
    if (strcmp(name, "--threads") == 0) {
        if (!parse_number(value, 1024, &threads) || threads == 0)
            return false;
        arguments->thread_count = (uint32_t)threads;
        return true;
    }
    if (strcmp(name, "--cpu") == 0)
        arguments->cpu = value;
    else if (strcmp(name, "--features") == 0)
        arguments->features = value;
    else if (strcmp(name, "--target") == 0)
        arguments->target = value;
    else
        return false;
    return true;
}

static bool parse(int argc, char **argv, struct arguments *arguments)
{
    if (argc < 2)
        return false;
    arguments->command = argv[1];
    for (int i = 2; i < argc; i++) {
        const char *name = argv[i];
        if (strcmp(name, "--json") == 0) {
            arguments->as_json = true;
        } else if (strncmp(name, "-O", 2) == 0) {
            if (!parse_number(name + 2, 3, &arguments->opt_level))
                return false;
        } else {
            if (i + 1 == argc || !parse_option(name, argv[i + 1], arguments))
                return false;
            i++;
        }
    }
    return true;
}

/* A whole line in one write, so that lines of threads do not mix. */
static void report(int fd, const char *line, int size)
{
    if (fd >= 0 && size > 0)
        (void)!write(fd, line, (size_t)size);
}

static int report_error(const struct arguments *arguments,
                        const struct proa_error *err)
{
    char line[sizeof err->text + 64];
    int size =
        snprintf(line, sizeof line, "error %d %llu %s\n", (int)err->status,
                 (unsigned long long)err->offset, err->text);

    if (arguments->report_fd >= 0)
        report(arguments->report_fd, line, size);
    else
        (void)fprintf(stderr, "proa-compiler: %s", line);
    return 1;
}

static void report_progress(void *env, uint64_t done_bytes, uint64_t all_bytes)
{
    const struct arguments *arguments = env;
    char line[64];
    int size =
        snprintf(line, sizeof line, "progress %llu %llu\n",
                 (unsigned long long)done_bytes, (unsigned long long)all_bytes);

    report(arguments->report_fd, line, size);
}

/* The input, mapped: a file or a memfd, never a pipe. */
static enum proa_status map_input(int fd, const uint8_t **bytes, size_t *size,
                                  struct proa_error *err)
{
    struct stat info;

    if (fstat(fd, &info) != 0)
        return proa_fail(err, PROA_IO, 0, "cannot read the input: %s",
                         strerror(errno));
    if (info.st_size > PROA_MODULE_BYTES_MAX)
        return proa_fail(err, PROA_LIMIT, 0,
                         "the module is larger than %d bytes",
                         (int)PROA_MODULE_BYTES_MAX);
    *size = (size_t)info.st_size;
    if (*size == 0) {
        *bytes = (const uint8_t *)"";
        return PROA_OK;
    }
    void *map = mmap(NULL, *size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (map == MAP_FAILED)
        return proa_fail(err, PROA_IO, 0, "cannot map the input: %s",
                         strerror(errno));
    *bytes = map;
    return PROA_OK;
}

static enum proa_status write_all(int fd, const uint8_t *bytes, size_t size,
                                  struct proa_error *err)
{
    while (size > 0) {
        ssize_t written = write(fd, bytes, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return proa_fail(err, PROA_IO, 0, "cannot write: %s",
                             strerror(errno));
        bytes += written;
        size -= (size_t)written;
    }
    return PROA_OK;
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

static enum proa_status compile(const struct arguments *arguments,
                                struct proa_error *err)
{
    char needed[2048];
    char producer[128];
    struct proa_compile_request request = {
        .codegen = { .triple = arguments->target,
                     .cpu = arguments->cpu,
                     .cpu_features = arguments->features,
                     .opt_level = arguments->opt_level },
        .arch = strncmp(arguments->target, "aarch64", 7) == 0
                    ? PROA_ARCH_AARCH64
                    : PROA_ARCH_X86_64,
        .artifact_features = needed,
        .producer = producer,
        .thread_count = arguments->thread_count,
        .progress = report_progress,
        .progress_env = (void *)(uintptr_t)arguments,
    };
    struct proa_buffer artifact;

    enum proa_status status =
        needed_features(arguments->features, needed, sizeof needed, err);
    if (status == PROA_OK)
        status =
            map_input(arguments->input_fd, &request.bytes, &request.size, err);
    if (status != PROA_OK)
        return status;
    (void)snprintf(producer, sizeof producer, "proa %s llvm %s -O%d",
                   PROA_VERSION, PROA_LLVM_VERSION, arguments->opt_level);
    proa_buffer_init(&artifact, (size_t)2 << 30);
    status = proa_compile_module(&request, &artifact, err);
    if (status == PROA_OK)
        status =
            write_all(arguments->output_fd, artifact.bytes, artifact.size, err);
    proa_buffer_deinit(&artifact);
    return status;
}

/* To standard output: text for people, or JSON. */
static enum proa_status inspect(const struct arguments *arguments,
                                struct proa_error *err)
{
    const uint8_t *bytes = NULL;
    size_t size = 0;
    struct proa_wasm_module module;
    struct proa_buffer text;

    enum proa_status status =
        map_input(arguments->input_fd, &bytes, &size, err);
    if (status == PROA_OK)
        status = proa_wasm_decode(bytes, size, &module, err);
    if (status != PROA_OK)
        return status;
    proa_buffer_init(&text, INSPECT_BYTES_MAX);
    status = proa_wasm_validate(&module, err);
    if (status == PROA_OK)
        status = proa_inspect(&module, arguments->as_json, &text, err);
    if (status == PROA_OK)
        status = write_all(STDOUT_FILENO, text.bytes, text.size, err);
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
    struct arguments arguments = {
        .input_fd = -1,
        .output_fd = -1,
        .report_fd = -1,
        .cpu = "x86-64-v2",
        .features = "",
        .target = "x86_64-unknown-linux-gnu",
        .opt_level = 2,
        .thread_count = 1,
    };
    struct proa_error err = { 0 };
    enum proa_status status;

    if (!parse(argc, argv, &arguments)) {
        (void)fputs(usage, stderr);
        return 2;
    }
    if (strcmp(arguments.command, "version") == 0)
        return print_version();
    status = proa_compiler_sandbox_enter(&err);
    if (status == PROA_OK && strcmp(arguments.command, "compile") == 0)
        status = compile(&arguments, &err);
    else if (status == PROA_OK && strcmp(arguments.command, "inspect") == 0)
        status = inspect(&arguments, &err);
    else if (status == PROA_OK)
        status = proa_fail(&err, PROA_USAGE, 0, "unknown command");
    return status == PROA_OK ? 0 : report_error(&arguments, &err);
}
