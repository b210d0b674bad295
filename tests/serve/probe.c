/*
 * A guest that does what its path says, good and bad: tests/serve/run asks.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static void say_text(void)
{
    printf("Content-Type: text/plain\n\n");
}

static void show_env(void)
{
    say_text();
    for (char **item = environ; *item != NULL; item++)
        puts(*item);
}

static void echo(void)
{
    static char bytes[65536];
    ssize_t size;

    printf("Content-Type: application/octet-stream\n\n");
    (void)fflush(stdout);
    while ((size = read(0, bytes, sizeof bytes)) > 0)
        for (ssize_t sent = 0; sent < size;) {
            ssize_t part = write(1, bytes + sent, (size_t)(size - sent));
            if (part <= 0)
                exit(9);
            sent += part;
        }
}

/* QUERY_STRING bytes of body, in pieces of 100,000. */
static void big(void)
{
    static char bytes[100000];
    size_t left = strtoul(getenv("QUERY_STRING"), NULL, 10);

    memset(bytes, 'b', sizeof bytes);
    say_text();
    while (left > 0) {
        size_t part = left < sizeof bytes ? left : sizeof bytes;
        /* A full output is not looked at, as careless programs do. */
        (void)!fwrite(bytes, 1, part, stdout);
        left -= part;
    }
}

/* QUERY_STRING bytes and "end", in two pieces; each tells its place. */
static void long_piece(bool has_length)
{
    size_t size = strtoul(getenv("QUERY_STRING"), NULL, 10);
    char *bytes = malloc(size + 1);

    for (size_t i = 0; i < size; i++)
        bytes[i] = (char)(i * 7 + i / 256);
    if (has_length)
        (void)printf("Content-Length: %zu\n", size + 3);
    say_text();
    (void)fflush(stdout);
    (void)fwrite(bytes, 1, size, stdout);
    (void)fflush(stdout);
    (void)fputs("end", stdout);
    free(bytes);
}

static void long_in_chunks(void)
{
    long_piece(false);
}

static void long_with_length(void)
{
    long_piece(true);
}

/* The body, read and said again at once. */
static void back(void)
{
    size_t size = strtoul(getenv("CONTENT_LENGTH"), NULL, 10), at = 0;
    char *bytes = malloc(size + 1);
    ssize_t got = 1;

    while (at < size && got > 0) {
        got = read(0, bytes + at, size - at);
        at += got > 0 ? (size_t)got : 0;
    }
    say_text();
    (void)fwrite(bytes, 1, at, stdout);
    free(bytes);
}

enum { SECRET_SIZE = 16 };

/* QUERY_STRING, 16 bytes, all over memory and the heap. */
static void remember(void)
{
    static char kept[4096];
    const char *secret = getenv("QUERY_STRING");
    char *heap = malloc(1 << 20);

    if (heap == NULL || strlen(secret) != SECRET_SIZE)
        exit(9);
    for (size_t i = 0; i + SECRET_SIZE <= (1 << 20); i += SECRET_SIZE)
        memcpy(heap + i, secret, SECRET_SIZE);
    memcpy(kept, heap, sizeof kept);
    say_text();
    printf("%.16s\n", kept + 64);
}

/*
 * All of memory, and more of it, is searched for what another request kept.
 * QUERY_STRING has it with each byte one higher, so as not to find itself.
 */
static void search(void)
{
    const char *higher = getenv("QUERY_STRING");
    size_t found = 0;

    (void)__builtin_wasm_memory_grow(0, 64);
    size_t size = __builtin_wasm_memory_size(0) * 65536u;
    for (size_t at = 1; at + SECRET_SIZE < size; at++) {
        const volatile char *memory = (const volatile char *)at;
        size_t i = 0;
        while (i < SECRET_SIZE && memory[i] + 1 == higher[i])
            i++;
        if (i == SECRET_SIZE)
            found++;
    }
    say_text();
    printf("found %zu\n", found);
}

static void read_file(void)
{
    char text[100];
    const char *name = getenv("QUERY_STRING");
    int fd = open(name, O_RDONLY);
    ssize_t size = fd < 0 ? -1 : read(fd, text, sizeof text);

    if (size < 0)
        printf("Status: 404\n\n");
    else {
        say_text();
        printf("%.*s", (int)size, text);
    }
}

