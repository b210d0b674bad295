/*
 * Blocks and branches. At every label all operands are in their slots, and
 * locals where the label's pins have them, so paths that meet there agree.
 * https://webassembly.github.io/spec/core/exec/instructions.html#control-instructions
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "baseline/ahead.h"
#include "baseline/emit.h"
#include "baseline/fuel.h"

static struct proa_control *innermost(struct proa_emit *emit)
{
    return &emit->controls[emit->control_count - 1];
}

static struct proa_control *target_of(struct proa_emit *emit, uint32_t depth)
{
    return &emit->controls[emit->control_count - 1 - depth];
}

/* What a branch carries: a loop is entered again, a block is left. */
static uint32_t arity(const struct proa_control *control)
{
    return control->op == PROA_OP_LOOP ? control->param_count
                                       : control->result_count;
}

/* Forget the operands from `height` up. */
static void truncate_stack(struct proa_emit *emit, uint32_t height)
{
    while (emit->stack_count > height) {
        struct proa_operand operand = proa_pop(emit);
        proa_release(emit, &operand);
    }
}

static void leave_reachable(struct proa_emit *emit)
{
    truncate_stack(emit, innermost(emit)->height);
    emit->is_unreachable = true;
}

/* The same operands, now known to be in their slots. */
static void push_slots(struct proa_emit *emit, const enum proa_valtype *types,
                       uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        (void)proa_push(emit, types[i]);
}

/*
 * Before a jump to the label: may it go there as things are? If not, the pins
 * must conform first. Who comes first to a label decides.
 */
static bool is_settled(struct proa_emit *emit, struct proa_control *target)
{
    if (target->is_function)
        return true;
    if (!target->has_pins) {
        target->has_pins = true;
        target->pins = emit->pins;
        return true;
    }
    return target->op == PROA_OP_LOOP ? proa_pins_fit(emit, &target->pins)
                                      : proa_pins_meet(emit, &target->pins);
}

static void settle(struct proa_emit *emit, struct proa_control *target)
{
    if (!is_settled(emit, target))
        proa_pins_conform(emit, &target->pins);
}

static void resolve_type(struct proa_emit *emit,
                         const struct proa_blocktype *type,
                         struct proa_control *control)
{
    static const enum proa_valtype singles[] = { PROA_I32,      PROA_I64,
                                                 PROA_F32,      PROA_F64,
                                                 PROA_V128,     PROA_FUNCREF,
                                                 PROA_EXTERNREF };

    if (type->type_index != UINT32_MAX) {
        const struct proa_functype *found =
            &emit->chunk->module->types[type->type_index];
        control->params = found->params;
        control->param_count = found->param_count;
        control->results = found->results;
        control->result_count = found->result_count;
        return;
    }
    for (size_t i = 0; i < sizeof singles / sizeof *singles; i++)
        if (singles[i] == type->result) {
            control->results = &singles[i];
            control->result_count = 1;
        }
}

/* Field by field: it is done too often to clear what is not looked at. */
void proa_control_init(struct proa_control *control, enum proa_op op)
{
    const struct proa_label label = { 0 };

    control->op = op;
    control->label = label;
    control->else_label = label;
    control->detour = label;
    control->height = 0;
    control->params = NULL;
    control->results = NULL;
    control->param_count = 0;
    control->result_count = 0;
    control->has_pins = false;
    control->is_function = false;
}

bool proa_control_push(struct proa_emit *emit,
                       const struct proa_control *control)
{
    if (emit->control_count == emit->control_capacity) {
        uint32_t capacity =
            emit->control_capacity == 0 ? 32 : 2 * emit->control_capacity;
        struct proa_control *controls =
            realloc(emit->controls, capacity * sizeof *controls);
        if (controls == NULL) {
            emit->is_out_of_memory = true;
            return false;
        }
        emit->controls = controls;
        emit->control_capacity = capacity;
    }
    emit->controls[emit->control_count++] = *control;
    return true;
}

