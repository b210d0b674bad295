/*
 * What a folder and a command line come to as a plan.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "serve/plan.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../check.h"
#include "serve/routes.h"

static char base[64];

static const char *const folders[] = { "users", "users/[id]", "public", ".git",
                                       "empty" };
static const char *const files[] = { "index.wasm",        "a.b.wat",
                                     "users/index.proa",  "users/[id].wasm",
                                     "users/[id]/x.wasm", "notes.txt",
                                     "_hidden.wasm",      ".git/x.wasm",
                                     "public/no.wasm",    "noname.WASM" };

static void in_base(const char *name, char path[160])
{
    (void)snprintf(path, 160, "%s/%s", base, name);
}

static void make_folder(void)
{
    char path[160];

    (void)snprintf(base, sizeof base, "/tmp/proa-plan-XXXXXX");
    CHECK_EQ(mkdtemp(base) != NULL, true);
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        in_base(folders[i], path);
        CHECK_EQ(mkdir(path, 0700), 0);
    }
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        in_base(files[i], path);
        int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
        CHECK_EQ(fd >= 0, true);
        (void)close(fd);
    }
}

static void remove_folder(void)
{
    char path[160];

    for (size_t i = sizeof files / sizeof files[0]; i > 0; i--) {
        in_base(files[i - 1], path);
        (void)unlink(path);
    }
    for (size_t i = sizeof folders / sizeof folders[0]; i > 0; i--) {
        in_base(folders[i - 1], path);
        (void)rmdir(path);
    }
    (void)rmdir(base);
}

static void folder_becomes_routes(void)
{
    static const char *const expected[][2] = {
        { "/a.b", "a.b.wat" },
        { "/", "index.wasm" },
        { "/users/[id]/x", "users/[id]/x.wasm" },
        { "/users/[id]", "users/[id].wasm" },
        { "/users", "users/index.proa" },
    };
    struct proa_error err = { 0 };
    struct proa_plan plan;
    char path[160];

    CHECK_EQ(proa_plan_init(&plan, &err), PROA_OK);
    (void)snprintf(path, sizeof path, "%s///", base);
    CHECK_EQ(proa_plan_add_folder(&plan, path, &err), PROA_OK);
    CHECK_EQ(plan.count, sizeof expected / sizeof expected[0]);
    for (uint32_t i = 0; i < plan.count; i++) {
        in_base(expected[i][1], path);
        CHECK_EQ(strcmp(plan.items[i].route, expected[i][0]), 0);
        CHECK_EQ(strcmp(plan.items[i].name, expected[i][0]), 0);
        CHECK_EQ(strcmp(plan.items[i].path, path), 0);
    }
    in_base("public", path);
    CHECK_EQ(strcmp(plan.public_path, path), 0);
    CHECK_EQ(plan.folder_count, 4); /* itself, empty, users, users/[id] */
    proa_plan_deinit(&plan);
}

static void folders_that_are_none(void)
{
    static const char *const names[] = { "empty", "none", "notes.txt" };
    char path[160];

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct proa_error err = { 0 };
        struct proa_plan plan;
        CHECK_EQ(proa_plan_init(&plan, &err), PROA_OK);
        in_base(names[i], path);
        CHECK_EQ(proa_plan_add_folder(&plan, path, &err), PROA_USAGE);
        proa_plan_deinit(&plan);
    }
}

static void routes_of_the_command_line(void)
{
    static const char *const bad[] = { "", "=", "/a", "/a=", "=a.wasm" };
    struct proa_error err = { 0 };
    struct proa_plan plan;

    CHECK_EQ(proa_plan_init(&plan, &err), PROA_OK);
    CHECK_EQ(proa_plan_add_route(&plan, "/a=b=c.wasm", &err), PROA_OK);
    CHECK_EQ(strcmp(plan.items[0].route, "/a"), 0);
    CHECK_EQ(strcmp(plan.items[0].path, "b=c.wasm"), 0);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        err = (struct proa_error){ 0 };
        CHECK_EQ(proa_plan_add_route(&plan, bad[i], &err), PROA_USAGE);
    }
    CHECK_EQ(plan.count, 1);
    proa_plan_deinit(&plan);
}

static void so_many_and_no_more(void)
{
    const struct proa_function_settings one = { .route = "/", .path = "a" };
    struct proa_error err = { 0 };
    struct proa_plan plan;

    CHECK_EQ(proa_plan_init(&plan, &err), PROA_OK);
    for (uint32_t i = 0; i < PROA_ROUTES_MAX; i++)
        CHECK_EQ(proa_plan_add(&plan, &one, &err), PROA_OK);
    CHECK_EQ(proa_plan_add(&plan, &one, &err), PROA_LIMIT);
    CHECK_EQ(proa_plan_watch(&plan, "x", &err), PROA_OK);
    CHECK_EQ(proa_plan_watch(&plan, "x", &err), PROA_OK);
    CHECK_EQ(plan.folder_count, 1);
    proa_plan_deinit(&plan);
}

static void settings_are_inherited(void)
{
    static const char *const env[] = { "A=1" };
    const struct proa_function_settings defaults = {
        .abi = PROA_ABI_WASI,
        .timeout_ns = 1,
        .memory_bytes_max = 2,
        .body_bytes_max = 3,
        .response_bytes_max = 4,
        .admission = { 5, 6, 7, 8, 9 },
        .program_name = "n",
        .env = env,
        .env_count = 1,
    };
    struct proa_function_settings made = {
        .timeout_ns = 10, .admission = { .rate_interval_ns = 11 }
    };

    proa_function_settings_inherit(&made, &defaults);
    CHECK_EQ(made.abi, PROA_ABI_WASI);
    CHECK_EQ(made.timeout_ns, 10);
    CHECK_EQ(made.memory_bytes_max, 2);
    CHECK_EQ(made.body_bytes_max, 3);
    CHECK_EQ(made.response_bytes_max, 4);
    CHECK_EQ(made.admission.running_max, 5);
    CHECK_EQ(made.admission.waiting_max, 6);
    CHECK_EQ(made.admission.wait_ns_max, 7);
    /* A rate of its own does not take the burst of another. */
    CHECK_EQ(made.admission.rate_interval_ns, 11);
    CHECK_EQ(made.admission.burst, 0);
    CHECK_EQ(made.env == env && made.env_count == 1, true);
}

int main(void)
{
    make_folder();
    folder_becomes_routes();
    folders_that_are_none();
    routes_of_the_command_line();
    so_many_and_no_more();
    settings_are_inherited();
    remove_folder();
    return 0;
}
