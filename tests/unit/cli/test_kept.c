/*
 * What another process fetched, as it is kept: whole, again, forgotten, and a
 * file that is cut short or wrong.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "cli/kept.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../check.h"

/* Of a record before its name: outcome, size of the name, size. */
enum { NAME_SIZE_OFFSET = 4, SIZE_OFFSET = 8, HEAD_SIZE = 16 };

static char folder[] = "/tmp/proa-kept-XXXXXX";
static char there[64], pinned[64], missing[64];

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    CHECK_EQ(file != NULL, true);
    if (file == NULL)
        return;
    CHECK_EQ(fputs(text, file) >= 0, true);
    CHECK_EQ(fclose(file) == 0, true);
}

static int make_file(void)
{
    int fd = memfd_create("records", MFD_CLOEXEC);

    CHECK_EQ(fd >= 0, true);
    return fd;
}

static void fetch(const struct proa_kept *kept, const char *const *names,
                  uint32_t count, int fd)
{
    struct proa_error err;

    CHECK_EQ(proa_kept_fetch(kept, names, count, getpid(), fd, &err), PROA_OK);
}

static bool has(const struct proa_kept *kept, const char *name,
                const char *text)
{
    const struct proa_kept_item *item = proa_kept_find(kept, name);

    return item != NULL && item->input.size == strlen(text) &&
           memcmp(item->input.bytes, text, strlen(text)) == 0;
}

static void take(struct proa_kept *kept, const char *const *names,
                 uint32_t count)
{
    struct proa_error err;
    int fd = make_file();

    fetch(kept, names, count, fd);
    CHECK_EQ(proa_kept_take(kept, fd, &err), PROA_OK);
    (void)close(fd);
}

static void comes_again(void)
{
    const char *names[] = { there, there, missing };
    struct proa_kept kept = { 0 };
    struct proa_error err;

    write_file(there, "one");
    CHECK_EQ(proa_kept_add(&kept, there, &err), PROA_OK);
    write_file(there, "another");
    CHECK_EQ(proa_kept_add(&kept, there, &err), PROA_OK);
    CHECK_EQ(has(&kept, there, "one"), true);
    take(&kept, names, 3);
    CHECK_EQ(has(&kept, there, "another"), true);
    CHECK_EQ(proa_kept_find(&kept, there)->failure == NULL, true);
    CHECK_EQ(proa_kept_find(&kept, missing)->failure != NULL, true);
    CHECK_EQ(kept.count, 2);

    /* What does not come leaves what is there, with the reason. */
    CHECK_EQ(unlink(there) == 0, true);
    take(&kept, names, 1);
    CHECK_EQ(has(&kept, there, "another"), true);
    CHECK_EQ(proa_kept_find(&kept, there)->failure != NULL, true);
    CHECK_EQ(proa_kept_find(&kept, missing) != NULL, true);
    take(&kept, names, 1);
    CHECK_EQ(proa_kept_find(&kept, missing) == NULL, true);
    proa_kept_deinit(&kept);
}

static void pinned_is_the_same(void)
{
    const char *names[] = { pinned };
    struct proa_kept kept = { 0 };
    struct proa_error err;

    write_file(pinned, "one");
    CHECK_EQ(proa_kept_share(&kept, &err), PROA_OK);
    CHECK_EQ(proa_kept_add(&kept, pinned, &err), PROA_OK);
    write_file(pinned, "another");
    take(&kept, names, 1);
    CHECK_EQ(has(&kept, pinned, "one"), true);
    proa_kept_begin(&kept);
    CHECK_EQ(unlink(pinned) == 0, true);
    take(&kept, names, 1);
    CHECK_EQ(has(&kept, pinned, "one"), true);
    CHECK_EQ(proa_kept_find(&kept, pinned)->failure == NULL, true);
    proa_kept_deinit(&kept);
}

static void cut_short(void)
{
    const char *names[] = { there, missing };
    off_t first = (off_t)(HEAD_SIZE + strlen(there) + strlen("text"));
    struct proa_kept none = { 0 };
    int whole = make_file();

    write_file(there, "text");
    fetch(&none, names, 2, whole);
    off_t size = lseek(whole, 0, SEEK_END);
    CHECK_EQ(size > first, true);
    for (off_t cut = size; cut-- > 0;) {
        struct proa_kept kept = { 0 };
        struct proa_error err;

        CHECK_EQ(ftruncate(whole, cut) == 0, true);
        CHECK_EQ(proa_kept_take(&kept, whole, &err),
                 cut == 0 || cut == first ? PROA_OK : PROA_MALFORMED);
        CHECK_EQ(kept.count, cut >= first ? 1 : 0);
        proa_kept_deinit(&kept);
    }
    (void)close(whole);
}

static void wrong(void)
{
    static const struct {
        off_t offset;
        size_t size;
    } cases[] = { { 0, 4 },
                  { NAME_SIZE_OFFSET, 4 },
                  { NAME_SIZE_OFFSET + 2, 1 },
                  { SIZE_OFFSET, 8 },
                  { SIZE_OFFSET + 1, 1 } };
    const char *names[] = { there };

    write_file(there, "text");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct proa_kept kept = { 0 };
        struct proa_error err;
        int fd = make_file();

        fetch(&kept, names, 1, fd);
        CHECK_EQ(pwrite(fd, "\xff\xff\xff\xff\xff\xff\xff\xff", cases[i].size,
                        cases[i].offset) == (ssize_t)cases[i].size,
                 true);
        CHECK_EQ(proa_kept_take(&kept, fd, &err), PROA_MALFORMED);
        CHECK_EQ(kept.count, 0);
        (void)close(fd);
        proa_kept_deinit(&kept);
    }
}

int main(void)
{
    CHECK_EQ(mkdtemp(folder) != NULL, true);
    (void)snprintf(there, sizeof there, "%s/there", folder);
    (void)snprintf(missing, sizeof missing, "%s/missing", folder);
    (void)snprintf(pinned, sizeof pinned, "%s/pinned#sha256=00", folder);
    comes_again();
    pinned_is_the_same();
    cut_short();
    wrong();
    (void)unlink(there);
    (void)rmdir(folder);
    return 0;
}
