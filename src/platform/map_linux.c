/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

#include "platform/map.h"

void *proa_map_reserve(uint64_t size)
{
    void *address = mmap(NULL, size, PROT_NONE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    return address == MAP_FAILED ? NULL : address;
}

/* Since Linux 6.13; with older headers it has no name. */
static const int madv_guard_install = 102;

void *proa_map_stack(uint64_t size, uint64_t guard_size)
{
    void *address =
        mmap(NULL, size, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);

    if (address == MAP_FAILED)
        return NULL;
    /* A guard of this kind is none of the few areas that a process may have. */
    if (madvise(address, guard_size, madv_guard_install) == 0 ||
        mprotect(address, guard_size, PROT_NONE) == 0)
        return address;
    (void)munmap(address, size);
    return NULL;
}

bool proa_map_commit(void *address, uint64_t size)
{
    return size == 0 || mprotect(address, size, PROT_READ | PROT_WRITE) == 0;
}

bool proa_map_hide(void *address, uint64_t size)
{
    return size == 0 || mprotect(address, size, PROT_NONE) == 0;
}

bool proa_map_discard(void *address, uint64_t size)
{
    return size == 0 || madvise(address, size, MADV_DONTNEED) == 0;
}

bool proa_map_keep_small(void *address, uint64_t size)
{
    /* EINVAL: a kernel that knows no huge pages. */
    return size == 0 || madvise(address, size, MADV_NOHUGEPAGE) == 0 ||
           errno == EINVAL;
}

void proa_map_release(void *address, uint64_t size)
{
    if (address != NULL)
        (void)munmap(address, size);
}

bool proa_map_overlay(void *address, uint64_t size, int fd, uint64_t offset)
{
    if (size == 0)
        return true;
    return mmap(address, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED,
                fd, (off_t)offset) != MAP_FAILED;
}

void *proa_map_file(int fd, uint64_t size)
{
    void *address = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);

    return address == MAP_FAILED ? NULL : address;
}

void *proa_map_new_file(uint64_t size, int *fd)
{
    int made = memfd_create("proa-memory", MFD_CLOEXEC);
    void *address = MAP_FAILED;

    if (made < 0)
        return NULL;
    if (size <= INT64_MAX && ftruncate(made, (off_t)size) == 0)
        address = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, made, 0);
    if (address == MAP_FAILED) {
        (void)close(made);
        return NULL;
    }
    *fd = made;
    return address;
}

bool proa_map_executable(void *address, uint64_t size)
{
    return size == 0 || mprotect(address, size, PROT_READ | PROT_EXEC) == 0;
}

uint64_t proa_map_round(uint64_t size)
{
    const uint64_t mask = PROA_HOST_PAGE_SIZE - 1;

    return size > UINT64_MAX - mask ? 0 : (size + mask) & ~mask;
}
