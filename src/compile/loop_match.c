/*
 * Whether the body of a loop is copies of one piece of work.
 *
 * That a value of lane 0 is matched with one of lane k means: with counters k
 * steps further and carries as lane k is handed them, it is that value. Loads
 * and stores are matched by their place among all, so that one lane after the
 * other leaves them in their order.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "compile/loop.h"
#include "compile/place.h"

enum { DEPTH_MAX = 64 }; /* of an expression */

static const struct proa_loop_counter *counter_of(const struct proa_loop *loop,
                                                  LLVMValueRef value)
{
    for (uint32_t i = 0; i < loop->counter_count; i++)
        if (loop->counters[i].phi == value)
            return &loop->counters[i];
    return NULL;
}

/*
 * How much more a sum is in the next lane, by its counters. False: it holds a
 * value of the loop that is no counter.
 */
static bool lane_step(const struct proa_loop *loop, const struct proa_sum *sum,
                      uint64_t *step)
{
    *step = 0;
    for (uint32_t i = 0; i < sum->count; i++) {
        const struct proa_loop_counter *counter =
            counter_of(loop, sum->terms[i].value);

        if (counter != NULL) {
            int64_t share = (int64_t)counter->step / (int)loop->lane_count;

            *step += sum->terms[i].factor * (uint64_t)share;
        } else if (!proa_loop_is_invariant(loop, sum->terms[i].value)) {
            return false;
        }
    }
    return true;
}

/* True when `there` is what the sum `here` of lane 0 becomes in lane k. */
static bool is_ahead(const struct proa_loop *loop, LLVMValueRef here,
                     LLVMValueRef there, uint32_t k)
{
    struct proa_sum a = { 0 }, b = { 0 };
    unsigned width = LLVMGetIntTypeWidth(LLVMTypeOf(here));
    uint64_t mask = width >= 64 ? UINT64_MAX : (UINT64_C(1) << width) - 1;
    uint64_t step;

    if (width > 64 || !proa_sum_add(&a, here, 1) || !proa_sum_add(&b, there, 1))
        return false;
    return proa_sum_is_parallel(&a, &b) && lane_step(loop, &a, &step) &&
           ((b.constant - a.constant - step * k) & mask) == 0;
}

/*
 * The same of places in memory. An offset that grows instead of the address
 * does not wrap where the address would; but lane 0 was inside the memory, and
 * that ends early enough (see address.c).
 */
static bool is_place_ahead(const struct proa_loop *loop, LLVMValueRef here,
                           LLVMValueRef there, uint32_t k)
{
    struct proa_place a, b;
    uint64_t step;
    uint64_t apart;

    if (!proa_place_read(here, &a) || !proa_place_read(there, &b) ||
        a.base != b.base || b.offset < a.offset ||
        !proa_sum_is_parallel(&a.sum, &b.sum) ||
        !lane_step(loop, &a.sum, &step))
        return false;
    apart = b.offset - a.offset;
    if ((uint32_t)(b.sum.constant - a.sum.constant + apart - step * k) != 0)
        return false;
    return apart == 0 || ((uint32_t)(step * k) < PROA_PLACE_REACH &&
                          apart <= (uint32_t)(step * k) &&
                          proa_place_memories_are_short(loop->unit->module));
}

static bool note(struct proa_loop *loop, LLVMValueRef *place,
                 LLVMValueRef value)
{
    if (*place != NULL)
        return *place == value;
    if (loop->undo_count == PROA_LOOP_UNDO_MAX)
        return false;
    loop->undo[loop->undo_count++] = place;
    *place = value;
    return true;
}

static void undo_to(struct proa_loop *loop, uint32_t count)
{
    while (loop->undo_count > count)
        *loop->undo[--loop->undo_count] = NULL;
}

static bool is_commutative(LLVMOpcode opcode)
{
    switch (opcode) {
    case LLVMAdd:
    case LLVMMul:
    case LLVMAnd:
    case LLVMOr:
    case LLVMXor:
    case LLVMFAdd: /* which NaN it gives, wasm leaves open */
    case LLVMFMul:
        return true;
    default:
        return false;
    }
}

static bool is_same_kind(LLVMValueRef a, LLVMValueRef b)
{
    LLVMOpcode opcode = LLVMGetInstructionOpcode(a);

    if (LLVMIsAInstruction(b) == NULL ||
        LLVMGetInstructionOpcode(b) != opcode ||
        LLVMTypeOf(a) != LLVMTypeOf(b) ||
        LLVMGetNumOperands(a) != LLVMGetNumOperands(b))
        return false;
    if (opcode == LLVMICmp)
        return LLVMGetICmpPredicate(a) == LLVMGetICmpPredicate(b);
    if (opcode == LLVMFCmp)
        return LLVMGetFCmpPredicate(a) == LLVMGetFCmpPredicate(b);
    return true;
}

static bool match(struct proa_loop *loop, uint32_t k, LLVMValueRef here,
                  LLVMValueRef there, uint32_t depth);

