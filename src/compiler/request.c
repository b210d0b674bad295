/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/request.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/sink.h"
#include "base/version.h"
#include "baseline/module.h"
#include "wasm/limits.h"

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

static int hex_digit(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

static bool parse_digest(const char *text, struct proa_arguments *arguments)
{
    if (strlen(text) != 2 * sizeof arguments->module_sha256)
        return false;
    for (size_t i = 0; i < sizeof arguments->module_sha256; i++) {
        int high = hex_digit(text[2 * i]);
        int low = hex_digit(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        arguments->module_sha256[i] = (uint8_t)(high << 4 | low);
    }
    arguments->has_sha256 = true;
    return true;
}

/* "3,17,4": at least one. */
static bool parse_functions(const char *text, uint32_t **functions,
                            uint32_t *function_count)
{
    size_t count = 1;

    for (const char *c = text; *c != '\0'; c++)
        count += *c == ',';
    *functions = calloc(count, sizeof **functions);
    if (*functions == NULL)
        return false;
    for (;;) {
        char *end = NULL;
        unsigned long index = strtoul(text, &end, 10);
        if (end == text || *text < '0' || *text > '9' || index >= UINT32_MAX)
            return false;
        (*functions)[(*function_count)++] = (uint32_t)index;
        if (*end == '\0')
            return true;
        if (*end != ',')
            return false;
        text = end + 1;
    }
}

/* An option with a value; false when the value is none. */
static bool parse_option(const char *name, const char *value,
                         struct proa_arguments *arguments)
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
    if (strcmp(name, "--module-sha256") == 0)
        return parse_digest(value, arguments);
    if (strcmp(name, "--functions") == 0)
        return parse_functions(value, &arguments->functions,
                               &arguments->function_count);
    if (strcmp(name, "--hot") == 0)
        return parse_functions(value, &arguments->hot, &arguments->hot_count);
    if (strcmp(name, "--tier") == 0) {
        arguments->is_baseline = strcmp(value, "baseline") == 0;
        return arguments->is_baseline || strcmp(value, "optimized") == 0;
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

bool proa_arguments_parse(int argc, char **argv,
                          struct proa_arguments *arguments)
{
    if (argc < 2)
        return false;
    *arguments = (struct proa_arguments){
        .command = argv[1],
        .input_fd = -1,
        .output_fd = -1,
        .report_fd = -1,
        .cpu = "x86-64-v2",
        .features = "",
        .target = "x86_64-unknown-linux-gnu",
        .opt_level = 2,
        .thread_count = 1,
    };
    for (int i = 2; i < argc; i++) {
        const char *name = argv[i];
        if (strcmp(name, "--json") == 0) {
            arguments->as_json = true;
        } else if (strcmp(name, "--fuel") == 0) {
            arguments->counts_fuel = true;
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
void proa_request_report(int fd, const char *line, int size)
{
    if (fd >= 0 && size > 0)
        (void)!write(fd, line, (size_t)size);
}

int proa_request_fail(const struct proa_arguments *arguments,
                      const struct proa_error *err)
{
    char line[sizeof err->text + 64];
    int size =
        snprintf(line, sizeof line, "error %d %llu %s\n", (int)err->status,
                 (unsigned long long)err->offset, err->text);

    if (arguments->report_fd >= 0)
        proa_request_report(arguments->report_fd, line, size);
    else
        (void)fprintf(stderr, "proa-compiler: %s", line);
    return 1;
}

/* The input, mapped: a file or a memfd, never a pipe. */
enum proa_status proa_request_map(int fd, const uint8_t **bytes, size_t *size,
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

enum proa_status proa_request_write(int fd, const uint8_t *bytes, size_t size,
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

static bool write_output(void *env, uint64_t offset, const void *bytes,
                         size_t size)
{
    const struct proa_arguments *arguments = env;
    const char *from = bytes;

    while (size > 0) {
        ssize_t put = pwrite(arguments->output_fd, from, size, (off_t)offset);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return false;
        from += put;
        offset += (uint64_t)put;
        size -= (size_t)put;
    }
    return true;
}

/* One pass, no LLVM: for x86-64 as it was in 2009, whatever --cpu says. */
enum proa_status proa_request_baseline(const struct proa_arguments *arguments,
                                       struct proa_error *err)
{
    struct proa_baseline_request request = {
        .producer = arguments->counts_fuel ? "proa " PROA_VERSION
                                             " baseline --fuel"
                                           : "proa " PROA_VERSION " baseline",
        .thread_count = arguments->thread_count,
        .sha256 = arguments->module_sha256,
        .counts_fuel = arguments->counts_fuel,
    };
    struct proa_sink artifact;

    if (strncmp(arguments->target, "x86_64", 6) != 0)
        return proa_fail(err, PROA_UNSUPPORTED, 0,
                         "the baseline compiler makes code for x86_64 only");
    if (!arguments->has_sha256)
        return proa_fail(err, PROA_USAGE, 0, "no --module-sha256");
    enum proa_status status = proa_request_map(
        arguments->input_fd, &request.bytes, &request.size, err);
    if (status != PROA_OK)
        return status;
    proa_sink_init(&artifact, write_output, (void *)(uintptr_t)arguments,
                   (uint64_t)2 << 30);
    return proa_baseline_compile(&request, &artifact, err);
}