/* Entering: what lies below stays lazy only where nothing can change it. */
static void emit_block(struct proa_emit *emit,
                       const struct proa_instruction *instruction)
{
    struct proa_control control;
    struct proa_operand condition = { 0 };

    proa_control_init(&control, instruction->op);
    if (instruction->op == PROA_OP_IF)
        condition = proa_pop(emit);
    resolve_type(emit, &instruction->block, &control);
    control.height = emit->stack_count - control.param_count;
    proa_spill_from(emit, control.height, true);
    proa_spill_from(emit, 0, false);
    if (instruction->op == PROA_OP_IF) {
        enum proa_condition met = proa_emit_test(emit, &condition);
        proa_asm_jcc(&emit->as, (enum proa_condition)(met ^ 1),
                     &control.else_label);
        control.has_pins = true;
        control.pins = emit->pins;
    } else if (instruction->op == PROA_OP_LOOP) {
        proa_plan_loop(emit);
        control.has_pins = true;
        control.pins = emit->pins;
        proa_asm_bind(&emit->as, &control.label);
        proa_emit_fuel_check(emit);
    }
    (void)proa_control_push(emit, &control);
}

static void emit_else(struct proa_emit *emit)
{
    struct proa_control *control = innermost(emit);
    struct proa_pins pins = control->pins;

    if (control->label.uses == 0)
        control->has_pins = false;
    if (!emit->is_unreachable) {
        proa_spill_from(emit, control->height, true);
        settle(emit, control);
        proa_asm_jmp(&emit->as, &control->label);
    }
    truncate_stack(emit, control->height);
    proa_asm_bind(&emit->as, &control->else_label);
    proa_pins_assume(emit, &pins);
    control->op = PROA_OP_ELSE;
    push_slots(emit, control->params, control->param_count);
    emit->is_unreachable = false;
}

static void emit_end(struct proa_emit *emit)
{
    struct proa_control *control = innermost(emit);
    bool is_join = control->op == PROA_OP_IF || control->label.uses != 0;

    if (!emit->is_unreachable) {
        proa_spill_from(emit, control->height, true);
        if (is_join && control->op != PROA_OP_LOOP)
            settle(emit, control);
    }
    truncate_stack(emit, control->height);
    if (control->op == PROA_OP_IF) /* without else, nothing is changed */
        proa_asm_bind(&emit->as, &control->else_label);
    if (control->op != PROA_OP_LOOP) {
        proa_asm_bind(&emit->as, &control->label);
        if (is_join && !control->is_function)
            proa_pins_assume(emit, &control->pins);
    }
    push_slots(emit, control->results, control->result_count);
    emit->control_count--;
    emit->is_unreachable = false;
}

/* The frame offset where the operand above `height` has its slot. */
static int32_t slot_above(const struct proa_emit *emit, uint32_t height)
{
    return height == 0 ? emit->slots_start : emit->stack[height - 1].slot;
}

/* Copies of the top operands to where the target wants them. Ascending: what a
 * store overwrites has been read. The operands stay what they are. */
static void move_values(struct proa_emit *emit,
                        const struct proa_control *target)
{
    uint32_t count = arity(target);
    uint32_t first = emit->stack_count - count;
    int32_t slot = slot_above(emit, target->height);

    for (uint32_t i = 0; i < count; i++) {
        const struct proa_operand *operand = &emit->stack[first + i];
        slot -= operand->type == PROA_V128 ? 16 : 8;
        proa_store_operand(emit, operand, slot);
    }
}

static bool is_in_place(const struct proa_emit *emit,
                        const struct proa_control *target)
{
    return emit->stack_count - arity(target) == target->height;
}

/* To the target, from a place where it may be that nobody goes on. */
static void emit_edge(struct proa_emit *emit, struct proa_control *target)
{
    struct proa_pins pins = emit->pins;

    move_values(emit, target);
    settle(emit, target);
    proa_asm_jmp(&emit->as, &target->label);
    proa_pins_assume(emit, &pins);
}

