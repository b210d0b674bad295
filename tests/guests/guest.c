/*
 * A guest in C; the same program in every language, see run.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void hello(void)
{
    puts("hello from C");
}

static void args(int argc, char **argv)
{
    for (int i = 2; i < argc; i++)
        printf("[%s]\n", argv[i]);
}

static void env(void)
{
    const char *names[] = { "GREETING", "EMPTY", "ABSENT" };

    for (int i = 0; i < 3; i++) {
        const char *value = getenv(names[i]);

        printf("%s=%s\n", names[i], value != NULL ? value : "(none)");
    }
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void list(const char *path)
{
    char *names[16];
    int count = 0;
    struct dirent *entry;
    DIR *folder = opendir(path);

    while (folder != NULL && count < 16 && (entry = readdir(folder)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            names[count++] = strdup(entry->d_name);
    }
    if (folder != NULL)
        closedir(folder);
    qsort(names, (size_t)count, sizeof names[0], compare);
    for (int i = 0; i < count; i++) {
        printf("%s%s", i > 0 ? " " : "", names[i]);
        free(names[i]);
    }
    puts("");
}

static void write_file(const char *path, const char *mode, const char *text)
{
    FILE *file = fopen(path, mode);

    if (file == NULL) {
        perror(path);
        exit(1);
    }
    fputs(text, file);
    fclose(file);
}

static void files(void)
{
    char text[100];
    struct stat stat_;
    size_t size;
    int lines = 0;
    FILE *file;

    mkdir("/data/d", 0777);
    write_file("/data/d/a.txt", "w", "first\nsecond\nthird\n");
    write_file("/data/d/a.txt", "a", "fourth\n");
    file = fopen("/data/d/a.txt", "r");
    size = fread(text, 1, sizeof text, file);
    fclose(file);
    for (size_t i = 0; i < size; i++)
        lines += text[i] == '\n';
    printf("read %zu bytes, %d lines\n", size, lines);
    write_file("/data/d/b.txt", "w", "");
    list("/data/d");
    rename("/data/d/a.txt", "/data/d/c.txt");
    list("/data/d");
    if (stat("/data/d/c.txt", &stat_) == 0)
        printf("size %lld\n", (long long)stat_.st_size);
    printf("outside %s\n",
           open("/data/../secret", O_RDONLY) < 0 ? "refused" : "opened");
    unlink("/data/d/b.txt");
    unlink("/data/d/c.txt");
    rmdir("/data/d");
    printf("%s\n", stat("/data/d", &stat_) != 0 ? "gone" : "still there");
}

static void copy(void)
{
    static char buffer[65536];
    ssize_t size;

    while ((size = read(0, buffer, sizeof buffer)) > 0) {
        for (ssize_t done = 0; done < size;) {
            ssize_t wrote = write(1, buffer + done, (size_t)(size - done));

            if (wrote < 0)
                exit(1);
            done += wrote;
        }
    }
}

int main(int argc, char **argv)
{
    const char *task = argc > 1 ? argv[1] : "hello";

    if (strcmp(task, "hello") == 0)
        hello();
    else if (strcmp(task, "args") == 0)
        args(argc, argv);
    else if (strcmp(task, "env") == 0)
        env();
    else if (strcmp(task, "files") == 0)
        files();
    else if (strcmp(task, "pipe") == 0)
        copy();
    else if (strcmp(task, "exit") == 0)
        exit(7);
    else if (strcmp(task, "panic") == 0) {
        fputs("about to panic\n", stderr);
        abort();
    }
    return 0;
}
