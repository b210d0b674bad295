/* Wherever an instruction finds its operands, it does the same.
 * SPDX-License-Identifier: Apache-2.0 */
#include "execute.h"

static emit_family *const families[] = { proa_emit_numeric, proa_emit_float,
                                         proa_emit_convert, proa_emit_simd };

enum { VALUES = 12 };

static const uint64_t i32s[VALUES] = { 0,          1,          2,
                                       7,          31,         0x80,
                                       0xffffffff, 0x80000000, 0x7fffffff,
                                       0x12345678, 0x8000,     0xfffffff0 };
static const uint64_t i64s[VALUES] = {
    0,
    1,
    3,
    63,
    0xff,
    UINT64_C(0x8000000000000000),
    UINT64_MAX,
    UINT64_C(0x7fffffffffffffff),
    UINT64_C(0xffffffff00000000),
    UINT64_C(0x123456789abcdef0),
    UINT64_C(0x8000000000000401),
    UINT64_C(0x80000000),
};
static const uint64_t f32s[VALUES] = {
    0,          0x80000000, 0x3f800000, 0xbf000000, 0x7f800000, 0xff800000,
    0x7fc00000, 0x4f000000, 0xcf000000, 0x5f7fffff, 0x40490fdb, 0x00000001,
};
static const uint64_t f64s[VALUES] = {
    0,
    UINT64_C(0x8000000000000000),
    UINT64_C(0x3ff0000000000000),
    UINT64_C(0xbfe0000000000000),
    UINT64_C(0x7ff0000000000000),
    UINT64_C(0xfff0000000000000),
    UINT64_C(0x7ff8000000000000),
    UINT64_C(0x41e0000000000000),
    UINT64_C(0xc1e0000000200000),
    UINT64_C(0x43efffffffffffff),
    UINT64_C(0x400921fb54442d18),
    UINT64_C(0x0000000000000001),
};

/* The n-th operand to try; every round another mixture. */
static struct vector value_of(char letter, unsigned n)
{
    struct vector value = { .high = UINT64_C(0x7fc5a5a5c25a5a5a) };
    unsigned i = n % VALUES;

    switch (letter) {
    case 'i':
        value.low = i32s[i];
        break;
    case 'I':
        value.low = i64s[i];
        break;
    case 'f':
        value.low = f32s[i] | UINT64_C(0x5a5a5a5a) << 32;
        break;
    case 'F':
        value.low = f64s[i];
        break;
    case 'a':
        value.low = i;
        break;
    default:
        value.low =
            n % 2 != 0 ? f64s[i] : i64s[i] ^ UINT64_C(0x0180037f11) << n % 23;
        value.high = f32s[(n + 3) % VALUES] << 32 | f32s[(n + 5) % VALUES];
        break;
    }
    return value;
}

struct outcome {
    uint32_t trap;
    struct vector result;
    uint8_t memory[64];
};

static struct outcome run(const struct plan *plan, emit_family *family,
                          struct world *world, uint8_t *text)
{
    struct outcome outcome;
    struct proa_buffer code;
    uint32_t (*function)(struct world *, uint8_t *);

    proa_buffer_init(&code, TEXT_SIZE);
    emit_plan(plan, family, world, &code);
    CHECK_EQ(code.is_full, false);
    CHECK_EQ(mprotect(text, TEXT_SIZE, PROT_READ | PROT_WRITE), 0);
    memcpy(text, code.bytes, code.size);
    CHECK_EQ(mprotect(text, TEXT_SIZE, PROT_READ | PROT_EXEC), 0);
    proa_buffer_deinit(&code);
    memcpy(&function, &text, sizeof function);
    world->result = (struct vector){ 0 };
    for (unsigned i = 0; i < sizeof world->memory; i++)
        world->memory[i] = (uint8_t)(7 * i + 130);
    outcome.trap = function(world, world->memory);
    outcome.result = world->result;
    memcpy(outcome.memory, world->memory, sizeof outcome.memory);
    return outcome;
}

static void print(const struct plan *plan, const struct world *world,
                  const struct outcome *outcome)
{
    fprintf(stderr, "%s, lane %u\n", proa_opcodes[plan->instruction.op].text,
            plan->instruction.lane);
    for (unsigned i = 0; i < OPERANDS_MAX; i++)
        fprintf(stderr, "  %016llx%016llx, place %d\n",
                (unsigned long long)world->operands[i].high,
                (unsigned long long)world->operands[i].low,
                (int)plan->where[i]);
    fprintf(stderr, "  = %016llx%016llx, trap %u\n",
            (unsigned long long)outcome->result.high,
            (unsigned long long)outcome->result.low, outcome->trap);
}