static void emit_br(struct proa_emit *emit, uint32_t depth)
{
    struct proa_control *target = target_of(emit, depth);

    move_values(emit, target);
    settle(emit, target);
    proa_asm_jmp(&emit->as, &target->label);
    leave_reachable(emit);
}

static void emit_br_if(struct proa_emit *emit, uint32_t depth)
{
    struct proa_operand condition = proa_pop(emit);
    struct proa_control *target = target_of(emit, depth);
    struct proa_label stay = { 0 };
    bool in_place = arity(target) == 0 || is_in_place(emit, target);

    if (in_place)
        proa_spill_from(emit, emit->stack_count - arity(target), true);
    enum proa_condition met = proa_emit_test(emit, &condition);
    if (is_settled(emit, target) && in_place) {
        proa_asm_jcc(&emit->as, met, &target->label);
        return;
    }
    proa_asm_jcc(&emit->as, (enum proa_condition)(met ^ 1), &stay);
    emit_edge(emit, target);
    proa_asm_bind(&emit->as, &stay);
}

static uint32_t next_depth(struct proa_cursor *labels)
{
    struct proa_error ignored;
    uint32_t depth = 0;

    ignored.status = PROA_OK; /* and so it stays: it was read before */
    (void)!proa_cursor_u32(labels, &depth, &ignored);
    return depth;
}

/* With values that must move, one comparison a target. */
static void emit_table_slowly(struct proa_emit *emit,
                              const struct proa_instruction *instruction,
                              unsigned index)
{
    struct proa_cursor labels = instruction->labels;

    for (uint32_t i = 0; i <= instruction->label_count; i++) {
        struct proa_control *target = target_of(emit, next_depth(&labels));
        struct proa_label next = { 0 };
        if (i < instruction->label_count) {
            proa_asm_group_ri(&emit->as, PROA_ASM_GROUP_CMP, false, index,
                              (int32_t)i);
            proa_asm_jcc(&emit->as, PROA_CC_NE, &next);
        }
        emit_edge(emit, target);
        if (i < instruction->label_count)
            proa_asm_bind(&emit->as, &next);
    }
}

/* Behind the table: the ways to targets that want the pins otherwise. */
static void emit_detours(struct proa_emit *emit,
                         const struct proa_instruction *instruction)
{
    struct proa_cursor labels = instruction->labels;

    for (uint32_t i = 0; i <= instruction->label_count; i++) {
        struct proa_control *target = target_of(emit, next_depth(&labels));
        if (target->detour.uses == 0)
            continue;
        proa_asm_bind(&emit->as, &target->detour);
        target->detour = (struct proa_label){ 0 };
        emit_edge(emit, target);
    }
}

/* A table of jumps, 5 bytes each, and a jump into it. */
static void emit_table_of_jumps(struct proa_emit *emit,
                                const struct proa_instruction *instruction,
                                unsigned index)
{
    struct proa_cursor labels = instruction->labels;
    struct proa_label table = { 0 };
    struct proa_label beyond = { 0 };
    struct proa_place times5 = { (uint8_t)index, (uint8_t)index, 2, 0 };

    proa_asm_group_ri(&emit->as, PROA_ASM_GROUP_CMP, false, index,
                      (int32_t)instruction->label_count);
    proa_asm_jcc(&emit->as, PROA_CC_AE, &beyond);
    proa_asm_rm(&emit->as, PROA_ASM_LEA | PROA_ASM_W, index, &times5);
    proa_asm_lea_label(&emit->as, PROA_SCRATCH, &table);
    proa_asm_rr(&emit->as, PROA_ASM_ADD | PROA_ASM_W, PROA_SCRATCH, index);
    proa_asm_jmp_r(&emit->as, PROA_SCRATCH);
    proa_asm_bind(&emit->as, &table);
    for (uint32_t i = 0; i <= instruction->label_count; i++) {
        if (i == instruction->label_count)
            proa_asm_bind(&emit->as, &beyond);
        struct proa_control *target = target_of(emit, next_depth(&labels));
        proa_asm_jmp(&emit->as, is_settled(emit, target) ? &target->label
                                                         : &target->detour);
    }
    emit_detours(emit, instruction);
}

