/*
 * Loading: what is refused, and with which words.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>

#include "fixture.h"
#include "runtime/engine.h"

static int file_of(const void *bytes, size_t size)
{
    int fd = memfd_create("file", MFD_CLOEXEC);

    CHECK_EQ(fd >= 0, 1);
    CHECK_EQ(write(fd, bytes, size), (ssize_t)size);
    return fd;
}

static void check_refused(struct proa_engine *engine, int fd,
                          enum proa_status status, const char *text)
{
    struct proa_module *module = NULL;
    struct proa_error err = { 0 };

    CHECK_EQ(proa_module_load_fd(engine, fd, &module, &err), status);
    CHECK_EQ(err.status, status);
    CHECK_EQ(module == NULL, 1);
    if (strcmp(err.text, text) != 0)
        fprintf(stderr, "%s\n", err.text);
    CHECK_EQ(strcmp(err.text, text), 0);
    if (fd >= 0)
        (void)close(fd);
}

static void test_refused(struct proa_engine *engine)
{
    static const struct {
        const char *features;
        const char *text;
    } features[] = {
        { "sse2,no-such-thing", "the artifact needs the CPU feature "
                                "no-such-thing, which this machine lacks" },
        { "a-feature-with-a-name-that-is-far-too-long-to-be-one",
          "the artifact needs an unknown CPU feature" },
    };
    static uint8_t zeros[8192];
    int pipes[2];

    check_refused(engine, file_of("", 0), PROA_MALFORMED, "empty file");
    check_refused(engine, file_of("x", 1), PROA_MALFORMED,
                  "not an artifact of proa");
    check_refused(engine, file_of(zeros, sizeof zeros), PROA_MALFORMED,
                  "not an artifact of proa");
    check_refused(engine, open("/", O_RDONLY | O_CLOEXEC), PROA_IO,
                  "an artifact must be a file");
    check_refused(engine, -1, PROA_IO,
                  "cannot read an artifact: Bad file descriptor");
    CHECK_EQ(pipe(pipes), 0);
    check_refused(engine, pipes[0], PROA_IO, "an artifact must be a file");
    (void)close(pipes[1]);
    for (int i = 0; i < 2; i++) {
        const struct test_module options = {
            .memory_min = 1,
            .import_type = 1,
            .cpu_features = features[i].features,
        };
        check_refused(engine, test_module_file(&options), PROA_INCOMPATIBLE,
                      features[i].text);
    }
}

static void test_path(struct proa_engine *engine)
{
    char path[64];
    int fd = test_module_file(NULL);
    struct proa_module *module = NULL;
    struct proa_error err = { 0 };

    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    CHECK_EQ(proa_module_load(engine, path, &module, &err), PROA_OK);
    (void)close(fd);
    CHECK_EQ(proa_module_import_count(module), 1);
    CHECK_EQ(strcmp(proa_module_import(module, 0).name, "f"), 0);
    CHECK_EQ(proa_module_export_count(module), 13);
    for (uint32_t i = 0; i < 13; i++)
        CHECK_EQ(
            proa_module_find_export(module, proa_module_export(module, i).name),
            i);
    CHECK_EQ(proa_module_find_export(module, ""), PROA_ARTIFACT_NONE);
    CHECK_EQ(proa_module_find_export(module, "zz"), PROA_ARTIFACT_NONE);
    CHECK_EQ(proa_module_retain(module) == module, true);
    proa_module_release(module);
    CHECK_EQ(strcmp(proa_module_export(module, 0).name, "trap"), 0);
    proa_module_release(module);
    proa_module_release(NULL);
    CHECK_EQ(proa_module_load(engine, "/nowhere/x", &module, &err), PROA_IO);
    CHECK_EQ(
        strcmp(err.text, "cannot open /nowhere/x: No such file or directory"),
        0);
}

/* Every length of a good file but the whole is refused or read, never read
 * beyond. */
static void test_cut_short(struct proa_engine *engine)
{
    const struct test_module options = { .memory_min = 1,
                                         .import_type = 1,
                                         .cpu_features = "" };
    struct proa_buffer file;

    test_module_source(&options, &file);
    for (size_t size = 0; size < file.size; size += 61) {
        int fd = file_of(file.bytes, size);
        struct proa_module *module = NULL;
        struct proa_error err = { 0 };
        CHECK_EQ(proa_module_load_fd(engine, fd, &module, &err),
                 PROA_MALFORMED);
        (void)close(fd);
    }
    proa_buffer_deinit(&file);
}