static bool match_operands(struct proa_loop *loop, uint32_t k,
                           LLVMValueRef here, LLVMValueRef there,
                           uint32_t depth)
{
    uint32_t mark = loop->undo_count;
    int count = LLVMGetNumOperands(here);
    bool is_like = true;

    for (int i = 0; i < count && is_like; i++)
        is_like = match(loop, k, LLVMGetOperand(here, (unsigned)i),
                        LLVMGetOperand(there, (unsigned)i), depth);
    if (is_like)
        return true;
    undo_to(loop, mark);
    return is_commutative(LLVMGetInstructionOpcode(here)) &&
           match(loop, k, LLVMGetOperand(here, 0), LLVMGetOperand(there, 1),
                 depth) &&
           match(loop, k, LLVMGetOperand(here, 1), LLVMGetOperand(there, 0),
                 depth);
}

static bool match_phi(struct proa_loop *loop, uint32_t k, LLVMValueRef phi,
                      LLVMValueRef there)
{
    for (uint32_t i = 0; i < loop->carry_count; i++)
        if (loop->carries[i].phi == phi)
            return note(loop, &loop->carries[i].at[k], there);
    return is_ahead(loop, phi, there, k);
}

/* True when `there` is in lane k what `here` is in lane 0. */
static bool match(struct proa_loop *loop, uint32_t k, LLVMValueRef here,
                  LLVMValueRef there, uint32_t depth)
{
    uint32_t lane_size = loop->access_count / loop->lane_count;
    uint32_t mark = loop->undo_count;
    uint32_t index, other;
    LLVMOpcode opcode;

    if (!proa_loop_index(loop, here, &index))
        return here == there;
    if (loop->like[k][index] != NULL)
        return loop->like[k][index] == there;
    if (depth == DEPTH_MAX)
        return false;
    opcode = LLVMGetInstructionOpcode(here);
    if (opcode == LLVMPHI)
        return match_phi(loop, k, here, there) &&
               note(loop, &loop->like[k][index], there);
    if (opcode == LLVMLoad)
        return proa_loop_index(loop, there, &other) &&
               loop->access_of[index] < lane_size &&
               loop->access_of[other] ==
                   loop->access_of[index] + k * lane_size &&
               note(loop, &loop->like[k][index], there);
    if (LLVMGetTypeKind(LLVMTypeOf(here)) == LLVMIntegerTypeKind &&
        LLVMTypeOf(here) == LLVMTypeOf(there) && is_ahead(loop, here, there, k))
        return note(loop, &loop->like[k][index], there);
    if (is_same_kind(here, there) &&
        match_operands(loop, k, here, there, depth + 1) &&
        note(loop, &loop->like[k][index], there))
        return true;
    undo_to(loop, mark);
    return false;
}

static bool match_access(struct proa_loop *loop, uint32_t k, uint32_t j)
{
    uint32_t lane_size = loop->access_count / loop->lane_count;
    LLVMValueRef here = loop->values[loop->accesses[j]];
    LLVMValueRef there = loop->values[loop->accesses[j + k * lane_size]];
    LLVMOpcode opcode = LLVMGetInstructionOpcode(here);

    if (LLVMGetInstructionOpcode(there) != opcode ||
        LLVMTypeOf(here) != LLVMTypeOf(there))
        return false;
    if (opcode == LLVMLoad)
        return is_place_ahead(loop, LLVMGetOperand(here, 0),
                              LLVMGetOperand(there, 0), k);
    return LLVMTypeOf(LLVMGetOperand(here, 0)) ==
               LLVMTypeOf(LLVMGetOperand(there, 0)) &&
           is_place_ahead(loop, LLVMGetOperand(here, 1),
                          LLVMGetOperand(there, 1), k) &&
           match(loop, k, LLVMGetOperand(here, 0), LLVMGetOperand(there, 0), 0);
}

/* True when the carry is handed on from lane to lane if `first` is what lane 0
 * hands to lane 1. */
static bool match_carry(struct proa_loop *loop, struct proa_loop_carry *carry,
                        LLVMValueRef first)
{
    LLVMValueRef handed = carry->last;

    for (uint32_t k = loop->lane_count - 1; k > 0; k--) {
        if (handed != NULL && !match(loop, k, first, handed, 0))
            return false;
        handed = carry->at[k];
    }
    return handed == NULL || handed == first;
}

static bool find_first(struct proa_loop *loop, struct proa_loop_carry *carry)
{
    for (uint32_t i = 0; i + 1 < loop->value_count; i++) {
        uint32_t mark = loop->undo_count;

        if (LLVMTypeOf(loop->values[i]) != LLVMTypeOf(carry->last))
            continue;
        if (match_carry(loop, carry, loop->values[i])) {
            carry->first = loop->values[i];
            return true;
        }
        undo_to(loop, mark);
    }
    return false;
}

bool proa_loop_match(struct proa_loop *loop)
{
    uint32_t lane_size = loop->access_count / loop->lane_count;
    uint32_t before;

    for (uint32_t k = 1; k < loop->lane_count; k++)
        for (uint32_t j = 0; j < lane_size; j++)
            if (!match_access(loop, k, j))
                return false;
    for (uint32_t i = 0; i < loop->carry_count; i++)
        if (!find_first(loop, &loop->carries[i]))
            return false;
    do { /* a carry may have told more of another */
        before = loop->undo_count;
        for (uint32_t i = 0; i < loop->carry_count; i++)
            if (!match_carry(loop, &loop->carries[i], loop->carries[i].first))
                return false;
    } while (loop->undo_count != before);
    return true;
}
