/*
 * Which pages were written, asked with buffers of every size.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "platform/pages.h"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../check.h"
#include "platform/map.h"

enum { PAGE = PROA_HOST_PAGE_SIZE, PAGES = 64, SIZE = PAGES * PAGE };

/* A bit a page, as the kernel tells; false: it does not. */
static bool scan(const uint8_t *base, uint32_t run_max, uint64_t *bits)
{
    struct proa_page_run runs[PROA_PAGES_RUNS_MAX];
    uint64_t found = 0;

    for (uint64_t at = 0; at < SIZE;) {
        uint64_t from = at;
        int count = proa_pages_scan(base, from, SIZE, runs, run_max, &at);
        if (count < 0)
            return false;
        CHECK_EQ((uint32_t)count <= run_max, true);
        CHECK_EQ(at > from && at <= SIZE, true);
        for (int i = 0; i < count; i++) {
            CHECK_EQ(runs[i].start < runs[i].end && runs[i].end <= SIZE, true);
            for (uint64_t p = runs[i].start / PAGE; p < runs[i].end / PAGE; p++)
                found |= (uint64_t)1 << p;
        }
    }
    *bits = found;
    return true;
}

static void check_bits(const uint8_t *base, uint64_t expected)
{
    uint64_t bits = 0;

    for (uint32_t run_max = 1; run_max <= PROA_PAGES_RUNS_MAX; run_max++) {
        CHECK_EQ(scan(base, run_max, &bits), true);
        CHECK_EQ(bits, expected);
    }
}

static uint8_t *make_area(void)
{
    uint8_t *base = proa_map_reserve(SIZE);
    int fd = memfd_create("file", MFD_CLOEXEC);

    CHECK_EQ(base != NULL && fd >= 0, true);
    CHECK_EQ(proa_map_commit(base, SIZE), true);
    CHECK_EQ(proa_map_keep_small(base, SIZE), true);
    CHECK_EQ(ftruncate(fd, (off_t)8 * PAGE), 0);
    CHECK_EQ(pwrite(fd, "file", 4, (off_t)2 * PAGE), 4);
    CHECK_EQ(
        proa_map_overlay(base + (size_t)8 * PAGE, (uint64_t)8 * PAGE, fd, 0),
        true);
    (void)close(fd);
    return base;
}

/* What a child sees is its own. */
static void check_child(uint8_t *base, uint64_t expected)
{
    int end = -1;
    pid_t child = fork();

    if (child == 0) {
        uint64_t bits = 0;
        base[(size_t)60 * PAGE] = 1;
        if (!scan(base, 3, &bits))
            _exit(1);
        _exit(bits == (expected | (uint64_t)1 << 60) ? 0 : 2);
    }
    CHECK_EQ(child > 0, true);
    CHECK_EQ(waitpid(child, &end, 0), child);
    CHECK_EQ(end, 0);
    check_bits(base, expected);
}

static uint64_t faults(void)
{
    struct proa_page_faults now = proa_pages_faults();

    CHECK_EQ(now.thread != NULL, true);
    return now.count;
}

/* Each page that becomes an own one is a fault of the thread that wrote it, be
 * it by a call of the kernel; what is an own one already is none. */
static void check_faults(void)
{
    uint8_t *base = make_area();
    volatile uint8_t *bytes = base;
    int fd = memfd_create("read", MFD_CLOEXEC);
    uint64_t before = faults();

    CHECK_EQ(fd >= 0 && ftruncate(fd, 1) == 0, true);
    bytes[(size_t)3 * PAGE] = 1;
    CHECK_EQ(faults() > before, true);
    before = faults();
    CHECK_EQ(pread(fd, base + (size_t)4 * PAGE, 1, 0), 1);
    CHECK_EQ(faults() > before, true);
    (void)bytes[(size_t)5 * PAGE]; /* the page of zeros */
    before = faults();
    bytes[(size_t)5 * PAGE] = 1;
    CHECK_EQ(faults() > before, true);
    before = faults();
    bytes[(size_t)10 * PAGE] = 1; /* of the file */
    CHECK_EQ(faults() > before, true);
    before = faults();
    bytes[(size_t)3 * PAGE + 1] = 1;
    bytes[(size_t)10 * PAGE + 1] = 1;
    CHECK_EQ(faults(), before);
    (void)close(fd);
    proa_map_release(base, SIZE);
}

int main(void)
{
    uint8_t *base = make_area();
    volatile uint8_t *bytes = base;
    uint64_t bits = 0;
    uint64_t expected = 0;

    if (!scan(base, 1, &bits)) {
        proa_map_release(base, SIZE);
        return 0; /* an older kernel */
    }
    check_faults();
    check_bits(base, 0);
    /* Reading makes no page an own one, of zeros or of a file. */
    for (int i = 0; i < PAGES; i++)
        CHECK_EQ(bytes[(size_t)i * PAGE], i == 10 ? 'f' : 0);
    check_bits(base, 0);
    for (int i = 0; i < PAGES; i += 3) {
        bytes[(size_t)i * PAGE + 7] = 1;
        expected |= (uint64_t)1 << i;
    }
    check_bits(base, expected);
    (void)madvise(base, SIZE, MADV_PAGEOUT);
    check_bits(base, expected);
    CHECK_EQ(proa_map_hide(base + SIZE / 2, SIZE / 2), true);
    check_bits(base, expected);
    CHECK_EQ(proa_map_commit(base + SIZE / 2, SIZE / 2), true);
    CHECK_EQ(bytes[(size_t)63 * PAGE + 7], 1);
    check_child(base, expected);
    CHECK_EQ(proa_map_discard(base, SIZE), true);
    check_bits(base, 0);
    CHECK_EQ(bytes[(size_t)63 * PAGE + 7], 0);
    proa_map_release(base, SIZE);
    return 0;
}
