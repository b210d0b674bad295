/*
 * A command is one file and one row: what it is called, its options, and the
 * function that does it. Parsing, --help, man pages and completion are all made
 * from the row.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_CLI_COMMAND_H
#define PROA_CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "proa/error.h"

enum proa_cli_exit {
#define EXIT(name, code, meaning) PROA_CLI_##name = (code),
#include "cli/exit.def"
#undef EXIT
};

/* What an option's place in the settings holds, and what is taken for it. */
enum proa_option_kind {
    PROA_OPTION_FLAG,     /* bool; no value */
    PROA_OPTION_TEXT,     /* const char * */
    PROA_OPTION_FILE,     /* the same, a path */
    PROA_OPTION_FOLDER,   /* the same */
    PROA_OPTION_BYTES,    /* uint64_t: "64M" */
    PROA_OPTION_DURATION, /* uint64_t, nanoseconds: "500ms" */
    PROA_OPTION_COUNT,    /* uint32_t */
    PROA_OPTION_AMOUNT,   /* uint64_t, 1 to 2^63 - 1 */
    PROA_OPTION_LEVEL,    /* int, the level plus 1: 0 to 3, also "-O2" */
    PROA_OPTION_CHOICE,   /* uint32_t, which of the words, from 0 */
    PROA_OPTION_LIST,     /* struct proa_list; may be given again */
    PROA_OPTION_FOLDERS,  /* the same, completed with folders */
};

struct proa_list {
    const char **items; /* owned by the settings; the texts are argv's */
    uint32_t count;
};

struct proa_option {
    const char *name; /* without dashes */
    char letter;      /* 0: none */
    enum proa_option_kind kind;
    const char *value; /* what the value is called: "HOST[::GUEST]" */
    size_t place;      /* offset in the settings */
    const char *help;  /* a sentence or two */
    const char *words; /* for completion: "native x86-64-v2"; may be NULL, not
                          for a choice */
};

/* What is left after the options. Borrowed. */
struct proa_operands {
    const char *const *items;
    uint32_t count;
};

struct proa_command {
    const char *name;
    const char *operands; /* "FILE|- [ARGS...]" */
    const char *summary;  /* one line */
    const char *text;     /* paragraphs, apart by an empty line */
    const struct proa_option *options;
    uint32_t option_count;
    size_t settings_size;
    uint32_t operand_min;
    uint32_t operand_max;
    bool ends_at_operand;   /* what follows the first operand is not ours */
    const char *completion; /* of operands: words, or NULL for files */
    int (*run)(const void *settings, const struct proa_operands *operands);
};

extern const struct proa_command proa_command_run;
extern const struct proa_command proa_command_serve;
extern const struct proa_command proa_command_check;
extern const struct proa_command proa_command_compile;
extern const struct proa_command proa_command_inspect;
extern const struct proa_command proa_command_cache;
extern const struct proa_command proa_command_lab;
extern const struct proa_command proa_command_completion;
extern const struct proa_command proa_command_version;

/* All of them; ends with NULL. */
extern const struct proa_command *const proa_commands[];

/* NULL: there is none of this name. */
const struct proa_command *proa_command_find(const char *name);

/*
 * Parse and run one command. `argv` starts after the command's name.
 * @return the exit code
 */
int proa_command_main(const struct proa_command *command, int argc,
                      const char *const *argv);

/* "proa: FILE: malformed module at offset 0x12: ..." on stderr; `file` may be
 * NULL. @return the exit code that belongs to the status */
int proa_cli_fail(const char *file, const struct proa_error *err);

/* "proa: ..." on stderr, one line: control characters are shown as '?'. */
void proa_cli_say(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/* The same. @return PROA_CLI_BAD_INPUT */
int proa_cli_bad(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Flush what was printed. @return `code`, or PROA_CLI_FAILED with a line on
 * stderr when it could not be written */
int proa_cli_flush(int code);

#endif