/* The next combination of places, or false. */
static bool next_places(struct plan *plan, const char *signature)
{
    for (unsigned i = 0; signature[i] != ':'; i++) {
        do {
            plan->where[i] = (enum where)(plan->where[i] + 1);
        } while (plan->where[i] < WHERE_COUNT &&
                 !can_be(plan->where[i], type_of(signature[i])));
        if (plan->where[i] < WHERE_COUNT)
            return true;
        plan->where[i] = IN_REGISTER;
    }
    return false;
}

/* All ones in the exponent, and a bit below. */
static bool is_nan(uint64_t bits, unsigned width)
{
    uint64_t exponent = width == 32 ? 0x7f800000 : UINT64_C(0x7ff) << 52;
    uint64_t sign = UINT64_C(1) << (width - 1);

    return (bits & ~sign) > exponent;
}

/* Of two NaNs an operation may give either. */
static bool is_same_half(uint64_t a, uint64_t b, unsigned width)
{
    if (width == 64)
        return a == b || (is_nan(a, 64) && is_nan(b, 64));
    return (uint32_t)a == (uint32_t)b ||
           (is_nan((uint32_t)a, 32) && is_nan((uint32_t)b, 32));
}

static bool is_same(enum proa_op op, const struct outcome *a,
                    const struct outcome *b)
{
    const char *text = proa_opcodes[op].text;
    bool is_f32 = strncmp(text, "f32", 3) == 0;
    bool is_f64 = strncmp(text, "f64", 3) == 0;

    if (a->trap != b->trap ||
        memcmp(a->memory, b->memory, sizeof a->memory) != 0)
        return false;
    if (is_f64)
        return is_same_half(a->result.low, b->result.low, 64) &&
               is_same_half(a->result.high, b->result.high, 64);
    if (is_f32)
        return is_same_half(a->result.low, b->result.low, 32) &&
               is_same_half(a->result.low >> 32, b->result.low >> 32, 32) &&
               is_same_half(a->result.high, b->result.high, 32) &&
               is_same_half(a->result.high >> 32, b->result.high >> 32, 32);
    return a->result.low == b->result.low && a->result.high == b->result.high;
}

static void compare_places(const struct plan *start, emit_family *family,
                           struct world *world, uint8_t *text)
{
    struct plan plan = *start;
    struct outcome expected = run(&plan, family, world, text);

    while (next_places(&plan, proa_opcodes[plan.instruction.op].signature)) {
        struct outcome outcome = run(&plan, family, world, text);
        if (is_same(plan.instruction.op, &outcome, &expected))
            continue;
        print(start, world, &expected);
        print(&plan, world, &outcome);
        exit(1);
    }
}

static unsigned lane_count(enum proa_op op)
{
    enum proa_immediate immediate =
        (enum proa_immediate)proa_opcodes[op].immediate;

    if (immediate == PROA_IMM_MEMARG_LANE)
        return 16U >> proa_opcodes[op].align;
    if (immediate != PROA_IMM_LANE)
        return 1;
    /* i8x16, i16x8 ...: behind the x */
    return (unsigned)strtoul(strchr(proa_opcodes[op].text, 'x') + 1, NULL, 10);
}

static void check_instruction(enum proa_op op, emit_family *family,
                              uint8_t *text)
{
    const char *signature = proa_opcodes[op].signature;
    struct plan plan = { .instruction = { .op = op } };

    for (unsigned lane = 0; lane < lane_count(op); lane++) {
        for (unsigned n = 0; n < VALUES * 2; n++) {
            struct world world = { 0 };
            for (unsigned i = 0; signature[i] != ':'; i++)
                world.operands[i] = value_of(signature[i], n * (i + 1) + i);
            if (proa_opcodes[op].immediate == PROA_IMM_MEMARG_LANE ||
                proa_opcodes[op].immediate == PROA_IMM_LANE)
                plan.instruction.lane = (uint8_t)lane;
            if (op == PROA_OP_I8X16_SHUFFLE)
                for (unsigned i = 0; i < 16; i++)
                    plan.instruction.bytes[i] = (uint8_t)((i * n + n) % 32);
            compare_places(&plan, family, &world, text);
        }
    }
}

