/*
 * proa lab: becomes the lab, a program in Python beside this one.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "platform/process.h"

enum { ARGUMENT_COUNT_MAX = 256 };

/* Where the lab is, seen from this program's folder: in a build folder of the
 * source tree, and installed. */
static const char *const places[] = { "../../bench/lab", "../share/proa/lab" };

/* The lab's folder; false when there is none. */
static bool lab_find(const char *own, char folder[PATH_MAX])
{
    const char *named = getenv("PROA_LAB");
    char main_path[PATH_MAX + 16];

    if (named != NULL) {
        (void)snprintf(folder, PATH_MAX, "%s", named);
        (void)snprintf(main_path, sizeof main_path, "%s/__main__.py", folder);
        return access(main_path, R_OK) == 0;
    }
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        if (snprintf(folder, PATH_MAX, "%s/%s", own, places[i]) >= PATH_MAX)
            continue;
        (void)snprintf(main_path, sizeof main_path, "%s/__main__.py", folder);
        if (access(main_path, R_OK) == 0)
            return true;
    }
    return false;
}

/* The lab measures this program, and builds in this folder. */
static bool set_environment(const char *own)
{
    char program[PATH_MAX + 8];

    (void)snprintf(program, sizeof program, "%s/proa", own);
    return setenv("PROA", program, 0) == 0 && setenv("PROA_BUILD", own, 0) == 0;
}

static int lab_command(const void *settings,
                       const struct proa_operands *operands)
{
    char own[PATH_MAX], folder[PATH_MAX], python[] = "python3";
    char *argv[ARGUMENT_COUNT_MAX + 3] = { python, folder };

    (void)settings;
    if (!proa_process_own_folder(own, sizeof own) || !lab_find(own, folder))
        return proa_cli_bad("the lab is not installed: bench/lab of the source "
                            "tree, or share/proa/lab; PROA_LAB names another "
                            "folder");
    if (operands->count > ARGUMENT_COUNT_MAX)
        return proa_cli_bad("more than %d arguments", ARGUMENT_COUNT_MAX);
    for (uint32_t i = 0; i < operands->count; i++)
        argv[i + 2] = (char *)(uintptr_t)operands->items[i];
    if (!set_environment(own))
        return proa_cli_bad("no memory");
    (void)execvp(python, argv);
    return proa_cli_bad("the lab needs %s: %s", python, strerror(errno));
}

const struct proa_command proa_command_lab = {
    .name = "lab",
    .operands = "list|run|report [ARGS...]",
    .summary = "Measure: is WebAssembly better in the backend?",
    .text =
        "Run the experiment that compares one API in TypeScript on Node, in "
        "Rust and C natively, and as WebAssembly from several languages; and "
        "how machines, containers, processes and functions start.\n\n"
        "list says what is compared, and what is missing for it on this "
        "machine. run [NAME...] builds, checks that all answer alike, "
        "measures, and makes the report: in 25 minutes or as many as --minutes "
        "says, apart from building; with --quick in three, with building, and "
        "what does not fit is named. Interrupted, the same command goes on. "
        "report makes the page and the charts again from the samples alone. "
        "See: proa lab run --help.\n\n"
        "The lab is a program in Python: share/proa/lab, or bench/lab of the "
        "source tree; PROA_LAB names another folder.",
    .operand_min = 1,
    .operand_max = UINT32_MAX,
    .ends_at_operand = true,
    .completion = "list run report",
    .run = lab_command,
};
