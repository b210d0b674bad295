/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/kept.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/sha256.h"

enum {
    PINNED_MAX = 1024, /* one more is only fetched again */
    NAME_BYTES_MAX = 8192,
    UNNAMED_MAX = 2, /* a record may be older than what was read since */
};
#define RECORDS_BYTES_MAX ((uint64_t)1 << 30)
#define PIN "#sha256="

/* The digests of the names that say what their content is. */
struct proa_kept_shared {
    atomic_int owner; /* the process that has them */
    atomic_uint count;
    uint8_t pinned[PINNED_MAX][PROA_SHA256_SIZE];
};

enum outcome { CAME, SAME, FAILED };

/* In a file, before the name and what came, or why it did not. */
struct record {
    uint32_t outcome;
    uint32_t name_size;
    uint64_t size;
};

/* --- what is there ------------------------------------------------------- */

static bool pin_of(const char *name, uint8_t digest[PROA_SHA256_SIZE])
{
    struct proa_error err = { 0 };

    return strstr(name, PIN) != NULL &&
           proa_sha256(name, strlen(name), digest, &err) == PROA_OK;
}

static bool is_shared(const struct proa_kept_shared *shared, pid_t owner,
                      const char *name)
{
    uint8_t digest[PROA_SHA256_SIZE];

    if (shared == NULL || atomic_load(&shared->owner) != owner ||
        !pin_of(name, digest))
        return false;
    uint32_t count = atomic_load(&shared->count);
    for (uint32_t i = 0; i < count && i < PINNED_MAX; i++)
        if (memcmp(shared->pinned[i], digest, sizeof digest) == 0)
            return true;
    return false;
}

static void share_all(struct proa_kept *kept)
{
    uint32_t count = 0;

    if (kept->shared == NULL)
        return;
    atomic_store(&kept->shared->count, 0);
    atomic_store(&kept->shared->owner, getpid());
    for (uint32_t i = 0; i < kept->count && count < PINNED_MAX; i++)
        if (kept->items[i].input.bytes != NULL &&
            pin_of(kept->items[i].input.name, kept->shared->pinned[count]))
            count++;
    atomic_store(&kept->shared->count, count);
}

enum proa_status proa_kept_share(struct proa_kept *kept, struct proa_error *err)
{
    void *shared = mmap(NULL, sizeof *kept->shared, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (shared == MAP_FAILED)
        return proa_fail(err, PROA_NOMEM, 0, "out of memory");
    kept->shared = shared;
    return PROA_OK;
}

void proa_kept_begin(struct proa_kept *kept)
{
    share_all(kept);
}

static struct proa_kept_item *find(const struct proa_kept *kept,
                                   const char *name)
{
    for (uint32_t i = 0; i < kept->count; i++)
        if (strcmp(kept->items[i].input.name, name) == 0)
            return &kept->items[i];
    return NULL;
}

const struct proa_kept_item *proa_kept_find(const struct proa_kept *kept,
                                            const char *name)
{
    return find(kept, name);
}

/* One more, which has only its name. */
static struct proa_kept_item *append(struct proa_kept *kept, const char *name)
{
    struct proa_kept_item *items =
        realloc(kept->items, ((size_t)kept->count + 1) * sizeof *items);
    char *own_name = strdup(name);

    if (items != NULL)
        kept->items = items;
    if (items == NULL || own_name == NULL) {
        free(own_name);
        return NULL;
    }
    items[kept->count] =
        (struct proa_kept_item){ .input = { .name = own_name, .fd = -1 } };
    return &items[kept->count++];
}

static void item_deinit(struct proa_kept_item *item)
{
    free((void *)item->input.name);
    free(item->failure);
    proa_input_deinit(&item->input);
}

enum proa_status proa_kept_add(struct proa_kept *kept, const char *name,
                               struct proa_error *err)
{
    if (find(kept, name) != NULL)
        return PROA_OK;
    struct proa_kept_item *item = append(kept, name);
    if (item == NULL)
        return proa_fail(err, PROA_NOMEM, 0, "out of memory");
    enum proa_status status =
        proa_input_read(item->input.name, &item->input, err);
    if (status != PROA_OK) {
        item_deinit(item);
        kept->count--;
    }
    share_all(kept);
    return status;
}

void proa_kept_deinit(struct proa_kept *kept)
{
    for (uint32_t i = 0; i < kept->count; i++)
        item_deinit(&kept->items[i]);
    free(kept->items);
    if (kept->shared != NULL)
        (void)munmap(kept->shared, sizeof *kept->shared);
    *kept = (struct proa_kept){ 0 };
}

/* --- fetched by another process ------------------------------------------ */

static bool write_all(int fd, const void *bytes, size_t size)
{
    const uint8_t *rest = bytes;

    while (size > 0) {
        ssize_t put = write(fd, rest, size);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return false;
        rest += put;
        size -= (size_t)put;
    }
    return true;
}

static enum proa_status write_record(int fd, const char *name,
                                     enum outcome outcome, const void *bytes,
                                     size_t size, struct proa_error *err)
{
    const struct record record = { .outcome = (uint32_t)outcome,
                                   .name_size = (uint32_t)strlen(name),
                                   .size = size };

    if (!write_all(fd, &record, sizeof record) ||
        !write_all(fd, name, record.name_size) || !write_all(fd, bytes, size))
        return proa_fail(err, PROA_IO, 0, "what was fetched is not written: %s",
                         strerror(errno));
    return PROA_OK;
}

static enum proa_status fetch_one(const char *name, int fd, uint64_t *left,
                                  struct proa_error *err)
{
    struct proa_input input = { 0 };
    struct proa_error own = { 0 };
    enum proa_status status = proa_input_read(name, &input, &own);

