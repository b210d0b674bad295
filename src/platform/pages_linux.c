/*
 * https://docs.kernel.org/admin-guide/mm/pagemap.html#pagemap-scan-ioctl
 * Since Linux 6.7; the headers of older systems do not have it.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "platform/pages.h"

#include <assert.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <unistd.h>

struct region {
    uint64_t start;
    uint64_t end;
    uint64_t categories;
};

struct scan {
    uint64_t size;
    uint64_t flags;
    uint64_t start;
    uint64_t end;
    uint64_t walk_end;
    uint64_t regions;
    uint64_t region_count;
    uint64_t page_max;
    uint64_t category_inverted;
    uint64_t category_mask;
    uint64_t category_anyof_mask;
    uint64_t return_mask;
};

#define SCAN _IOWR('f', 16, struct scan)

enum { IS_FILE = 1 << 2, IS_PRESENT = 1 << 3, IS_SWAPPED = 1 << 4 };
enum { IS_ZERO = 1 << 5 };

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int pagemap = -1;

/* The descriptor tells of the process that opened it, also after a fork: a
 * child must not read its parent's pages in the place of its own. */
static void reopen(void)
{
    if (pagemap >= 0)
        (void)close(pagemap);
    pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
}

static void start(void)
{
    if (pthread_atfork(NULL, NULL, reopen) == 0)
        reopen();
}

int proa_pages_scan(const void *base, uint64_t from, uint64_t size,
                    struct proa_page_run *runs, uint32_t run_max,
                    uint64_t *next)
{
    struct region regions[PROA_PAGES_RUNS_MAX];
    uint64_t address = (uint64_t)(uintptr_t)base;
    struct scan scan = {
        .size = sizeof scan,
        .start = address + from,
        .end = address + size,
        .regions = (uint64_t)(uintptr_t)regions,
        .region_count = run_max,
        .category_inverted = IS_FILE | IS_ZERO,
        .category_mask = IS_FILE | IS_ZERO,
        .category_anyof_mask = IS_PRESENT | IS_SWAPPED,
    };

    assert(run_max > 0 && run_max <= PROA_PAGES_RUNS_MAX);
    (void)pthread_once(&once, start);
    if (pagemap < 0)
        return -1;
    int count = ioctl(pagemap, SCAN, &scan);
    if (count < 0 || (uint32_t)count > run_max || scan.walk_end <= scan.start ||
        scan.walk_end > scan.end)
        return -1;
    for (int i = 0; i < count; i++) {
        runs[i].start = regions[i].start - address;
        runs[i].end = regions[i].end - address;
    }
    *next = scan.walk_end - address;
    return count;
}

/*
 * The kernel counts a fault for the thread that has it, whether it is the
 * thread's own or one of the kernel on its behalf.
 */
struct proa_page_faults proa_pages_faults(void)
{
    static _Thread_local char thread;
    struct rusage usage = { 0 };
    struct proa_page_faults faults = { .thread = &thread };

    if (getrusage(RUSAGE_THREAD, &usage) == 0)
        faults.count = (uint64_t)usage.ru_minflt + (uint64_t)usage.ru_majflt;
    else
        faults.thread = NULL;
    return faults;
}
