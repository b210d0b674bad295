/* SPDX-License-Identifier: Apache-2.0 */
#include "cache/store.h"

#include <dirent.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "../check.h"
#include "scratch.h"

#define KEY_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define KEY_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define KEY_C "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"

static struct proa_cache *open_cache(const char *name)
{
    struct proa_cache *cache = NULL;
    struct proa_error err = { 0 };

    CHECK_EQ(proa_cache_open(scratch_path(name), &cache, &err), PROA_OK);
    return cache;
}

static int source_make(char fill, size_t size)
{
    int fd = memfd_create("source", MFD_CLOEXEC);
    char *bytes = malloc(size);

    if (fd < 0 || bytes == NULL)
        abort();
    memset(bytes, fill, size);
    CHECK_EQ(write(fd, bytes, size), size);
    free(bytes);
    return fd;
}

static void put(struct proa_cache *cache, const char *key, char fill,
                size_t size, uint64_t bytes_max)
{
    struct proa_cache_draft draft;
    struct proa_error err = { 0 };
    int source = source_make(fill, size);

    CHECK_EQ(proa_cache_draft(cache, source, size, true, &draft, &err),
             PROA_OK);
    CHECK_EQ(proa_cache_publish(cache, &draft, key, bytes_max, &err), PROA_OK);
    CHECK_EQ(draft.fd, -1);
    close(source);
}

/* The first byte of an entry, or -1: there is none. */
static int first_byte(struct proa_cache *cache, const char *key)
{
    int fd = proa_cache_find(cache, key);
    uint8_t byte;

    if (fd < 0)
        return -1;
    CHECK_EQ(pread(fd, &byte, 1, 0), 1);
    close(fd);
    return byte;
}

static uint32_t count_files(const char *name)
{
    DIR *folder = opendir(scratch_path(name));
    uint32_t count = 0;

    for (struct dirent *item; (item = readdir(folder)) != NULL;)
        count +=
            item->d_name[0] != '.' || strncmp(item->d_name, ".draft-", 7) == 0;
    closedir(folder);
    return count;
}

static void what_is_put_is_found(void)
{
    struct proa_cache *cache = open_cache("new/deep/put");
    struct stat st;

    CHECK_EQ(stat(scratch_path("new/deep/put"), &st), 0);
    CHECK_EQ(st.st_mode & 0777, 0700);
    CHECK_EQ(first_byte(cache, KEY_A), -1);
    put(cache, KEY_A, '1', 100000, 1 << 20);
    CHECK_EQ(first_byte(cache, KEY_A), '1');
    put(cache, KEY_A, '2', 10, 1 << 20); /* in place of the first */
    CHECK_EQ(first_byte(cache, KEY_A), '2');
    CHECK_EQ(first_byte(cache, KEY_B), -1);
    proa_cache_drop(cache, KEY_A);
    proa_cache_drop(cache, KEY_A);
    CHECK_EQ(first_byte(cache, KEY_A), -1);
    CHECK_EQ(count_files("new/deep/put"), 0);
    proa_cache_close(cache);
    proa_cache_close(NULL);
}

static void a_draft_is_no_entry(void)
{
    struct proa_cache *cache = open_cache("draft");
    struct proa_cache_draft draft = { .fd = 7 };
    struct proa_error err = { 0 };
    int source = source_make('x', 100);

    CHECK_EQ(proa_cache_draft(cache, source, 100, true, &draft, &err), PROA_OK);
    CHECK_EQ(first_byte(cache, KEY_A), -1);
    proa_cache_discard(cache, &draft);
    CHECK_EQ(count_files("draft"), 0);
    /* A source that is shorter than it was said to be. */
    draft.fd = 7;
    CHECK_EQ(proa_cache_draft(cache, source, 101, true, &draft, &err), PROA_IO);
    CHECK_EQ(draft.fd, 7);
    CHECK_EQ(count_files("draft"), 0);
    close(source);
    proa_cache_close(cache);
}

static void folders_that_others_reach_are_refused(void)
{
    struct proa_cache *cache = NULL;
    struct proa_error err = { 0 };

    mkdir(scratch_path("open"), 0700);
    chmod(scratch_path("open"), 0750);
    CHECK_EQ(proa_cache_open(scratch_path("open"), &cache, &err), PROA_IO);
    CHECK_EQ(strstr(err.text, "open to others (mode 750") != NULL, 1);
    err = (struct proa_error){ 0 };
    scratch_write("file", "", 0600);
    CHECK_EQ(proa_cache_open(scratch_path("file"), &cache, &err), PROA_IO);
    err = (struct proa_error){ 0 };
    CHECK_EQ(proa_cache_open(scratch_path("file/in"), &cache, &err), PROA_IO);
    if (geteuid() == 0) {
        err = (struct proa_error){ 0 };
        mkdir(scratch_path("foreign"), 0700);
        CHECK_EQ(chown(scratch_path("foreign"), 12345, 12345), 0);
        CHECK_EQ(proa_cache_open(scratch_path("foreign"), &cache, &err),
                 PROA_IO);
        CHECK_EQ(strstr(err.text, "belongs to another user") != NULL, 1);
    }
    CHECK_EQ(cache == NULL, 1);
}

