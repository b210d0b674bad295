/*
 * proa-baseline: proa-compiler without LLVM, hence started in a millisecond.
 * It is started by proa; a person uses `proa compile --tier baseline`.
 *
 *     proa-baseline compile --tier baseline --input-fd N --output-fd N
 *         --report-fd N --target TRIPLE --threads N --module-sha256 HEX
 *
 * Reports and exit codes are those of proa-compiler.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "compiler/request.h"
#include "compiler/sandbox.h"

static const char usage[] =
    "usage: proa-baseline compile --tier baseline [OPTIONS]\n"
    "This program is started by proa. To compile a module: proa compile\n";

int main(int argc, char **argv)
{
    struct proa_arguments arguments;
    struct proa_error err = { 0 };
    enum proa_status status;

    if (!proa_arguments_parse(argc, argv, &arguments) ||
        strcmp(arguments.command, "compile") != 0 || !arguments.is_baseline) {
        (void)fputs(usage, stderr);
        return 2;
    }
    status = proa_compiler_sandbox_enter(&err);
    if (status == PROA_OK)
        status = proa_request_baseline(&arguments, &err);
    return status == PROA_OK ? 0 : proa_request_fail(&arguments, &err);
}
