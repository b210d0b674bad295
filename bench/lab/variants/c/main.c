/*
 * The lab's API in C as a WASI program in the CGI convention: one request a
 * process, the request in the environment and on standard input.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "items.h"

static struct lab_text variable(const char *name)
{
    const char *value = getenv(name);

    return value == NULL ? (struct lab_text){ "", 0 }
                         : (struct lab_text){ value, strlen(value) };
}

/* The whole body; its size is known beforehand. NULL: it cannot be read. */
static char *read_body(size_t size)
{
    char *bytes = malloc(size + 1);
    size_t at = 0;

    while (bytes != NULL && at < size) {
        ssize_t got = read(STDIN_FILENO, bytes + at, size - at);
        if (got <= 0) {
            free(bytes);
            return NULL;
        }
        at += (size_t)got;
    }
    return bytes;
}

int main(void)
{
    size_t size = strtoul(variable("CONTENT_LENGTH").bytes, NULL, 10);
    char *body = read_body(size);
    struct lab_answer answer;

    if (body == NULL)
        return 1;
    answer =
        lab_answer(variable("REQUEST_METHOD"), variable("PATH_INFO"),
                   variable("QUERY_STRING"), (struct lab_text){ body, size });
    (void)printf("Status: %d\nContent-Type: application/json\n", answer.status);
    if (answer.allow != NULL)
        (void)printf("Allow: %s\n", answer.allow);
    (void)putchar('\n');
    (void)fwrite(answer.body, 1, answer.size, stdout);
    lab_answer_deinit(&answer);
    free(body);
    return 0;
}
