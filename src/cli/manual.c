/*
 * Man pages, the completion script and the page of exit codes, from the command
 * table. The form of the pages: man 7 man.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "base/version.h"
#include "cli/help.h"

/* Text for roff: dashes and backslashes kept, no line that begins with a dot.
 */
static void roff(FILE *out, const char *text)
{
    bool is_line_start = true;

    for (const char *c = text; *c != '\0'; c++) {
        if (c[0] == '\n' && c[1] == '\n') {
            (void)fputs("\n.PP\n", out);
            c++;
            is_line_start = true;
            continue;
        }
        if (is_line_start && (*c == '.' || *c == '\''))
            (void)fputs("\\&", out);
        if (*c == '-')
            (void)fputs("\\-", out);
        else if (*c == '\\')
            (void)fputs("\\e", out);
        else
            (void)fputc(*c, out);
        is_line_start = *c == '\n';
    }
}

static void title(FILE *out, const char *name)
{
    (void)fprintf(out,
                  ".\\\" Made by proa --docs from the command table.\n"
                  ".\\\" SPDX-License-Identifier: Apache-2.0\n"
                  ".TH %s 1 \"\" \"proa %s\" \"proa\"\n.SH NAME\n",
                  name, PROA_VERSION);
}

static void tagged(FILE *out, const char *tag, const char *text)
{
    (void)fputs(".TP\n.B ", out);
    roff(out, tag);
    (void)fputc('\n', out);
    roff(out, text);
    (void)fputc('\n', out);
}

static void exit_status(FILE *out)
{
    char code[16];

    (void)fputs(".SH EXIT STATUS\n", out);
    roff(out, "That of the program that was run, its low 8 bits as the system "
              "has them, or one of these. A program may choose the same "
              "numbers; then no line that begins with \"proa:\" is on "
              "stderr.\n");
    for (int i = 0; proa_exit_rows[i].meaning != NULL; i++) {
        (void)snprintf(code, sizeof code, "%d", proa_exit_rows[i].code);
        tagged(out, code, proa_exit_rows[i].meaning);
    }
    tagged(out, "130, 143",
           "proa was ended by SIGINT or SIGTERM: it stops the program, gives "
           "everything back and then dies of the signal.");
}

static void environment(FILE *out)
{
    (void)fputs(".SH ENVIRONMENT\n", out);
    for (int i = 0; proa_variable_rows[i].name != NULL; i++)
        tagged(out, proa_variable_rows[i].name, proa_variable_rows[i].meaning);
}

static void command_page(const struct proa_command *command, FILE *out)
{
    char name[100];

    (void)snprintf(name, sizeof name, "PROA-%s", command->name);
    for (char *c = name; *c != '\0'; c++)
        if (*c >= 'a' && *c <= 'z')
            *c = (char)(*c - 'a' + 'A');
    title(out, name);
    (void)fprintf(out, "proa\\-%s \\- ", command->name);
    roff(out, command->summary);
    (void)fprintf(out, "\n.SH SYNOPSIS\n.B proa %s\n[OPTIONS] ", command->name);
    roff(out, command->operands);
    (void)fputs("\n.SH DESCRIPTION\n", out);
    roff(out, command->text);
    (void)fputs("\n.SH OPTIONS\n", out);
    for (uint32_t i = 0; i < command->option_count; i++) {
        proa_help_option_name(&command->options[i], name, sizeof name);
        tagged(out, name, command->options[i].help);
    }
    tagged(out, "-h, --help", "A short form of this page.");
    exit_status(out);
    environment(out);
    (void)fputs(".SH SEE ALSO\n.BR proa (1)\n", out);
}

static void main_page(FILE *out)
{
    title(out, "PROA");
    (void)fputs("proa \\- run WebAssembly programs in a sandbox\n"
                ".SH SYNOPSIS\n.B proa\nCOMMAND [OPTIONS] [ARGS...]\n"
                ".SH DESCRIPTION\n"
                "proa compiles a WebAssembly module once to native code, keeps "
                "that in a cache,\nand runs it in a sandbox that reaches only "
                "what it is given.\nThe module is read and compiled by "
                "a process of its own, confined,\nso that proa itself never "
                "reads untrusted code.\n.SH COMMANDS\n",
                out);
    for (int i = 0; proa_commands[i] != NULL; i++)
        tagged(out, proa_commands[i]->name, proa_commands[i]->summary);
    exit_status(out);
    environment(out);
    (void)fputs(".SH SEE ALSO\n", out);
    for (int i = 0; proa_commands[i] != NULL; i++)
        (void)fprintf(out, ".BR proa\\-%s (1)%s\n", proa_commands[i]->name,
                      proa_commands[i + 1] != NULL ? "," : "");
}

static void exit_page(FILE *out)
{
    (void)fputs("# Exit codes\n\n"
                "Made by `proa --docs` from `src/cli/exit.def`.\n\n"
                "A program's `proc_exit(n)` is proa's exit code: its low 8 "
                "bits, as the\nsystem has them. "
                "Otherwise:\n\n| code | meaning |\n|---|---|\n",
                out);
    for (int i = 0; proa_exit_rows[i].meaning != NULL; i++)
        (void)fprintf(out, "| %d | %s |\n", proa_exit_rows[i].code,
                      proa_exit_rows[i].meaning);
    (void)fputs("| 130, 143 | ended by SIGINT or SIGTERM: proa stops the "
                "program, gives everything back and dies of the signal |\n\n"
                "A program may choose the same numbers; then no line that "
                "begins with `proa:`\nis on stderr.\n",
                out);
}

