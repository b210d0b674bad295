/*
 * Of each size class the first bytes and the last are accessed, which meet or
 * overlap in the middle. A copy loads all before it stores any, so the two
 * places may overlap.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "compile/lower/small.h"

/* From `size_min` up to the next: half of the pieces from the start, the others
 * up to the end. */
struct size_class {
    uint32_t size_min;
    uint32_t width; /* of a piece, bytes */
    uint32_t count; /* of pieces */
};

static const struct size_class classes[] = {
    { 1, 1, 1 },   { 2, 2, 2 },   { 4, 4, 2 },   { 8, 8, 2 },
    { 16, 16, 2 }, { 33, 16, 4 }, { 65, 16, 8 },
};

enum { CLASS_COUNT = sizeof classes / sizeof *classes, PIECE_MAX = 8 };

struct maker {
    struct proa_unit *unit;
    LLVMBuilderRef builder;
    LLVMValueRef function;
    LLVMValueRef word; /* what to fill with, eight times; NULL: it is a copy */
};

static LLVMTypeRef piece_type(const struct proa_unit *unit, uint32_t width)
{
    switch (width) {
    case 1:
        return unit->i8;
    case 2:
        return unit->i16;
    case 4:
        return unit->i32;
    case 8:
        return unit->i64;
    default:
        return unit->v128;
    }
}

static LLVMValueRef piece_place(const struct maker *maker, LLVMValueRef base,
                                const struct size_class *class, uint32_t piece)
{
    const struct proa_unit *unit = maker->unit;
    uint32_t half = (class->count + 1) / 2;
    LLVMValueRef end;

    if (piece < half)
        return proa_unit_offset(unit, maker->builder, base,
                                (uint64_t)piece * class->width);
    end = LLVMBuildSub(
        maker->builder, LLVMGetParam(maker->function, 2),
        proa_unit_i64(unit, (uint64_t)(class->count - piece) * class->width),
        "");
    return LLVMBuildGEP2(maker->builder, unit->i8, base, &end, 1, "");
}

static LLVMValueRef filled(const struct maker *maker, uint32_t width)
{
    const struct proa_unit *unit = maker->unit;
    LLVMValueRef pair = LLVMGetPoison(unit->v128);

    if (width < 8)
        return LLVMBuildTrunc(maker->builder, maker->word,
                              piece_type(unit, width), "");
    if (width == 8)
        return maker->word;
    for (uint32_t i = 0; i < 2; i++)
        pair = LLVMBuildInsertElement(maker->builder, pair, maker->word,
                                      proa_unit_i32(unit, i), "");
    return pair;
}

static LLVMValueRef loaded(const struct maker *maker,
                           const struct size_class *class, uint32_t piece)
{
    LLVMValueRef place =
        piece_place(maker, LLVMGetParam(maker->function, 1), class, piece);
    LLVMValueRef load = LLVMBuildLoad2(
        maker->builder, piece_type(maker->unit, class->width), place, "");

    LLVMSetAlignment(load, 1);
    proa_unit_mark_memory(maker->unit, load);
    return load;
}

static void build_class(const struct maker *maker,
                        const struct size_class *class)
{
    LLVMValueRef pieces[PIECE_MAX];

    for (uint32_t i = 0; i < class->count; i++)
        pieces[i] = maker->word != NULL ? filled(maker, class->width)
                                        : loaded(maker, class, i);
    for (uint32_t i = 0; i < class->count; i++) {
        LLVMValueRef place =
            piece_place(maker, LLVMGetParam(maker->function, 0), class, i);
        LLVMValueRef store = LLVMBuildStore(maker->builder, pieces[i], place);

        LLVMSetAlignment(store, 1);
        proa_unit_mark_memory(maker->unit, store);
    }
    LLVMBuildRetVoid(maker->builder);
}

/* Which of these classes it is, by halves: the depth is 3. */
static void build_choice(const struct maker *maker, uint32_t first,
                         uint32_t last)
{
    const struct proa_unit *unit = maker->unit;
    uint32_t middle = (first + last + 1) / 2;
    LLVMBasicBlockRef less, more;
    LLVMValueRef is_less;

    if (first == last) {
        build_class(maker, &classes[first]);
        return;
    }
    less = LLVMAppendBasicBlockInContext(unit->context, maker->function, "");
    more = LLVMAppendBasicBlockInContext(unit->context, maker->function, "");
    is_less = LLVMBuildICmp(maker->builder, LLVMIntULT,
                            LLVMGetParam(maker->function, 2),
                            proa_unit_i64(unit, classes[middle].size_min), "");
    LLVMBuildCondBr(maker->builder, is_less, less, more);
    LLVMPositionBuilderAtEnd(maker->builder, less);
    build_choice(maker, first, middle - 1);
    LLVMPositionBuilderAtEnd(maker->builder, more);
    build_choice(maker, middle, last);
}

static void build(struct maker *maker, bool is_fill)
{
    struct proa_unit *unit = maker->unit;

    LLVMSetVisibility(maker->function, LLVMDefaultVisibility);
    LLVMSetLinkage(maker->function, LLVMInternalLinkage);
    proa_unit_attribute(maker->function, unit->noinline);
    maker->builder = LLVMCreateBuilderInContext(unit->context);
    LLVMPositionBuilderAtEnd(
        maker->builder,
        LLVMAppendBasicBlockInContext(unit->context, maker->function, ""));
    if (is_fill) {
        LLVMValueRef byte =
            LLVMBuildAnd(maker->builder, LLVMGetParam(maker->function, 1),
                         proa_unit_i32(unit, 0xff), "");

        maker->word = LLVMBuildMul(
            maker->builder, LLVMBuildZExt(maker->builder, byte, unit->i64, ""),
            proa_unit_i64(unit, UINT64_C(0x0101010101010101)), "");
    }
    build_choice(maker, 0, CLASS_COUNT - 1);
    LLVMDisposeBuilder(maker->builder);
}

static LLVMValueRef find(struct proa_unit *unit, const char *name,
                         LLVMTypeRef second, bool is_fill)
{
    LLVMTypeRef params[] = { unit->ptr, second, unit->i64 };
    struct maker maker = {
        .unit = unit,
        .function = proa_unit_function(
            unit, name, LLVMFunctionType(unit->nothing, params, 3, false)),
    };

    if (LLVMGetFirstBasicBlock(maker.function) == NULL)
        build(&maker, is_fill);
    return maker.function;
}

LLVMValueRef proa_small_copy(struct proa_unit *unit)
{
    return find(unit, "proa.copy", unit->ptr, false);
}

LLVMValueRef proa_small_fill(struct proa_unit *unit)
{
    return find(unit, "proa.fill", unit->i32, true);
}