/* As much memory as there is; says how much that was. */
static void grow(void)
{
    while (__builtin_wasm_memory_grow(0, 16) != (size_t)-1)
        ;
    say_text();
    printf("%zu\n", __builtin_wasm_memory_size(0) * 65536u);
}

static void count_up(void)
{
    static int count;

    say_text();
    printf("%d\n", ++count);
}

static void loop(void)
{
    for (volatile unsigned long i = 0;; i++)
        ;
}

static void sleep_long(void)
{
    struct timespec time = { .tv_sec = 3600 };

    (void)nanosleep(&time, NULL);
    say_text();
    puts("awake");
}

/* QUERY_STRING milliseconds. */
static void nap(void)
{
    unsigned long ms = strtoul(getenv("QUERY_STRING"), NULL, 10);
    struct timespec time = { .tv_sec = (time_t)(ms / 1000),
                             .tv_nsec = (long)(ms % 1000) * 1000000 };

    (void)nanosleep(&time, NULL);
    say_text();
    puts("awake");
}

static int recurse(int depth);

/* Through memory, so that no compiler makes a loop of it. */
static int (*volatile again)(int) = recurse;

static int recurse(int depth)
{
    return depth == 0 ? 0 : again(depth + 1) + 1;
}

static void overflow(void)
{
    say_text();
    printf("%d\n", recurse(1));
}

static void trap(void)
{
    __builtin_trap();
}

static void exit_three(void)
{
    say_text();
    exit(3);
}

static void garbage(void)
{
    puts("this is no response");
}

static void nothing(void)
{
}

static void split(void)
{
    printf("Content-Type: text/plain\nX-A: b\rSet-Cookie: c\n\nhi");
}

static void wrong_length(void)
{
    printf("Content-Type: text/plain\nContent-Length: 9\n\nhi");
}

static void redirect(void)
{
    printf("Location: /elsewhere\n\n");
}

static void teapot(void)
{
    printf("Status: 404 Gone Fishing\r\nContent-Type: text/html\r\n"
           "X-Own: yes\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n"
           "Connection: close\r\n\r\n<p>no</p>");
}

static void complain(void)
{
    fprintf(stderr, "first line\n\x1b[31msecond\x1b[0m\n");
    say_text();
    puts("said");
}

static void flood(void)
{
    for (int i = 0; i < 100000; i++)
        fprintf(stderr, "line %d of very many\n", i);
    say_text();
    puts("said");
}

static char **arguments;

static void show_args(void)
{
    say_text();
    for (char **item = arguments; *item != NULL; item++)
        puts(*item);
}

/* Until somebody makes the file. */
static void wait_for_gate(void)
{
    const struct timespec time = { .tv_nsec = 1000000 };

    while (access("/gate/open", F_OK) != 0)
        (void)nanosleep(&time, NULL);
    say_text();
    puts("through");
}

static const struct {
    const char *path;
    void (*act)(void);
} actions[] = {
    { "/args", show_args },      { "/wait", wait_for_gate },
    { "/env", show_env },        { "/echo", echo },
    { "/long", long_in_chunks }, { "/lengthy", long_with_length },
    { "/back", back },           { "/big", big },
    { "/remember", remember },   { "/search", search },
    { "/file", read_file },      { "/grow", grow },
    { "/count", count_up },      { "/loop", loop },
    { "/sleep", sleep_long },    { "/nap", nap },
    { "/overflow", overflow },   { "/trap", trap },
    { "/exit3", exit_three },    { "/garbage", garbage },
    { "/nothing", nothing },     { "/split", split },
    { "/length", wrong_length }, { "/redirect", redirect },
    { "/teapot", teapot },       { "/complain", complain },
    { "/flood", flood },
};

int main(int argc, char **argv)
{
    const char *path = getenv("PATH_INFO");

    (void)argc;
    arguments = argv;

    for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++) {
        if (path != NULL && strcmp(path, actions[i].path) == 0) {
            actions[i].act();
            return 0;
        }
    }
    say_text();
    puts("hello");
    return 0;
}