/* What follows an option on the command line, in bash. */
static void bash_value(FILE *out, const struct proa_option *option)
{
    const char *action = "";

    if (option->words != NULL) {
        (void)fprintf(out, "COMPREPLY=($(compgen -W '%s' -- \"$cur\"))",
                      option->words);
        return;
    }
    switch (option->kind) {
    case PROA_OPTION_FILE:
        action = "COMPREPLY=($(compgen -f -- \"$cur\"))";
        break;
    case PROA_OPTION_FOLDER:
    case PROA_OPTION_FOLDERS:
        action = "COMPREPLY=($(compgen -d -- \"$cur\"))";
        break;
    default:
        action = "COMPREPLY=()";
        break;
    }
    (void)fputs(action, out);
}

static void bash_command(FILE *out, const struct proa_command *command)
{
    (void)fprintf(out, "    %s)\n        case $prev in\n", command->name);
    for (uint32_t i = 0; i < command->option_count; i++) {
        const struct proa_option *option = &command->options[i];

        if (option->kind == PROA_OPTION_FLAG)
            continue;
        (void)fprintf(out, "        --%s", option->name);
        if (option->letter != 0 && option->kind != PROA_OPTION_LEVEL)
            (void)fprintf(out, "|-%c", option->letter);
        (void)fputs(") ", out);
        bash_value(out, option);
        (void)fputs("; return ;;\n", out);
    }
    (void)fputs("        esac\n        options='", out);
    for (uint32_t i = 0; i < command->option_count; i++)
        (void)fprintf(out, "--%s ", command->options[i].name);
    (void)fprintf(out, "--help'\n        words='%s' ;;\n",
                  command->completion != NULL ? command->completion : "");
}

void proa_help_bash(FILE *out)
{
    (void)fputs("# bash completion of proa, made from its command table\n"
                "_proa() {\n"
                "    local cur=${COMP_WORDS[COMP_CWORD]}\n"
                "    local prev=${COMP_WORDS[COMP_CWORD-1]}\n"
                "    local options='' words=''\n"
                "    if [ \"$COMP_CWORD\" = 1 ]; then\n"
                "        COMPREPLY=($(compgen -W '",
                out);
    for (int i = 0; proa_commands[i] != NULL; i++)
        (void)fprintf(out, "%s ", proa_commands[i]->name);
    (void)fputs("help --help --version' -- \"$cur\"))\n"
                "        return\n"
                "    fi\n"
                "    case ${COMP_WORDS[1]} in\n",
                out);
    for (int i = 0; proa_commands[i] != NULL; i++)
        bash_command(out, proa_commands[i]);
    (void)fputs("    esac\n"
                "    if [[ $cur == -* ]]; then\n"
                "        COMPREPLY=($(compgen -W \"$options\" -- \"$cur\"))\n"
                "    elif [ -n \"$words\" ]; then\n"
                "        COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
                "    else\n"
                "        COMPREPLY=($(compgen -f -- \"$cur\"))\n"
                "    fi\n"
                "}\n"
                "complete -o filenames -F _proa proa\n",
                out);
}

/* NULL after a line on stderr. */
static FILE *page_open(const char *folder, const char *name)
{
    char path[PATH_MAX];
    FILE *out;

    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path)
        return NULL;
    out = fopen(path, "we");
    if (out == NULL)
        proa_cli_say("%s: %s", path, strerror(errno));
    return out;
}

static bool page_write(const char *folder, const char *name,
                       void (*write)(FILE *out))
{
    FILE *out = page_open(folder, name);

    if (out == NULL)
        return false;
    write(out);
    return fclose(out) == 0;
}

static bool command_page_write(const char *folder,
                               const struct proa_command *command)
{
    char name[64];
    FILE *out;

    (void)snprintf(name, sizeof name, "man/proa-%s.1", command->name);
    out = page_open(folder, name);
    if (out == NULL)
        return false;
    command_page(command, out);
    return fclose(out) == 0;
}

static void folder_make(const char *folder, const char *name)
{
    char path[PATH_MAX];

    if (snprintf(path, sizeof path, "%s/%s", folder, name) < (int)sizeof path)
        (void)mkdir(path, 0777); /* a failure shows when a page is opened */
}

int proa_help_docs(const char *folder)
{
    bool is_written;

    folder_make(folder, "man");
    folder_make(folder, "completion");
    is_written = page_write(folder, "man/proa.1", main_page) &&
                 page_write(folder, "completion/proa.bash", proa_help_bash) &&
                 page_write(folder, "exit-codes.md", exit_page);
    for (int i = 0; is_written && proa_commands[i] != NULL; i++)
        is_written = command_page_write(folder, proa_commands[i]);
    return is_written ? PROA_CLI_OK : PROA_CLI_FAILED;
}
