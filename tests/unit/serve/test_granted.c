/*
 * Whether a server that was granted some folders and settings can serve what is
 * asked for today.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "serve/granted.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../check.h"
#include "serve/plan.h"
#include "serve/serve.h"

static char top[] = "/tmp/proa-granted-XXXXXX";

static const char *in(const char *name)
{
    static char paths[64][128]; /* so many live at once */
    static unsigned next;
    char *path = paths[next++ % 64];

    (void)snprintf(path, sizeof paths[0], "%s/%s", top, name);
    return path;
}

static void plan_make(struct proa_plan *plan, const char *public_path,
                      const struct proa_wasi_preopen *preopen)
{
    struct proa_error err = { 0 };
    struct proa_function_settings function = {
        .route = "/",
        .path = in("near/a.wasm"),
        .preopens = preopen,
        .preopen_count = preopen != NULL,
    };

    CHECK_EQ(proa_plan_init(plan, &err), PROA_OK);
    CHECK_EQ(proa_plan_add(plan, &function, &err), PROA_OK);
    plan->public_path = public_path;
}

static int granted_to(const struct proa_serve_options *options,
                      const char *public_path)
{
    struct proa_error err = { 0 };
    struct proa_buffer settings;
    struct proa_plan plan;
    int fd = -1;

    plan_make(&plan, public_path, NULL);
    proa_buffer_init(&settings, 1 << 16);
    proa_granted_settings(options, &settings);
    struct proa_confine_paths paths = { .arena = plan.arena };
    proa_confine_add_plan(&paths, options, &plan);
    CHECK_EQ(proa_granted_write(options, &settings, &paths, &fd, &err),
             PROA_OK);
    proa_buffer_deinit(&settings);
    proa_plan_deinit(&plan);
    return fd;
}

static bool suffices(int fd, const struct proa_serve_options *options,
                     const char *public_path,
                     const struct proa_wasi_preopen *preopen)
{
    struct proa_plan plan;

    plan_make(&plan, public_path, preopen);
    bool is_enough = proa_granted_suffices(fd, options, &plan);
    proa_plan_deinit(&plan);
    return is_enough;
}

static void folders(void)
{
    const struct proa_serve_options options = { .address = "127.0.0.1:1" };
    const struct proa_wasi_preopen near = { in("near"), "/", true },
                                   written = { in("near"), "/", false };
    int fd = granted_to(&options, in("near"));

    CHECK_EQ(suffices(fd, &options, in("near"), NULL), true);
    CHECK_EQ(suffices(fd, &options, in("near/below"), NULL), true);
    CHECK_EQ(suffices(fd, &options, in("not there"), NULL), true);
    CHECK_EQ(suffices(fd, &options, in("far"), NULL), false);
    CHECK_EQ(suffices(fd, &options, in("near/link"), NULL), false);
    CHECK_EQ(suffices(fd, &options, in("near/../far"), NULL), false);
    CHECK_EQ(suffices(fd, &options, in("."), NULL), false);
    CHECK_EQ(suffices(fd, &options, NULL, &near), true);
    CHECK_EQ(suffices(fd, &options, NULL, &written), false);
    (void)close(fd);
    /* One of the same name that was made later is another one. */
    fd = granted_to(&options, in("far"));
    CHECK_EQ(suffices(fd, &options, in("far"), NULL), true);
    CHECK_EQ(rename(in("far"), in("gone")), 0);
    CHECK_EQ(mkdir(in("far"), 0700), 0);
    CHECK_EQ(suffices(fd, &options, in("far"), NULL), false);
    CHECK_EQ(suffices(fd, &options, in("gone"), NULL), true);
    (void)close(fd);
}

static void settings_differ(void)
{
    static const char *const more[] = { "127.0.0.1:2" };
    const struct proa_serve_options first = { .address = "127.0.0.1:1",
                                              .worker_count = 2,
                                              .body_bytes_max = 100 };
    const struct {
        struct proa_serve_options options;
        bool is_enough;
    } cases[] = {
        { { "", .address = "127.0.0.1:1", .worker_count = 2 }, true },
        { { "", .address = "127.0.0.1:1", .worker_count = 3 }, false },
        { { "", .address = "127.0.0.1:2", .worker_count = 2 }, false },
        { { "", .worker_count = 2 }, false },
        { { "", .address = "127.0.0.1:1", .worker_count = 2,
            .more_addresses = more, .more_address_count = 1 },
          false },
        { { "", .address = "127.0.0.1:1", .worker_count = 2,
            .tls_certificate_path = "c" },
          false },
        { { "", .address = "127.0.0.1:1", .worker_count = 2, .user = "u" },
          false },
        { { "", .address = "127.0.0.1:1", .worker_count = 2,
            .body_bytes_max = 101 },
          false },
        { { "", .address = "127.0.0.1:1", .worker_count = 2,
            .body_bytes_max = 99 },
          true },
        { { "", .address = "127.0.0.1:1", .worker_count = 2,
            .is_unconfined = true },
          false },
    };
    int fd = granted_to(&first, in("near"));

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        CHECK_EQ(suffices(fd, &cases[i].options, in("near"), NULL),
                 cases[i].is_enough);
    (void)close(fd);
}

/* Files are not confined: every folder will do. */
static void unconfined(void)
{
    const struct proa_serve_options options = { .is_unconfined = true };
    int fd = granted_to(&options, in("near"));

    CHECK_EQ(suffices(fd, &options, in("far"), NULL), true);
    (void)close(fd);
}

int main(void)
{
    if (mkdtemp(top) == NULL)
        return 1;
    CHECK_EQ(setenv("PROA_CACHE_DIR", in("cache"), 1), 0);
    CHECK_EQ(mkdir(in("near"), 0700), 0);
    CHECK_EQ(mkdir(in("near/below"), 0700), 0);
    CHECK_EQ(mkdir(in("far"), 0700), 0);
    CHECK_EQ(symlink("../far", in("near/link")), 0);
    folders();
    settings_differ();
    unconfined();
    CHECK_EQ(unlink(in("near/link")), 0);
    static const char *const made[] = { "near/below", "near", "far", "gone" };
    for (size_t i = 0; i < sizeof made / sizeof made[0]; i++)
        CHECK_EQ(rmdir(in(made[i])), 0);
    (void)rmdir(in("cache"));
    (void)rmdir(top);
    return 0;
}