static void files_that_others_could_write_are_not_used(void)
{
    struct proa_cache *cache = open_cache("files");

    put(cache, KEY_A, 'a', 10, 1 << 20);
    CHECK_EQ(chmod(scratch_path("files/" KEY_A ".proa"), 0620), 0);
    CHECK_EQ(first_byte(cache, KEY_A), -1);
    CHECK_EQ(chmod(scratch_path("files/" KEY_A ".proa"), 0602), 0);
    CHECK_EQ(first_byte(cache, KEY_A), -1);
    CHECK_EQ(chmod(scratch_path("files/" KEY_A ".proa"), 0644), 0);
    CHECK_EQ(first_byte(cache, KEY_A), 'a');
    CHECK_EQ(symlink(scratch_path("files/" KEY_A ".proa"),
                     scratch_path("files/" KEY_B ".proa")),
             0);
    CHECK_EQ(first_byte(cache, KEY_B), -1);
    CHECK_EQ(mkfifo(scratch_path("files/" KEY_C ".proa"), 0600), 0);
    CHECK_EQ(first_byte(cache, KEY_C), -1);
    if (geteuid() == 0) {
        CHECK_EQ(chown(scratch_path("files/" KEY_A ".proa"), 12345, 0), 0);
        CHECK_EQ(first_byte(cache, KEY_A), -1);
    }
    proa_cache_close(cache);
}

static void used_at(const char *name, time_t seconds)
{
    const struct timespec times[2] = { { .tv_sec = seconds },
                                       { .tv_nsec = UTIME_OMIT } };

    CHECK_EQ(utimensat(AT_FDCWD, scratch_path(name), times, 0), 0);
}

static void the_longest_unused_go_first(void)
{
    struct proa_cache *cache = open_cache("lru");
    struct proa_cache_pruned pruned = { 0 };
    struct proa_error err = { 0 };

    put(cache, KEY_A, 'a', 1000, 1 << 20);
    put(cache, KEY_B, 'b', 1000, 1 << 20);
    put(cache, KEY_C, 'c', 1000, 1 << 20);
    used_at("lru/" KEY_A ".proa", 3000);
    used_at("lru/" KEY_B ".proa", 1000);
    used_at("lru/" KEY_C ".proa", 2000);
    CHECK_EQ(proa_cache_prune(cache, 3000, &pruned, &err), PROA_OK);
    CHECK_EQ(pruned.count, 0);
    CHECK_EQ(proa_cache_prune(cache, 2999, &pruned, &err), PROA_OK);
    CHECK_EQ(pruned.count, 1);
    CHECK_EQ(pruned.bytes, 1000);
    CHECK_EQ(first_byte(cache, KEY_B), -1);
    close(proa_cache_find(cache, KEY_C)); /* used now: later than A */
    CHECK_EQ(proa_cache_prune(cache, 1000, &pruned, &err), PROA_OK);
    CHECK_EQ(first_byte(cache, KEY_A), -1);
    CHECK_EQ(first_byte(cache, KEY_C), 'c');
    proa_cache_close(cache);
}

static void publishing_keeps_the_folder_small(void)
{
    struct proa_cache *cache = open_cache("bound");
    struct proa_cache_entry *entries = NULL;
    struct proa_error err = { 0 };
    uint32_t count = 0;
    uint64_t all = 0;
    char key[PROA_CACHE_KEY_SIZE + 1];

    for (int i = 0; i < 40; i++) {
        snprintf(key, sizeof key, "%064x", i);
        put(cache, key, 'x', 1000, 10000);
        CHECK_EQ(first_byte(cache, key), 'x'); /* never the new one */
    }
    CHECK_EQ(proa_cache_list(cache, &entries, &count, &err), PROA_OK);
    for (uint32_t i = 0; i < count; i++)
        all += entries[i].size;
    CHECK_EQ(all <= 10000, 1);
    CHECK_EQ(count >= 8, 1);
    CHECK_EQ(strcmp(entries[0].key, key), 0);
    for (uint32_t i = 1; i < count; i++)
        CHECK_EQ(entries[i - 1].used_ns >= entries[i].used_ns, 1);
    free(entries);
    proa_cache_close(cache);
}

