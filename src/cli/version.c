/*
 * proa version: of the program, the compiler, the processor and the ABI.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/version.h"

#include <string.h>

#include "artifact/abi.h"
#include "base/buffer.h"
#include "cache/compiler.h"
#include "cli/command.h"
#include "platform/cpu.h"

enum { TEXT_MAX = 4096, SECONDS_MAX = 20 };

/* "22.1.8", or why it is not known. */
static void llvm_print(void)
{
    static const char *const argv[] = { "proa-compiler", "version", NULL };
    char path[PROA_COMPILER_PATH_MAX];
    struct proa_buffer text;
    struct proa_error err = { 0 };
    struct proa_compiler_run run = {
        .path = path,
        .argv = argv,
        .input_fd = -1,
        .output_fd = -1,
        .text = &text,
        .seconds_max = SECONDS_MAX,
    };

    proa_buffer_init(&text, TEXT_MAX);
    if (proa_compiler_find(NULL, path, &err) == PROA_OK &&
        proa_compiler_run(&run, &err) == PROA_OK)
        (void)printf("llvm: %.*s\n",
                     (int)strcspn((const char *)text.bytes, "\n"),
                     (const char *)text.bytes);
    else
        (void)printf("llvm: unknown (%s)\n", err.text);
    proa_buffer_deinit(&text);
}

static int version_command(const void *settings,
                           const struct proa_operands *operands)
{
    (void)settings;
    (void)operands;
    (void)printf("proa %s\n", PROA_VERSION);
    llvm_print();
    (void)printf("engine abi: %d\n", PROA_ABI_VERSION);
    (void)printf("cpu: %s (%s)\n", proa_cpu_level(), proa_cpu_features());
    return proa_cli_flush(PROA_CLI_OK);
}

const struct proa_command proa_command_version = {
    .name = "version",
    .operands = "",
    .summary = "Show versions and the processor's features.",
    .text = "Show the version of proa, of the LLVM that its compiler uses, of "
            "the engine ABI (artifacts of another one are refused), and the "
            "processor's features that compiled code makes use of.",
    .operand_max = 0,
    .run = version_command,
};