static void check_shuffle(const uint8_t bytes[16], uint8_t *text)
{
    struct plan plan = { .instruction = { .op = PROA_OP_I8X16_SHUFFLE } };
    struct world world = { 0 };
    struct outcome outcome;
    uint8_t from[32];
    uint8_t expected[16];

    for (unsigned i = 0; i < 32; i++)
        from[i] = (uint8_t)(0xa0 + i);
    for (unsigned i = 0; i < 16; i++)
        expected[i] = from[bytes[i]];
    memcpy(&world.operands, from, sizeof from);
    memcpy(plan.instruction.bytes, bytes, 16);
    outcome = run(&plan, proa_emit_simd, &world, text);
    CHECK_EQ(memcmp(&outcome.result, expected, 16), 0);
    compare_places(&plan, proa_emit_simd, &world, text);
}

/* Lanes of `size` bytes; `pattern` gives each. */
static void check_lanes(unsigned size, unsigned (*pattern)(unsigned, unsigned),
                        unsigned seed, uint8_t *text)
{
    uint8_t bytes[16];

    for (unsigned i = 0; i < 16; i++) {
        unsigned lane = pattern(i / size, seed) % (32 / size);
        bytes[i] = (uint8_t)(lane * size + i % size);
    }
    check_shuffle(bytes, text);
}

static unsigned in_a_row(unsigned i, unsigned seed)
{
    return seed + i;
}

static unsigned in_place(unsigned i, unsigned seed)
{
    return i + 8 * (seed >> i & 1); /* words */
}

static unsigned mixed(unsigned i, unsigned seed)
{
    return (seed * 2654435761U >> 7) >> i * 3 % 20;
}

/* The lower or the upper half, from either side first: `seed` has both, and
 * the size. */
static unsigned interleaved(unsigned i, unsigned seed)
{
    unsigned count = 16 / (seed >> 2);
    unsigned from_right = (i ^ seed >> 1) & 1;

    return (seed & 1) * count / 2 + i / 2 + from_right * count;
}

/* The shapes that have instructions of their own, and near misses. */
static void check_shuffles(uint8_t *text)
{
    for (unsigned size = 1; size <= 8; size *= 2) {
        for (unsigned seed = 0; seed < 32; seed++)
            check_lanes(size, in_a_row, seed, text);
        for (unsigned seed = 0; seed < 200; seed++)
            check_lanes(size, mixed, seed, text);
        for (unsigned form = 0; form < 4; form++)
            check_lanes(size, interleaved, size << 2 | form, text);
    }
    for (unsigned seed = 0; seed < 256; seed++)
        check_lanes(2, in_place, seed, text);
}

/* Which family has it; the memory's own are not asked. */
static emit_family *family_of(enum proa_op op)
{
    if (proa_opcodes[op].signature == NULL ||
        strchr(proa_opcodes[op].signature, ':') == proa_opcodes[op].signature)
        return NULL;
    if (op >= PROA_OP_I32_LOAD && op <= PROA_OP_MEMORY_GROW)
        return NULL;
    if (op >= PROA_OP_V128_LOAD)
        return families[3];
    if ((op >= PROA_OP_F32_EQ && op <= PROA_OP_F64_GE) ||
        (op >= PROA_OP_F32_ABS && op <= PROA_OP_F64_COPYSIGN))
        return families[1];
    if (op == PROA_OP_I32_WRAP_I64 || op == PROA_OP_I64_EXTEND_I32_S ||
        op == PROA_OP_I64_EXTEND_I32_U)
        return families[0];
    if ((op >= PROA_OP_I32_TRUNC_F32_S && op <= PROA_OP_F64_REINTERPRET_I64) ||
        op >= PROA_OP_I32_TRUNC_SAT_F32_S)
        return families[2];
    return families[0];
}

int main(void)
{
    uint8_t *text = mmap(NULL, TEXT_SIZE, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    unsigned count = 0;

    CHECK_EQ(text == MAP_FAILED, 0);
    for (unsigned op = 0; op < PROA_OP_COUNT; op++) {
        emit_family *family = family_of((enum proa_op)op);
        if (family == NULL)
            continue;
        check_instruction((enum proa_op)op, family, text);
        count++;
    }
    CHECK_EQ(count > 380, 1);
    check_shuffles(text);
    CHECK_EQ(munmap(text, TEXT_SIZE), 0);
    return 0;
}
