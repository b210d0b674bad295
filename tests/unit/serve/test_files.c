/*
 * Which file a path finds, and that none is found outside of the folder.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "serve/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../check.h"

static char base[64];

struct file_case {
    const char *path;
    enum proa_files_found found;
    const char *content; /* of a file */
    const char *type;    /* its beginning */
};

static const struct file_case cases[] = {
    { "/a.txt", PROA_FILES_FILE, "a", "text/plain" },
    { "/%61.txt", PROA_FILES_FILE, "a", "text/plain" },
    { "/sub/", PROA_FILES_FILE, "index", "text/html" },
    { "/sub/index.html", PROA_FILES_FILE, "index", "text/html" },
    { "/sub", PROA_FILES_FOLDER, NULL, NULL },
    { "/a b", PROA_FILES_FILE, "space", "application/octet-stream" },
    { "/a%20b", PROA_FILES_FILE, "space", "application/octet-stream" },
    { "/", PROA_FILES_NONE, NULL, NULL },
    { "", PROA_FILES_NONE, NULL, NULL },
    { "*", PROA_FILES_NONE, NULL, NULL },
    { "/none", PROA_FILES_NONE, NULL, NULL },
    { "/a.txt/", PROA_FILES_NONE, NULL, NULL },
    { "/a.txt/x", PROA_FILES_NONE, NULL, NULL },
    { "/.secret", PROA_FILES_NONE, NULL, NULL },
    { "/%2esecret", PROA_FILES_NONE, NULL, NULL },
    { "/link", PROA_FILES_NONE, NULL, NULL },
    { "/out/etc/passwd", PROA_FILES_NONE, NULL, NULL },
    { "/pipe", PROA_FILES_NONE, NULL, NULL },
    { "/../a.txt", PROA_FILES_NONE, NULL, NULL },
    { "/sub/../a.txt", PROA_FILES_NONE, NULL, NULL },
    { "/sub/%2e%2e/a.txt", PROA_FILES_NONE, NULL, NULL },
    { "/sub%2f..%2fa.txt", PROA_FILES_NONE, NULL, NULL },
    { "/./a.txt", PROA_FILES_NONE, NULL, NULL },
    { "//etc/passwd", PROA_FILES_NONE, NULL, NULL },
    { "/a.txt%00", PROA_FILES_NONE, NULL, NULL },
    { "/a.txt%", PROA_FILES_NONE, NULL, NULL },
};

static void in_base(const char *name, char path[160])
{
    (void)snprintf(path, 160, "%s/%s", base, name);
}

static void make_file(const char *name, const char *text)
{
    char path[160];

    in_base(name, path);
    int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    CHECK_EQ(fd >= 0, true);
    CHECK_EQ(write(fd, text, strlen(text)), strlen(text));
    (void)close(fd);
}

static void make_folder(void)
{
    char path[160];

    (void)snprintf(base, sizeof base, "/tmp/proa-files-XXXXXX");
    CHECK_EQ(mkdtemp(base) != NULL, true);
    in_base("sub", path);
    CHECK_EQ(mkdir(path, 0700), 0);
    make_file("a.txt", "a");
    make_file("a b", "space");
    make_file(".secret", "s");
    make_file("sub/index.html", "index");
    in_base("link", path);
    CHECK_EQ(symlink("a.txt", path), 0);
    in_base("out", path);
    CHECK_EQ(symlink("/", path), 0);
    in_base("pipe", path);
    CHECK_EQ(mkfifo(path, 0600), 0);
}

static void remove_folder(void)
{
    static const char *const names[] = { "a.txt",          "a b", ".secret",
                                         "link",           "out", "pipe",
                                         "sub/index.html", "sub", "." };
    char path[160];

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        in_base(names[i], path);
        (void)remove(path);
    }
    (void)rmdir(base);
}

static void check_case(int folder_fd, const struct file_case *c)
{
    size_t size = strlen(c->path);
    uint8_t *copy = exact_copy((const uint8_t *)c->path, size);
    struct proa_files_file file = { .fd = -1 };
    enum proa_files_found found = proa_files_open(
        folder_fd, (struct proa_http_text){ (const char *)copy, size }, &file);
    char content[16] = { 0 };

    if (found != c->found) {
        fprintf(stderr, "%s: found is %d, expected %d\n", c->path, found,
                c->found);
        exit(1);
    }
    if (found == PROA_FILES_FILE) {
        CHECK_EQ(read(file.fd, content, sizeof content - 1),
                 strlen(c->content));
        CHECK_EQ(strcmp(content, c->content), 0);
        CHECK_EQ(strncmp(file.type, c->type, strlen(c->type)), 0);
        (void)close(file.fd);
    }
    free(copy);
}

int main(void)
{
    make_folder();
    int folder_fd = open(base, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    CHECK_EQ(folder_fd >= 0, true);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check_case(folder_fd, &cases[i]);
    (void)close(folder_fd);
    remove_folder();
    return 0;
}
