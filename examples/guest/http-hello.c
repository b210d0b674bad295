/*
 * A program that answers an HTTP request: proa serve http-hello.wasm
 *
 * It is started afresh for each request, in the CGI convention: the request is
 * in the environment, its body on standard input; what it prints is the
 * response.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <stdlib.h>

/* A text in quotes, as JSON wants it; bytes above 127 as they are. */
static void print_json(const char *text)
{
    putchar('"');
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\')
            printf("\\%c", c);
        else if (c < 0x20 || c == 0x7f)
            printf("\\u%04x", c);
        else
            putchar(c);
    }
    putchar('"');
}

static void print_variable(const char *label, const char *name)
{
    const char *value = getenv(name);

    printf("\"%s\":", label);
    print_json(value == NULL ? "" : value);
    putchar(',');
}

int main(void)
{
    static char bytes[65536];
    size_t body_size = 0, size;

    while ((size = fread(bytes, 1, sizeof bytes, stdin)) > 0)
        body_size += size;

    printf("Status: 200\nContent-Type: application/json\n\n{");
    print_variable("method", "REQUEST_METHOD");
    print_variable("path", "PATH_INFO");
    print_variable("query", "QUERY_STRING");
    printf("\"body_bytes\":%zu}\n", body_size);
    return 0;
}
