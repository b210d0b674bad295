/*
 * strings: a source text cut into names, numbers, strings, signs and comments.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "kernel.h"

enum { SIZE = 1 << 20, ROUNDS = 9 };

enum kind { END, NAME, NUMBER, STRING, SIGN, COMMENT };

static char text[SIZE + 1];

void kernel_setup(void)
{
    static const char *const parts[] = {
        "while",
        " (",
        "index",
        " < ",
        "4096",
        ") {\n",
        "    total",
        " += ",
        "values[",
        "i",
        "]",
        ";\n",
        "/* a remark */",
        "\"a string\\n\"",
        "}\n",
        "return ",
        "0x1f",
        " && ",
        "is_ready",
        ", ",
        "3.25e4",
        "// to the end\n",
    };
    uint32_t seed = 40;
    uint32_t at = 0;

    while (at < SIZE - 32) {
        const char *part =
            parts[kernel_random(&seed) % (sizeof parts / sizeof *parts)];

        while (*part != '\0')
            text[at++] = *part++;
    }
    text[at] = '\0';
}

static int is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static const char *comment_end(const char *at)
{
    if (at[1] == '/') {
        while (*at != '\0' && *at != '\n')
            at++;
        return at;
    }
    for (at += 2; *at != '\0'; at++) {
        if (at[0] == '*' && at[1] == '/')
            return at + 2;
    }
    return at;
}

static const char *string_end(const char *at)
{
    for (at++; *at != '\0' && *at != '"'; at++) {
        if (*at == '\\' && at[1] != '\0')
            at++;
    }
    return *at == '"' ? at + 1 : at;
}

static enum kind next(const char **from, uint32_t *size)
{
    const char *at = *from;
    const char *start;
    enum kind kind = SIGN;

    while (*at == ' ' || *at == '\n' || *at == '\t')
        at++;
    start = at;
    if (*at == '\0') {
        kind = END;
    } else if (is_letter(*at)) {
        kind = NAME;
        while (is_letter(*at) || is_digit(*at))
            at++;
    } else if (is_digit(*at)) {
        kind = NUMBER;
        while (is_digit(*at) || is_letter(*at) || *at == '.')
            at++;
    } else if (*at == '"') {
        kind = STRING;
        at = string_end(at);
    } else if (*at == '/' && (at[1] == '/' || at[1] == '*')) {
        kind = COMMENT;
        at = comment_end(at);
    } else {
        at++;
    }
    *size = (uint32_t)(at - start);
    *from = at;
    return kind;
}

uint64_t kernel_run(void)
{
    uint64_t sum = 0;

    for (int round = 0; round < ROUNDS; round++) {
        const char *at = text;
        uint32_t size;
        enum kind kind;

        while ((kind = next(&at, &size)) != END)
            sum = kernel_mix(sum, (uint64_t)kind << 32 | size);
    }
    return sum;
}