static void only_what_is_ours_is_removed(void)
{
    struct proa_cache *cache = open_cache("mixed");
    struct proa_cache_pruned pruned = { 0 };
    struct proa_error err = { 0 };
    const struct timespec old[2] = { { .tv_sec = 1 }, { .tv_sec = 1 } };

    put(cache, KEY_A, 'a', 10, 1 << 20);
    scratch_write("mixed/notes.txt", "keep", 0600);
    scratch_write("mixed/x.proa", "keep", 0600);
    scratch_write("mixed/" KEY_A ".txt", "keep", 0600);
    scratch_write("mixed/" KEY_A "a.proa", "keep", 0600);
    scratch_write("mixed/.draft-1-old", "left behind", 0600);
    scratch_write("mixed/.draft-2-new", "being written", 0600);
    CHECK_EQ(utimensat(AT_FDCWD, scratch_path("mixed/.draft-1-old"), old, 0),
             0);
    CHECK_EQ(proa_cache_prune(cache, 1 << 20, &pruned, &err), PROA_OK);
    CHECK_EQ(pruned.count, 0);
    CHECK_EQ(scratch_has("mixed/.draft-1-old"), 0);
    CHECK_EQ(scratch_has("mixed/.draft-2-new"), 1);
    CHECK_EQ(proa_cache_prune(cache, 0, &pruned, &err), PROA_OK);
    CHECK_EQ(pruned.count, 1);
    CHECK_EQ(scratch_has("mixed/.draft-2-new"), 0);
    CHECK_EQ(scratch_has("mixed/notes.txt"), 1);
    CHECK_EQ(scratch_has("mixed/x.proa"), 1);
    CHECK_EQ(scratch_has("mixed/" KEY_A ".txt"), 1);
    CHECK_EQ(scratch_has("mixed/" KEY_A "a.proa"), 1);
    proa_cache_close(cache);
}

/* Each waits for the lock, reads a number, and writes the next one. */
static void a_key_is_held_by_one(void)
{
    enum { PROCESSES = 8, TIMES = 50 };
    struct proa_cache *cache = open_cache("lock");
    int *number = mmap(NULL, sizeof *number, PROT_READ | PROT_WRITE,
                       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int other;

    for (int i = 0; i < PROCESSES; i++) {
        if (fork() != 0)
            continue;
        for (int j = 0; j < TIMES; j++) {
            int lock = proa_cache_lock(cache, KEY_A, true);
            volatile int *place = number;
            int seen = *place;

            sched_yield();
            *place = seen + 1;
            close(lock);
        }
        _exit(0);
    }
    for (int i = 0; i < PROCESSES; i++)
        CHECK_EQ(wait(NULL) > 0, 1);
    CHECK_EQ(*number, PROCESSES * TIMES);
    /* Another key is free meanwhile. */
    int lock = proa_cache_lock(cache, KEY_A, true);
    other = proa_cache_lock(cache, KEY_B, true);
    CHECK_EQ(lock >= 0 && other >= 0, 1);
    close(lock);
    close(other);
    munmap(number, sizeof *number);
    proa_cache_close(cache);
}

static void the_place_follows_the_environment(void)
{
    char path[64] = "kept";

    setenv("PROA_CACHE_DIR", "/a/b", 1);
    setenv("XDG_CACHE_HOME", "/x", 1);
    setenv("HOME", "/h", 1);
    CHECK_EQ(proa_cache_default_dir(path, sizeof path), 1);
    CHECK_EQ(strcmp(path, "/a/b"), 0);
    setenv("PROA_CACHE_DIR", "", 1);
    CHECK_EQ(proa_cache_default_dir(path, sizeof path), 0);
    unsetenv("PROA_CACHE_DIR");
    CHECK_EQ(proa_cache_default_dir(path, sizeof path), 1);
    CHECK_EQ(strcmp(path, "/x/proa"), 0);
    setenv("XDG_CACHE_HOME", "relative", 1);
    CHECK_EQ(proa_cache_default_dir(path, sizeof path), 1);
    CHECK_EQ(strcmp(path, "/h/.cache/proa"), 0);
    unsetenv("HOME");
    CHECK_EQ(proa_cache_default_dir(path, sizeof path), 0);

    unsetenv("PROA_CACHE_MAX");
    CHECK_EQ(proa_cache_default_bytes_max(), PROA_CACHE_BYTES_DEFAULT);
    setenv("PROA_CACHE_MAX", "5M", 1);
    CHECK_EQ(proa_cache_default_bytes_max(), 5 << 20);
    setenv("PROA_CACHE_MAX", "much", 1);
    CHECK_EQ(proa_cache_default_bytes_max(), PROA_CACHE_BYTES_DEFAULT);
}

int main(void)
{
    scratch_make();
    what_is_put_is_found();
    a_draft_is_no_entry();
    folders_that_others_reach_are_refused();
    files_that_others_could_write_are_not_used();
    the_longest_unused_go_first();
    publishing_keeps_the_folder_small();
    only_what_is_ours_is_removed();
    a_key_is_held_by_one();
    the_place_follows_the_environment();
    return 0;
}