static void emit_br_table(struct proa_emit *emit,
                          const struct proa_instruction *instruction)
{
    struct proa_operand operand = proa_pop(emit);
    unsigned index = proa_own_gpr(emit, &operand);
    struct proa_cursor labels = instruction->labels;
    bool moves = false;
    uint32_t count = 0;

    for (uint32_t i = 0; i <= instruction->label_count; i++) {
        struct proa_control *target = target_of(emit, next_depth(&labels));
        count = arity(target);
        moves = moves || (count > 0 && !is_in_place(emit, target));
    }
    proa_spill_from(emit, emit->stack_count - count, true);
    if (moves)
        emit_table_slowly(emit, instruction, index);
    else
        emit_table_of_jumps(emit, instruction, index);
    proa_free_gpr(emit, index);
    leave_reachable(emit);
}

void proa_emit_return(struct proa_emit *emit)
{
    const struct proa_functype *type = emit->type;
    uint32_t first = emit->stack_count - type->result_count;

    if (type->result_count == 1) {
        struct proa_operand *result = &emit->stack[first];
        if (proa_is_xmm(result->type))
            proa_load_xmm(emit, result, 0);
        else
            proa_load_gpr(emit, result, PROA_RAX);
    } else if (type->result_count > 1) {
        struct proa_place results = proa_frame(emit->results_home);
        proa_spill_from(emit, first, false);
        proa_asm_rm(&emit->as, PROA_ASM_MOV | PROA_ASM_W, PROA_RAX, &results);
        for (uint32_t i = 0; i < type->result_count; i++) {
            struct proa_operand *result = &emit->stack[first + i];
            struct proa_place place = proa_place(PROA_RAX, 16 * (int32_t)i);
            bool xmm = proa_is_xmm(result->type);
            unsigned reg = xmm ? PROA_SCRATCH_XMM : PROA_SCRATCH;
            if (xmm)
                proa_load_xmm(emit, result, reg);
            else
                proa_load_gpr(emit, result, reg);
            proa_store_typed(emit, result->type, reg, &place);
        }
    }
    proa_emit_fuel_save(emit);
    proa_emit_epilogue(emit);
    proa_asm_ret(&emit->as);
    leave_reachable(emit);
}

void proa_emit_function_end(struct proa_emit *emit)
{
    struct proa_control *control = innermost(emit);

    if (control->label.uses == 0) {
        if (!emit->is_unreachable)
            proa_emit_return(emit);
        return;
    }
    emit_end(emit);
    emit->control_count = 1; /* the label is bound, the frame still ours */
    proa_emit_return(emit);
}

bool proa_emit_control(struct proa_emit *emit,
                       const struct proa_instruction *instruction)
{
    switch (instruction->op) {
    case PROA_OP_NOP:
        return true;
    case PROA_OP_UNREACHABLE:
        proa_asm_jmp(&emit->as, proa_trap_label(emit, PROA_TRAP_UNREACHABLE));
        leave_reachable(emit);
        return true;
    case PROA_OP_BLOCK:
    case PROA_OP_LOOP:
    case PROA_OP_IF:
        emit_block(emit, instruction);
        return true;
    case PROA_OP_ELSE:
        emit_else(emit);
        return true;
    case PROA_OP_END:
        emit_end(emit);
        return true;
    case PROA_OP_BR:
        emit_br(emit, instruction->index);
        return true;
    case PROA_OP_BR_IF:
        emit_br_if(emit, instruction->index);
        return true;
    case PROA_OP_BR_TABLE:
        emit_br_table(emit, instruction);
        return true;
    case PROA_OP_RETURN:
        proa_emit_return(emit);
        return true;
    default:
        return false;
    }
}
