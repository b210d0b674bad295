/*
 * Which paths a server needs as long as it runs.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <elf.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cache/compiler.h"
#include "cache/store.h"
#include "platform/process.h"
#include "serve/confine.h"
#include "serve/plan.h"
#include "serve/serve.h"

enum { HEADERS_MAX = 64 };

/* Where programs find their libraries: to be read, not to be started. */
static const char *const libraries[] = {
    "/lib",       "/lib64",         "/usr/lib",
    "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache",
};

/* What libraries look at: how many cores there are, our own memory. */
static const char *const system_files[] = { "/proc", "/sys/devices/system/cpu",
                                            "/dev/urandom" };

/* The program that the kernel starts to load another one, as it says. */
static bool read_loader(int fd, char path[PATH_MAX])
{
    Elf64_Ehdr head;
    Elf64_Phdr headers[HEADERS_MAX];

    if (pread(fd, &head, sizeof head, 0) != (ssize_t)sizeof head ||
        memcmp(head.e_ident, ELFMAG, SELFMAG) != 0 ||
        head.e_phnum > HEADERS_MAX)
        return false;
    size_t size = head.e_phnum * sizeof headers[0];
    if (pread(fd, headers, size, (off_t)head.e_phoff) != (ssize_t)size)
        return false;
    for (uint32_t i = 0; i < head.e_phnum; i++) {
        const Elf64_Phdr *found = &headers[i];
        if (found->p_type != PT_INTERP || found->p_filesz >= PATH_MAX)
            continue;
        ssize_t got = pread(fd, path, found->p_filesz, (off_t)found->p_offset);
        path[got < 0 ? 0 : got] = '\0';
        return got > 0;
    }
    return false;
}

static void add_program(struct proa_confine_paths *paths, const char *path)
{
    const unsigned allowed = PROA_CONFINE_READ | PROA_CONFINE_EXECUTE;
    char loader[PATH_MAX];
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return;
    proa_confine_add(paths, path, allowed);
    if (read_loader(fd, loader))
        proa_confine_add(paths, loader, allowed);
    (void)close(fd);
}

/* Without them nothing new is compiled, which is told when it is tried. */
static void add_compilers(struct proa_confine_paths *paths, const char *wanted)
{
    char path[PROA_COMPILER_PATH_MAX];
    struct proa_error err = { 0 };

    if (proa_compiler_find(wanted, path, &err) == PROA_OK)
        add_program(paths, path);
    if (proa_compiler_find_baseline(wanted, path, &err) == PROA_OK)
        add_program(paths, path);
    if (proa_process_find("wat2wasm", path, sizeof path))
        add_program(paths, path);
    for (size_t i = 0; i < sizeof libraries / sizeof libraries[0]; i++)
        proa_confine_add(paths, libraries[i], PROA_CONFINE_READ);
}

static void add_cache(struct proa_confine_paths *paths)
{
    char path[PATH_MAX];
    struct proa_cache *cache = NULL;
    struct proa_error err = { 0 };

    if (!proa_cache_default_dir(path, sizeof path))
        return;
    /* It is made here if it is not there: later that is forbidden. */
    if (proa_cache_open(path, &cache, &err) != PROA_OK)
        return;
    proa_cache_close(cache);
    proa_confine_add(paths, path, PROA_CONFINE_READ | PROA_CONFINE_WRITE);
}

static void add_preopens(struct proa_confine_paths *paths,
                         const struct proa_wasi_preopen *preopens,
                         uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        proa_confine_add(paths, preopens[i].host_path,
                         preopens[i].is_read_only
                             ? PROA_CONFINE_READ
                             : PROA_CONFINE_READ | PROA_CONFINE_WRITE);
}

/* A Unix socket of ours is removed at the end. */
static void add_address(struct proa_confine_paths *paths, const char *address)
{
    if (address != NULL && strncmp(address, "unix:", 5) == 0)
        proa_confine_add_folder_of(paths, address + 5, PROA_CONFINE_REMOVE);
}

/*
 * A file that is read again may be another one by then, or a link to one: then
 * its folder is where that one lies.
 */
static void add_file(struct proa_confine_paths *paths, const char *path)
{
    char *real = realpath(path, NULL);

    proa_confine_add_folder_of(paths, path, PROA_CONFINE_READ);
    if (real != NULL)
        proa_confine_add_folder_of(paths, real, PROA_CONFINE_READ);
    free(real);
}

static void add_options(struct proa_confine_paths *paths,
                        const struct proa_serve_options *options)
{
    const char *const files[] = {
        options->tls_certificate_path,
        options->tls_key_path,
        options->plan != NULL ? options->path : NULL,
    };

    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        if (files[i] != NULL)
            add_file(paths, files[i]);
    for (uint32_t i = 0; i < options->reload_folder_count; i++)
        proa_confine_add(paths, options->reload_folders[i], PROA_CONFINE_READ);
    /* Opened anew when it was renamed. */
    if (options->usage_path != NULL && strcmp(options->usage_path, "-") != 0)
        proa_confine_add_folder_of(paths, options->usage_path,
                                   PROA_CONFINE_WRITE);
    add_address(paths, options->address);
    for (uint32_t i = 0; i < options->more_address_count; i++)
        add_address(paths, options->more_addresses[i]);
    add_preopens(paths, options->preopens, options->preopen_count);
}

void proa_confine_add_plan(struct proa_confine_paths *paths,
                           const struct proa_serve_options *options,
                           const struct proa_plan *plan)
{
    add_options(paths, options);
    for (uint32_t i = 0; i < plan->count; i++) {
        const struct proa_function_settings *item = &plan->items[i];
        if (proa_plan_is_file(item->path))
            add_file(paths, item->path);
        add_preopens(paths, item->preopens, item->preopen_count);
    }
    for (uint32_t i = 0; i < plan->folder_count; i++)
        proa_confine_add(paths, plan->folders[i], PROA_CONFINE_READ);
    if (plan->public_path != NULL)
        proa_confine_add(paths, plan->public_path, PROA_CONFINE_READ);
    proa_confine_add(paths, "/dev/null",
                     PROA_CONFINE_READ | PROA_CONFINE_WRITE);
    for (size_t i = 0; i < sizeof system_files / sizeof system_files[0]; i++)
        proa_confine_add(paths, system_files[i], PROA_CONFINE_READ);
    add_compilers(paths, options->compiler_path);
    add_cache(paths);
}
