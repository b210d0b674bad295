/*
 * Locals, globals, references, drop and select.
 * https://webassembly.github.io/spec/core/exec/instructions.html
 * SPDX-License-Identifier: Apache-2.0
 */
#include "baseline/emit.h"

/* The operand stays the caller's. */
static void set_local(struct proa_emit *emit, uint32_t index,
                      const struct proa_operand *value)
{
    const struct proa_home *home = &emit->locals[index];

    if (value->kind == PROA_OPERAND_LOCAL && value->local == index)
        return;
    proa_settle_local(emit, index);
    if (home->reg == PROA_NO_GPR) {
        unsigned pin = proa_pin_find(emit, index);
        if (pin >= PROA_PINS) {
            proa_store_operand(emit, value, home->offset);
            return;
        }
        proa_pin_bind(emit, pin, index, true);
    }
    if (proa_is_xmm(home->type))
        proa_load_xmm(emit, value, home->reg);
    else
        proa_load_gpr(emit, value, home->reg);
    proa_pin_touch(emit, index);
}

void proa_emit_set_local(struct proa_emit *emit, uint32_t index, bool tee)
{
    struct proa_operand value = proa_pop(emit);

    set_local(emit, index, &value);
    if (!tee) {
        proa_release(emit, &value);
        return;
    }
    /* A register that holds it is better than the home in the frame. */
    bool pinned = emit->locals[index].reg != PROA_NO_GPR;
    if (value.kind == PROA_OPERAND_XMM && !pinned) {
        proa_push_xmm(emit, value.type, value.reg);
    } else if (value.kind == PROA_OPERAND_GPR && !pinned) {
        proa_push_gpr(emit, value.type, value.reg);
    } else if (value.kind == PROA_OPERAND_CONST) {
        proa_push_const(emit, value.type, value.bits);
    } else {
        proa_release(emit, &value);
        proa_push_local(emit, index);
    }
}

/* The value's place; an imported one's address goes to the scratch register. */
static struct proa_place global_place(struct proa_emit *emit, uint32_t index)
{
    const struct proa_wasm_module *module = emit->chunk->module;
    const struct proa_layout *layout = emit->chunk->layout;
    uint32_t imported = module->imported_global_count;

    if (index >= imported)
        return proa_place(PROA_CONTEXT_REG,
                          (int32_t)(layout->globals + 16 * (index - imported)));
    struct proa_place pointer = proa_place(
        PROA_CONTEXT_REG, (int32_t)(layout->imported_globals + 8 * index));
    proa_asm_rm(&emit->as, PROA_ASM_MOV | PROA_ASM_W, PROA_SCRATCH, &pointer);
    return proa_place(PROA_SCRATCH, 0);
}

static void emit_get_global(struct proa_emit *emit, uint32_t index)
{
    enum proa_valtype type = emit->chunk->module->globals[index].type.type;
    bool xmm = proa_is_xmm(type);
    unsigned reg = xmm ? proa_take_xmm(emit) : proa_take_gpr(emit);
    struct proa_place place = global_place(emit, index);

    proa_load_typed(emit, type, reg, &place);
    if (xmm)
        proa_push_xmm(emit, type, reg);
    else
        proa_push_gpr(emit, type, reg);
}

static void emit_set_global(struct proa_emit *emit, uint32_t index)
{
    struct proa_operand value = proa_pop(emit);
    unsigned reg = proa_is_xmm(value.type) ? proa_read_xmm(emit, &value)
                                           : proa_read_gpr(emit, &value);
    struct proa_place place = global_place(emit, index);

    proa_store_typed(emit, value.type, reg, &place);
    proa_release(emit, &value);
}

/* Set the flags by an i32 operand: "not zero" unless they say already. */
enum proa_condition proa_emit_test(struct proa_emit *emit,
                                   struct proa_operand *operand)
{
    struct proa_place place;

    if (operand->kind == PROA_OPERAND_FLAGS)
        return (enum proa_condition)operand->reg;
    if (proa_operand_place(emit, operand, &place)) {
        proa_asm_group_mi(&emit->as, PROA_ASM_GROUP_CMP, false, &place, 0);
    } else {
        unsigned reg = proa_read_gpr(emit, operand);
        proa_asm_rr(&emit->as, PROA_ASM_TEST, reg, reg);
    }
    proa_release(emit, operand);
    return PROA_CC_NE;
}

