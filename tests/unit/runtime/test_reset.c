/*
 * Whatever a guest did, a slot that was put back equals a fresh instance byte
 * for byte: with the kernel's help, with a buffer of one run, without help, and
 * when almost nothing may be kept.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <sys/mman.h>

#include "fixture_slot.h"
#include "runtime/builtin.h"

enum { USES = 48, PAGE = 4096 };

/* xorshift: the same in every run. */
static uint64_t seed = 0x9e3779b97f4a7c15;

static uint64_t pick(uint64_t count)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed % count;
}

static void write_somewhere(struct proa_memory *memory)
{
    uint64_t start = pick(memory->size);
    uint64_t size = pick(pick(4) == 0 ? 5 * PAGE : 16) + 1;

    if (size > memory->size - start)
        size = memory->size - start;
    memset(memory->base + start, (int)pick(256), size);
}

/* So many runs of pages that any buffer is too small. */
static void write_stripes(struct proa_memory *memory)
{
    for (uint64_t at = pick(2) * PAGE; at < memory->size; at += 2 * PAGE)
        memory->base[at + pick(PAGE)] = (uint8_t)pick(256);
}

static void change_tables(struct proa_instance *instance)
{
    struct proa_table *table = instance->tables[0];
    struct proa_func *func =
        proa_instance_func(instance, (uint32_t)pick(TEST_FUNCTIONS));
    uint64_t count = pick(table->count) + 1;

    (void)proa_table_grow(table, func, pick(2000));
    proa_table_set(table, pick(table->count - count + 1), count,
                   pick(2) == 0 ? NULL : func);
    (void)proa_table_grow(instance->tables[1], &seed, pick(3) * 5000);
    proa_table_set(instance->tables[1], 0, 2, &seed);
    (void)proa_table_grow(instance->tables[1], NULL, 3);
}

static void end_somehow(struct test_pair *pair, struct proa_instance *instance)
{
    static const char *const names[] = { "trap", "call", "recurse", "f" };
    int32_t value = 1;

    pair->host.does = (enum test_deed)pick(3);
    (void)test_slot_call(instance, names[pick(4)], &value);
    pair->host.does = TEST_ANSWER;
    (void)proa_store_backtrace(instance->store);
    if (pick(2) == 0)
        proa_store_interrupt(instance->store);
}

static void change(struct test_pair *pair, struct proa_instance *instance)
{
    struct proa_memory *memory = instance->memories[0];

    switch (pick(9)) {
    case 0:
        (void)proa_builtin_memory_grow(instance->context, 0, pick(3));
        break;
    case 1:
        write_stripes(memory);
        break;
    case 2:
        change_tables(instance);
        break;
    case 3:
        instance->globals[0]->value->u64 = pick(UINT64_MAX);
        instance->globals[1]->value->funcref = proa_instance_func(instance, 3);
        break;
    case 4:
        proa_builtin_data_drop(instance->context, (uint32_t)pick(2));
        proa_builtin_elem_drop(instance->context, 0);
        break;
    case 5:
        (void)madvise(memory->base, memory->size, MADV_PAGEOUT);
        break;
    case 6:
        end_somehow(pair, instance);
        break;
    default:
        write_somewhere(memory);
        break;
    }
}

static void use(struct test_pair *pair, uint8_t **context)
{
    size_t size = pair->module->artifact.layout.size;
    struct proa_instance *instance = NULL;
    struct proa_error err = { 0 };

    pair->host.called = 0;
    CHECK_EQ(proa_slot_begin(pair->slot, &instance, &err), PROA_OK);
    test_check_fresh(instance, pair->fresh);
    if (pair->slot->options.init != NULL &&
        instance->memories[0]->size > 64 * PAGE) {
        CHECK_EQ(pair->slot->memories[0].area.shown != NULL, true);
        CHECK_EQ(pair->slot->tables[0].area.shown != NULL, true);
    }
    if (*context == NULL)
        *context = exact_copy((const uint8_t *)instance->context, size);
    CHECK_EQ(memcmp(*context, instance->context, size), 0);
    for (uint64_t i = pick(12); i > 0; i--)
        change(pair, instance);
    proa_slot_end(pair->slot);
}

/* Of everything that an instance has, with the guest's code and without. */
static enum proa_status prepare(void *env, struct proa_store *store,
                                struct proa_instance *instance,
                                struct proa_error *err)
{
    struct proa_memory *memory = instance->memories[0];
    int32_t value = 20;

    (void)env;
    (void)store;
    (void)err;
    CHECK_EQ(test_slot_call(instance, "call", &value), PROA_OK);
    (void)proa_builtin_memory_grow(instance->context, 0, 1);
    memset(memory->base + memory->size - 3 * PAGE, 7, 2 * PAGE);
    if (memory->size > 64 * PAGE) /* more than is kept page by page */
        memset(memory->base + 9 * PAGE, 8, 40 * PAGE);
    if (memory->size <= 64 * PAGE) /* else the image's page stays as it is */
        memory->base[4097]++;
    instance->globals[0]->value->i32 += value;
    instance->data_is_dropped[1] = true;
    instance->elem_is_dropped[0] = true;
    (void)proa_table_grow(instance->tables[0],
                          proa_instance_func(instance, TEST_INC), 100);
    proa_table_set(instance->tables[0], 0, instance->tables[0]->count - 1,
                   proa_instance_func(instance, TEST_INC));
    return PROA_OK;
}

static const char *const may_call[] = { "env.other", "env.f", NULL };

static const struct {
    proa_slot_init init;
    struct test_module module;
} modules[] = {
    { NULL, { .memory_min = 1, .import_type = 1, .cpu_features = "" } },
    { NULL,
      { .memory_min = 40,
        .memory_max = 60,
        .table_min = 3000, /* larger than what is compared whole */
        .init = test_init_write,
        .import_type = 1,
        .cpu_features = "" } },
    { NULL,
      { .memory_min = 2,
        .init = test_init_call,
        .import_type = 1,
        .cpu_features = "" } },
    { prepare, { .memory_min = 1, .import_type = 1, .cpu_features = "" } },
    { prepare,
      { .memory_min = 20,
        .memory_max = 30,
        .table_min = 3000,
        .import_type = 1,
        .cpu_features = "" } },
};

static const struct proa_area_policy policies[] = {
    { .resident_bytes_max = UINT64_MAX, .run_max = PROA_PAGES_RUNS_MAX },
    { .resident_bytes_max = UINT64_MAX, .run_max = 1 },
    { .resident_bytes_max = 3 * PAGE, .run_max = 5 },
    { .is_blind = true, .run_max = 1 },
    { .resident_bytes_max = UINT64_MAX,
      .run_max = PROA_PAGES_RUNS_MAX,
      .counts_faults = true },
    { .resident_bytes_max = 3 * PAGE, .run_max = 5, .counts_faults = true },
};

int main(void)
{
    for (size_t m = 0; m < sizeof modules / sizeof modules[0]; m++) {
        for (size_t p = 0; p < sizeof policies / sizeof policies[0]; p++) {
            struct test_pair pair;
            uint8_t *context = NULL;
            test_pair_prepare(&pair, &modules[m].module, modules[m].init,
                              may_call);
            pair.slot->policy = policies[p];
            for (int i = 0; i < USES; i++)
                use(&pair, &context);
            free(context);
            test_pair_deinit(&pair);
        }
    }
    return 0;
}
