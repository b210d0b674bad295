/*
 * strings: JSON read by descent: structure, escapes, numbers.
 * https://www.rfc-editor.org/rfc/rfc8259
 * SPDX-License-Identifier: Apache-2.0
 */
#include "kernel.h"

enum { SIZE = 1 << 20, ROUNDS = 9 };

static char text[SIZE + 64];
static uint32_t text_size;

struct reader {
    const char *at;
    uint64_t sum;
    uint32_t depth;
    uint32_t failed;
};

static void put(const char *part)
{
    while (*part != '\0')
        text[text_size++] = *part++;
}

void kernel_setup(void)
{
    uint32_t seed = 42;
    static const char *const records[] = {
        "{\"id\": 81723, \"name\": \"Ada \\u00e9 L.\", \"tags\": [\"a\", "
        "\"bc\", \"def\"], \"ok\": true}",
        "[1, 2.5, -3e10, 4, 5, 6, [7, [8, [9]]]]",
        "{\"x\": {\"y\": {\"z\": null}}, \"text\": \"a \\\"quoted\\\" line "
        "that goes on for a while\\n\"}",
        "{\"price\": 1234.5678, \"sold\": false, \"left\": 0}",
    };

    text_size = 0;
    put("[");
    while (text_size < SIZE - 512) {
        put(records[kernel_random(&seed) % 4]);
        put(",\n  ");
    }
    put("0]");
    text[text_size] = '\0';
}

static void skip_space(struct reader *in)
{
    while (*in->at == ' ' || *in->at == '\n' || *in->at == '\t')
        in->at++;
}

static void read_string(struct reader *in)
{
    uint32_t h = 0;

    for (in->at++; *in->at != '"'; in->at++) {
        if (*in->at == '\0') {
            in->failed = 1;
            return;
        }
        if (*in->at == '\\')
            in->at++;
        h = h * 33 + (uint8_t)*in->at;
    }
    in->at++;
    in->sum = kernel_mix(in->sum, h);
}

static void read_number(struct reader *in)
{
    double sign = 1, value = 0, scale = 1;
    int exponent = 0;

    if (*in->at == '-') {
        sign = -1;
        in->at++;
    }
    for (; *in->at >= '0' && *in->at <= '9'; in->at++)
        value = value * 10 + (*in->at - '0');
    if (*in->at == '.') {
        for (in->at++; *in->at >= '0' && *in->at <= '9'; in->at++) {
            value = value * 10 + (*in->at - '0');
            scale *= 10;
        }
    }
    if (*in->at == 'e') {
        for (in->at++; *in->at >= '0' && *in->at <= '9'; in->at++)
            exponent = exponent * 10 + (*in->at - '0');
    }
    for (; exponent > 0; exponent--)
        value *= 10;
    in->sum = kernel_mix_double(in->sum, sign * value / scale);
}

static void read_word(struct reader *in, const char *word)
{
    for (; *word != '\0'; word++, in->at++) {
        if (*in->at != *word) {
            in->failed = 1;
            return;
        }
    }
    in->sum = kernel_mix(in->sum, 7);
}

static void read_value(struct reader *in);

static void read_members(struct reader *in, char close, int has_names)
{
    in->at++;
    skip_space(in);
    while (*in->at != close && !in->failed) {
        if (has_names) {
            read_string(in);
            skip_space(in);
            in->failed |= *in->at++ != ':';
        }
        read_value(in);
        skip_space(in);
        if (*in->at != ',')
            break;
        in->at++;
        skip_space(in);
    }
    in->failed |= *in->at++ != close;
}

static void read_value(struct reader *in)
{
    skip_space(in);
    if (++in->depth > 64)
        in->failed = 1;
    if (in->failed)
        return;
    switch (*in->at) {
    case '{':
        read_members(in, '}', 1);
        break;
    case '[':
        read_members(in, ']', 0);
        break;
    case '"':
        read_string(in);
        break;
    case 't':
        read_word(in, "true");
        break;
    case 'f':
        read_word(in, "false");
        break;
    case 'n':
        read_word(in, "null");
        break;
    default:
        read_number(in);
    }
    in->depth--;
}

uint64_t kernel_run(void)
{
    struct reader in = { 0 };

    for (int round = 0; round < ROUNDS; round++) {
        in.at = text;
        read_value(&in);
        if (in.failed || in.at != text + text_size)
            return 0;
    }
    return in.sum;
}