/* Equal types have equal numbers, others others; narrow ones are written. */
static void test_signatures(struct proa_engine *engine)
{
    enum proa_valtype types[20];
    struct proa_error err = { 0 };
    uint64_t numbers[3];

    for (int i = 0; i < 20; i++)
        types[i] = i == 19 ? PROA_F64 : PROA_I32;
    const struct proa_functype wide[3] = { { test_i32s, test_i32s, 20, 1 },
                                           { types, test_i32s, 20, 1 },
                                           { test_i32s, test_i32s, 1, 20 } };
    for (int i = 0; i < 3; i++)
        CHECK_EQ(proa_engine_signature(engine, &wide[i], &numbers[i], &err),
                 PROA_OK);
    types[19] = PROA_I32;
    const struct proa_functype again = { types, types, 20, 1 };
    uint64_t number;
    CHECK_EQ(proa_engine_signature(engine, &again, &number, &err), PROA_OK);
    CHECK_EQ(number == numbers[0], true);
    CHECK_EQ(numbers[0] != numbers[1] && numbers[1] != numbers[2] &&
                 numbers[0] != numbers[2],
             true);
    CHECK_EQ(numbers[0] >> 60, 1);
    const struct proa_functype narrow = { types, types, 7, 7 };
    CHECK_EQ(proa_engine_signature(engine, &narrow, &number, &err), PROA_OK);
    CHECK_EQ(number == proa_signature_narrow(&narrow), true);
    CHECK_EQ(number >> 60, 0);
}

/* Threads share a module and intern types at once. */
static void *work(void *env)
{
    struct proa_engine *engine = env;
    struct proa_error err = { 0 };

    for (int i = 0; i < 20; i++) {
        struct proa_module *module = test_module_load(engine, NULL);
        struct proa_store *store = NULL;
        struct proa_instance *instance = NULL;
        struct proa_extern import = { .kind = PROA_KIND_FUNC };
        struct proa_extern found;
        const struct proa_functype type = { test_i32s, test_i32s, 1, 1 };
        union proa_value value = { .i32 = i };
        CHECK_EQ(proa_store_create(engine, NULL, &store, &err), PROA_OK);
        CHECK_EQ(proa_func_create(store, &type, (proa_host_fn)abort, NULL,
                                  &import.of.func, &err),
                 PROA_OK);
        CHECK_EQ(
            proa_instance_create(store, module, &import, 1, &instance, &err),
            PROA_OK);
        proa_module_release(module);
        CHECK_EQ(proa_instance_export(instance, "inc", &found), true);
        CHECK_EQ(proa_func_call(found.of.func, &value, &value, &err), PROA_OK);
        CHECK_EQ(value.i32, i + 1);
        CHECK_EQ(proa_instance_export(instance, "load", &found), true);
        value.i32 = -1;
        CHECK_EQ(proa_func_call(found.of.func, &value, &value,
                                &(struct proa_error){ 0 }),
                 PROA_TRAP);
        proa_store_destroy(store);
    }
    return NULL;
}

static void test_threads(struct proa_engine *engine)
{
    pthread_t threads[4];

    for (int i = 0; i < 4; i++)
        CHECK_EQ(pthread_create(&threads[i], NULL, work, engine), 0);
    for (int i = 0; i < 4; i++)
        CHECK_EQ(pthread_join(threads[i], NULL), 0);
}

int main(void)
{
    struct proa_engine *engine = NULL;
    struct proa_engine *second = NULL;
    struct proa_error err = { 0 };

    CHECK_EQ(proa_engine_create(&engine, &err), PROA_OK);
    CHECK_EQ(proa_engine_create(&second, &err), PROA_OK);
    proa_engine_destroy(second);
    proa_engine_destroy(NULL);
    test_refused(engine);
    test_path(engine);
    test_cut_short(engine);
    test_signatures(engine);
    test_threads(engine);
    proa_engine_destroy(engine);
    return 0;
}
