/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/confine.h"

#include <errno.h>
#include <grp.h>
#include <libgen.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/fail.h"

enum { PATH_BYTES_MAX = 4096, CAPACITY_FIRST = 64 };

/* --- paths -------------------------------------------------------------- */

static bool make_room(struct proa_confine_paths *paths)
{
    uint32_t wanted =
        paths->capacity == 0 ? CAPACITY_FIRST : paths->capacity * 2;
    struct proa_confine_path *items;

    if (paths->count < paths->capacity)
        return true;
    if (paths->count >= PROA_CONFINE_PATHS_MAX)
        return false;
    items = proa_arena_array(paths->arena, wanted, sizeof items[0]);
    if (items == NULL)
        return false;
    if (paths->count > 0)
        memcpy(items, paths->items, paths->count * sizeof items[0]);
    paths->items = items;
    paths->capacity = wanted;
    return true;
}

void proa_confine_add(struct proa_confine_paths *paths, const char *path,
                      unsigned allowed)
{
    /* Many functions lie in few folders. */
    for (uint32_t i = 0; i < paths->count; i++) {
        if (strcmp(paths->items[i].path, path) == 0) {
            paths->items[i].allowed |= allowed;
            return;
        }
    }
    const char *kept = proa_arena_strndup(paths->arena, path, strlen(path));
    if (kept == NULL || !make_room(paths)) {
        paths->is_exhausted = true;
        return;
    }
    paths->items[paths->count++] = (struct proa_confine_path){ kept, allowed };
}

void proa_confine_add_folder_of(struct proa_confine_paths *paths,
                                const char *path, unsigned allowed)
{
    char copy[PATH_BYTES_MAX];

    if (strlen(path) >= sizeof copy) {
        paths->is_exhausted = true;
        return;
    }
    memcpy(copy, path, strlen(path) + 1);
    proa_confine_add(paths, dirname(copy), allowed);
}

/* --- the user ----------------------------------------------------------- */

/* "1000" or "1000:1000". */
static bool read_numbers(const char *text, uid_t *uid, gid_t *gid)
{
    char *end = NULL;
    unsigned long first = strtoul(text, &end, 10), second = first;

    if (text[0] < '0' || text[0] > '9' || first > UINT32_MAX - 1)
        return false;
    if (*end == ':') {
        const char *rest = end + 1;
        second = strtoul(rest, &end, 10);
        if (rest[0] < '0' || rest[0] > '9' || second > UINT32_MAX - 1)
            return false;
    }
    if (*end != '\0')
        return false;
    *uid = (uid_t)first;
    *gid = (gid_t)second;
    return true;
}

static bool read_name(const char *name, uid_t *uid, gid_t *gid)
{
    FILE *file = fopen("/etc/passwd", "re");
    const struct passwd *entry = NULL;
    bool is_found = false;

    if (file == NULL)
        return false;
    while (!is_found && (entry = fgetpwent(file)) != NULL)
        is_found = strcmp(entry->pw_name, name) == 0;
    if (is_found) {
        *uid = entry->pw_uid;
        *gid = entry->pw_gid;
    }
    (void)fclose(file);
    return is_found;
}

enum proa_status proa_confine_user(const char *user, struct proa_error *err)
{
    uid_t uid = 0;
    gid_t gid = 0;

    if (!read_numbers(user, &uid, &gid) && !read_name(user, &uid, &gid))
        return proa_fail(err, PROA_USAGE, 0,
                         "no user '%.100s'; write a name of /etc/passwd, UID "
                         "or UID:GID",
                         user);
    if (geteuid() == uid && getuid() == uid && uid != 0)
        return PROA_OK;
    if (geteuid() != 0)
        return proa_fail(err, PROA_USAGE, 0,
                         "only root can become user '%.100s'; start as root or "
                         "without --user",
                         user);
    if (setgroups(0, NULL) != 0 || setresgid(gid, gid, gid) != 0 ||
        setresuid(uid, uid, uid) != 0)
        return proa_fail(err, PROA_IO, 0, "cannot become user '%.100s': %s",
                         user, strerror(errno));
    /* Whoever was root can no more become it. */
    if (uid != 0 && setresuid(0, 0, 0) == 0)
        return proa_fail(err, PROA_IO, 0, "root's rights did not go");
    return PROA_OK;
}

/* --- all ---------------------------------------------------------------- */

enum proa_status proa_confine(const struct proa_confine_paths *paths,
                              struct proa_confined *confined,
                              struct proa_error *err)
{
    struct proa_confined made = { 0 };
    enum proa_status status;

    if (paths->is_exhausted)
        return proa_fail(err, PROA_NOMEM, 0,
                         "no memory for the paths that are left");
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return proa_fail(err, PROA_IO, 0, "no_new_privs: %s", strerror(errno));
    status = proa_confine_files(paths, &made, err);
    if (status == PROA_OK)
        status = proa_confine_calls(&made, err);
    if (status == PROA_OK)
        *confined = made;
    return status;
}

void proa_confined_write(const struct proa_confined *confined,
                         struct proa_buffer *line)
{
    if (confined->call_count == 0) {
        (void)proa_buffer_printf(line, "not confined");
        return;
    }
    if (confined->landlock_version > 0)
        (void)proa_buffer_printf(line, "confined to %u paths (Landlock %d)",
                                 confined->path_count,
                                 confined->landlock_version);
    else
        (void)proa_buffer_printf(
            line, "not confined to its files: this kernel has no Landlock");
    (void)proa_buffer_printf(line, " and %u system calls",
                             confined->call_count);
}