/* Taking registers may store, but changes no flags. */
static void emit_select(struct proa_emit *emit)
{
    struct proa_operand condition = proa_pop(emit);
    struct proa_operand other = proa_pop(emit);
    struct proa_operand first = proa_pop(emit);

    if (proa_is_xmm(first.type)) {
        struct proa_label done = { 0 };
        unsigned reg = proa_take_xmm(emit);
        enum proa_condition met = proa_emit_test(emit, &condition);
        bool keeps = first.kind != PROA_OPERAND_CONST || first.bits != 0;
        if (!keeps) { /* zero comes by xorps: no flags either */
            proa_asm_rr(&emit->as, PROA_ASM_XORPS, reg, reg);
        } else {
            proa_load_xmm(emit, &first, reg);
        }
        proa_asm_jcc(&emit->as, met, &done);
        proa_load_xmm(emit, &other, reg);
        proa_asm_bind(&emit->as, &done);
        proa_release(emit, &first);
        proa_release(emit, &other);
        proa_push_xmm(emit, first.type, reg);
        return;
    }
    bool wide = proa_is_wide(first.type);
    unsigned reg =
        first.kind == PROA_OPERAND_GPR ? first.reg : proa_take_gpr(emit);
    unsigned source = PROA_SCRATCH;
    enum proa_condition met = proa_emit_test(emit, &condition);
    proa_load_gpr(emit, &first, reg);
    if (other.kind == PROA_OPERAND_GPR)
        source = other.reg;
    else
        proa_load_gpr(emit, &other, source);
    proa_asm_cmov(&emit->as, (enum proa_condition)(met ^ 1), wide, reg, source);
    proa_release(emit, &other);
    proa_push_gpr(emit, first.type, reg);
}

static void emit_func_reference(struct proa_emit *emit, uint32_t function)
{
    unsigned reg = proa_take_gpr(emit);
    struct proa_place place = proa_place(
        PROA_CONTEXT_REG, (int32_t)(emit->chunk->layout->funcs +
                                    (uint32_t)sizeof(struct proa_func) *
                                        emit->chunk->records[function]));

    proa_asm_rm(&emit->as, PROA_ASM_LEA | PROA_ASM_W, reg, &place);
    proa_push_gpr(emit, PROA_FUNCREF, reg);
}

static void emit_is_null(struct proa_emit *emit)
{
    struct proa_operand operand = proa_pop(emit);
    unsigned reg = proa_read_gpr(emit, &operand);

    proa_asm_rr(&emit->as, PROA_ASM_TEST | PROA_ASM_W, reg, reg);
    proa_release(emit, &operand);
    proa_push_flags(emit, PROA_CC_E);
}

bool proa_emit_variable(struct proa_emit *emit,
                        const struct proa_instruction *instruction)
{
    struct proa_operand dropped;

    switch (instruction->op) {
    case PROA_OP_LOCAL_GET:
        proa_push_local(emit, instruction->index);
        return true;
    case PROA_OP_LOCAL_SET:
    case PROA_OP_LOCAL_TEE:
        proa_emit_set_local(emit, instruction->index,
                            instruction->op == PROA_OP_LOCAL_TEE);
        return true;
    case PROA_OP_GLOBAL_GET:
        emit_get_global(emit, instruction->index);
        return true;
    case PROA_OP_GLOBAL_SET:
        emit_set_global(emit, instruction->index);
        return true;
    case PROA_OP_DROP:
        dropped = proa_pop(emit);
        proa_release(emit, &dropped);
        return true;
    case PROA_OP_SELECT:
    case PROA_OP_SELECT_T:
        emit_select(emit);
        return true;
    case PROA_OP_REF_NULL:
        proa_push_const(emit, instruction->type, 0);
        return true;
    case PROA_OP_REF_FUNC:
        emit_func_reference(emit, instruction->index);
        return true;
    case PROA_OP_REF_IS_NULL:
        emit_is_null(emit);
        return true;
    default:
        return false;
    }
}