    if (status == PROA_OK && input.size > *left) {
        proa_input_deinit(&input);
        status = proa_fail(&own, PROA_LIMIT, 0,
                           "all that is fetched is larger than 1 GiB");
    }
    if (status != PROA_OK)
        return write_record(fd, name, FAILED, own.text, strlen(own.text), err);
    *left -= input.size;
    status = write_record(fd, name, CAME, input.bytes, input.size, err);
    proa_input_deinit(&input);
    return status;
}

enum proa_status proa_kept_fetch(const struct proa_kept *kept,
                                 const char *const *names, uint32_t count,
                                 pid_t keeper, int fd, struct proa_error *err)
{
    enum proa_status status = PROA_OK;
    uint64_t left = RECORDS_BYTES_MAX;

    for (uint32_t i = 0; i < count && status == PROA_OK; i++) {
        bool is_twice = strlen(names[i]) > NAME_BYTES_MAX;
        for (uint32_t j = 0; j < i && !is_twice; j++)
            is_twice = strcmp(names[i], names[j]) == 0;
        if (is_twice)
            continue;
        if (is_shared(kept->shared, keeper, names[i]))
            status = write_record(fd, names[i], SAME, NULL, 0, err);
        else
            status = fetch_one(names[i], fd, &left, err);
    }
    return status;
}

/* --- and taken ----------------------------------------------------------- */

/* @return owned, with a closing zero; NULL: there is not so much */
static char *read_text(int fd, uint64_t *offset, size_t size)
{
    char *text = malloc(size + 1);
    size_t done = 0;

    while (text != NULL && done < size) {
        ssize_t got = pread(fd, text + done, size - done, (off_t)*offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            free(text);
            return NULL;
        }
        done += (size_t)got;
        *offset += (uint64_t)got;
    }
    if (text != NULL)
        text[size] = '\0';
    return text;
}

static enum proa_status take_one(struct proa_kept *kept, const char *name,
                                 enum outcome outcome, size_t size,
                                 char *bytes_take, struct proa_error *err)
{
    struct proa_kept_item *item = find(kept, name);

    if (item == NULL && outcome != SAME)
        item = append(kept, name);
    if (item == NULL) {
        free(bytes_take);
        return outcome == SAME ? PROA_OK
                               : proa_fail(err, PROA_NOMEM, 0, "out of memory");
    }
    item->unnamed_count = 0;
    free(item->failure);
    item->failure = outcome == FAILED ? bytes_take : NULL;
    if (outcome == CAME) {
        proa_input_deinit(&item->input);
        item->input = (struct proa_input){ .name = item->input.name,
                                           .bytes = (uint8_t *)bytes_take,
                                           .size = size,
                                           .fd = -1 };
    } else if (outcome == SAME) {
        free(bytes_take);
    }
    return PROA_OK;
}

static enum proa_status take_next(struct proa_kept *kept, int fd,
                                  uint64_t *offset, uint64_t file_size,
                                  struct proa_error *err)
{
    struct record record;
    uint64_t left = file_size - *offset;

    if (left < sizeof record ||
        pread(fd, &record, sizeof record, (off_t)*offset) !=
            (ssize_t)sizeof record ||
        record.outcome > FAILED || record.name_size > NAME_BYTES_MAX ||
        record.name_size > left - sizeof record ||
        record.size > left - sizeof record - record.name_size)
        return proa_fail(err, PROA_MALFORMED, *offset, "it is cut short");
    *offset += sizeof record;
    char *name = read_text(fd, offset, record.name_size);
    char *bytes =
        name == NULL ? NULL : read_text(fd, offset, (size_t)record.size);
    if (bytes == NULL) {
        free(name);
        return proa_fail(err, PROA_NOMEM, 0, "it cannot be read");
    }
    enum proa_status status = take_one(kept, name, (enum outcome)record.outcome,
                                       (size_t)record.size, bytes, err);
    free(name);
    return status;
}

static void forget_unnamed(struct proa_kept *kept)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < kept->count; i++) {
        if (kept->items[i].unnamed_count >= UNNAMED_MAX)
            item_deinit(&kept->items[i]);
        else
            kept->items[count++] = kept->items[i];
    }
    kept->count = count;
}

enum proa_status proa_kept_take(struct proa_kept *kept, int fd,
                                struct proa_error *err)
{
    enum proa_status status = PROA_OK;
    uint64_t offset = 0;
    struct stat st;

    if (fstat(fd, &st) != 0)
        return proa_fail(err, PROA_IO, 0, "%s", strerror(errno));
    for (uint32_t i = 0; i < kept->count; i++)
        kept->items[i].unnamed_count++;
    while (status == PROA_OK && offset < (uint64_t)st.st_size)
        status = take_next(kept, fd, &offset, (uint64_t)st.st_size, err);
    if (status == PROA_OK)
        forget_unnamed(kept);
    share_all(kept);
    return status;
}
