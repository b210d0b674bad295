/*
 * Golden files: cases of input and what is expected of it.
 *
 *   == name of the case
 *   > bytes, with \r \n \t \0 \\ \xNN; a line adds no line end of its own
 *   > \*N:TEXT adds TEXT N times
 *   = one line of the expected transcript
 *
 * Lines that start otherwise are comment.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_TESTS_GOLDEN_H
#define PROA_TESTS_GOLDEN_H

#include "../check.h"

#include "base/buffer.h"

struct golden_case {
    char name[200];
    struct proa_buffer input;
    struct proa_buffer expected;
};

static inline int golden_hex(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : 16;
}

static inline void golden_byte(struct golden_case *c, char byte)
{
    if (!proa_buffer_append(&c->input, &byte, 1))
        abort();
}

static inline void golden_escape(struct golden_case *c, const char **at)
{
    const char *text = *at;

    switch (*text) {
    case 'r':
        golden_byte(c, '\r');
        break;
    case 'n':
        golden_byte(c, '\n');
        break;
    case 't':
        golden_byte(c, '\t');
        break;
    case '0':
        golden_byte(c, '\0');
        break;
    case 'x':
        golden_byte(c, (char)(golden_hex(text[1]) * 16 + golden_hex(text[2])));
        text += 2;
        break;
    default:
        golden_byte(c, *text);
    }
    *at = text + 1;
}

static inline void golden_input(struct golden_case *c, const char *text)
{
    if (strncmp(text, "\\*", 2) == 0) {
        char *repeated;
        unsigned long count = strtoul(text + 2, &repeated, 10);
        for (unsigned long i = 0; i < count; i++)
            golden_input(c, repeated + 1);
        return;
    }
    while (*text != '\0') {
        if (*text != '\\') {
            golden_byte(c, *text++);
            continue;
        }
        text++;
        golden_escape(c, &text);
    }
}

/* Run `run` over each case of the file beside `source` (give __FILE__). */
static inline int golden_run(const char *source, const char *file,
                             void (*run)(const struct golden_case *))
{
    static char path[4096], line[65536];
    struct golden_case c = { .name = "" };
    int count = 0;
    const char *slash = strrchr(source, '/');

    (void)snprintf(path, sizeof path, "%.*s/%s",
                   slash == NULL ? 1 : (int)(slash - source),
                   slash == NULL ? "." : source, file);
    FILE *in = fopen(path, "r");
    if (in == NULL) {
        perror(path);
        exit(1);
    }
    for (;;) {
        char *got = fgets(line, sizeof line, in);
        if (got == NULL || strncmp(line, "== ", 3) == 0) {
            if (c.name[0] != '\0') {
                run(&c);
                count++;
            }
            proa_buffer_deinit(&c.input);
            proa_buffer_deinit(&c.expected);
            if (got == NULL)
                break;
            proa_buffer_init(&c.input, 1 << 20);
            proa_buffer_init(&c.expected, 1 << 20);
            line[strcspn(line, "\n")] = '\0';
            (void)snprintf(c.name, sizeof c.name, "%.190s", line + 3);
            continue;
        }
        if (strncmp(line, "= ", 2) == 0) {
            if (!proa_buffer_append(&c.expected, line + 2, strlen(line + 2)))
                abort();
        } else if (strncmp(line, "> ", 2) == 0) {
            line[strcspn(line, "\n")] = '\0';
            golden_input(&c, line + 2);
        }
    }
    (void)fclose(in);
    return count;
}

#endif
