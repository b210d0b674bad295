/*
 * Calls by the C convention: direct, imported, indirect, builtins, and those
 * that replace their caller.
 * https://webassembly.github.io/spec/core/exec/instructions.html#control-instructions
 * SPDX-License-Identifier: Apache-2.0
 */
#include <assert.h>
#include <stddef.h>

#include "artifact/artifact.h"
#include "baseline/ahead.h"
#include "baseline/emit.h"
#include "baseline/fuel.h"

/* Somebody to call. The places are by registers that no argument needs. */
struct target {
    const struct proa_functype *type;
    uint32_t function; /* a function of this module, or PROA_ARTIFACT_NONE: */
    struct proa_place code;
    struct proa_place context;
};

/* An argument on its way into a register. */
struct move {
    struct proa_operand operand;
    uint8_t to;   /* as `from` */
    uint8_t from; /* an XMM register's number plus 16; PROA_NO_GPR: none */
};

enum { REGISTER_ARGUMENTS = 6 + 8, XMM_NUMBER = 16 };

struct moves {
    struct move items[REGISTER_ARGUMENTS];
    uint32_t count;
};

/* What lies in registers that a call does not keep, of operands below `end`. */
static void spill_registers(struct proa_emit *emit, uint32_t end)
{
    for (uint32_t i = 0; i < end; i++) {
        struct proa_operand *operand = &emit->stack[i];
        if (operand->kind != PROA_OPERAND_GPR &&
            operand->kind != PROA_OPERAND_XMM &&
            operand->kind != PROA_OPERAND_FLAGS)
            continue;
        proa_store_operand(emit, operand, operand->slot);
        proa_release(emit, operand);
        operand->kind = PROA_OPERAND_SLOT;
    }
}

enum { ALWAYS_IN_REGISTERS = 5 }; /* whatever types they have */

static int32_t stack_bytes(const struct proa_functype *type)
{
    struct proa_args args = { .int_count = 1 };

    if (type->param_count <= ALWAYS_IN_REGISTERS && type->result_count <= 1)
        return 0;
    for (uint32_t i = 0; i < type->param_count; i++)
        (void)proa_next_arg(&args, type->params[i]);
    if (type->result_count > 1)
        (void)proa_next_arg(&args, PROA_I64);
    return (args.stack_size + 15) & ~15;
}

static int32_t slots_size(const struct proa_functype *type)
{
    int32_t size = 0;

    for (uint32_t i = 0; i < type->result_count; i++)
        size += type->results[i] == PROA_V128 ? 16 : 8;
    return size;
}

static uint8_t source_of(const struct proa_emit *emit,
                         const struct proa_operand *operand)
{
    unsigned xmm = proa_is_xmm(operand->type) ? XMM_NUMBER : 0;

    if (operand->kind == PROA_OPERAND_GPR || operand->kind == PROA_OPERAND_XMM)
        return (uint8_t)(operand->reg + xmm);
    if (operand->kind == PROA_OPERAND_LOCAL &&
        emit->locals[operand->local].reg != PROA_NO_GPR)
        return (uint8_t)(emit->locals[operand->local].reg + xmm);
    return PROA_NO_GPR;
}

static void load(struct proa_emit *emit, const struct proa_operand *operand,
                 unsigned reg)
{
    if (proa_is_xmm(operand->type))
        proa_load_xmm(emit, operand, reg);
    else
        proa_load_gpr(emit, operand, reg);
}

/* To the stack at once, to a register with the others. */
static void place_argument(struct proa_emit *emit, struct moves *moves,
                           const struct proa_operand *operand,
                           const struct proa_arg *arg,
                           const struct proa_place *area)
{
    struct proa_place place = *area;
    bool xmm = proa_is_xmm(operand->type);

    if (arg->reg != PROA_NO_GPR) {
        moves->items[moves->count++] = (struct move){
            .operand = *operand,
            .to = (uint8_t)(arg->reg + (xmm ? XMM_NUMBER : 0)),
            .from = source_of(emit, operand),
        };
        return;
    }
    unsigned reg = xmm ? PROA_SCRATCH_XMM : PROA_SCRATCH;
    load(emit, operand, reg);
    place.offset += arg->stack;
    proa_store_typed(emit, operand->type, reg, &place);
}

static bool is_needed(const struct moves *moves, uint32_t index)
{
    for (uint32_t i = 0; i < moves->count; i++)
        if (i != index && moves->items[i].from == moves->items[index].to)
            return true;
    return false;
}

/* Each when nobody needs what its register holds; a ring is opened by the
 * scratch register. */
static void make_moves(struct proa_emit *emit, struct moves *moves)
{
    while (moves->count > 0) {
        uint32_t i = 0;
        while (i < moves->count && is_needed(moves, i))
            i++;
        if (i < moves->count) {
            load(emit, &moves->items[i].operand,
                 moves->items[i].to & (XMM_NUMBER - 1));
            moves->items[i] = moves->items[--moves->count];
            continue;
        }
        struct move *move = &moves->items[0];
        bool xmm = proa_is_xmm(move->operand.type);
        unsigned reg = xmm ? PROA_SCRATCH_XMM : PROA_SCRATCH;
        load(emit, &move->operand, reg);
        move->operand.kind = xmm ? PROA_OPERAND_XMM : PROA_OPERAND_GPR;
        move->operand.reg = (uint8_t)reg;
        move->from = (uint8_t)(reg + (xmm ? XMM_NUMBER : 0));
    }
}

/*
 * The arguments, which are the top operands, to where the callee wants them;
 * those on the stack to `area` and up. `results`: where the address is of the
 * room for several results, or NULL: it is that of `results_area`.
 */
static void load_arguments(struct proa_emit *emit,
                           const struct proa_functype *type,
                           const struct proa_place *area,
                           const struct proa_operand *results,
                           int32_t results_area)
{
    struct proa_args args = { .int_count = 1 };
    struct moves moves;
    uint32_t first = emit->stack_count - type->param_count;
    struct proa_place room = proa_frame(results_area);
    struct proa_arg arg;

    moves.count = 0;
    for (uint32_t i = 0; i < type->param_count; i++) {
        arg = proa_next_arg(&args, type->params[i]);
        place_argument(emit, &moves, &emit->stack[first + i], &arg, area);
    }
    bool several = type->result_count > 1;
    if (several) {
        arg = proa_next_arg(&args, PROA_I64);
        if (results != NULL) {
            place_argument(emit, &moves, results, &arg, area);
        } else if (arg.reg == PROA_NO_GPR) {
            struct proa_place place = *area;
            place.offset += arg.stack;
            proa_asm_rm(&emit->as, PROA_ASM_LEA | PROA_ASM_W, PROA_SCRATCH,
                        &room);
            proa_store_typed(emit, PROA_I64, PROA_SCRATCH, &place);
        }
    }
    make_moves(emit, &moves);
    if (several && results == NULL && arg.reg != PROA_NO_GPR)
        proa_asm_rm(&emit->as, PROA_ASM_LEA | PROA_ASM_W, arg.reg, &room);
    while (emit->stack_count > first) {
        struct proa_operand operand = proa_pop(emit);
        proa_release(emit, &operand);
    }
}

static void push_results(struct proa_emit *emit,
                         const struct proa_functype *type, int32_t area)
{
    if (type->result_count == 1) {
        enum proa_valtype result = type->results[0];
        if (proa_is_xmm(result)) {
            emit->free_xmms &= (uint16_t)~1U;
            proa_push_xmm(emit, result, 0);
            return;
        }
        proa_take_this_gpr(emit, PROA_RAX);
        unsigned reg = proa_next_target(emit, false);
        if (reg == PROA_NO_GPR)
            reg = PROA_RAX;
        else
            proa_free_gpr(emit, PROA_RAX);
        /* A C callee may leave anything above. */
        if (result == PROA_I32 || reg != PROA_RAX)
            proa_asm_rr(&emit->as,
                        PROA_ASM_MOV | (proa_is_wide(result) ? PROA_ASM_W : 0U),
                        reg, PROA_RAX);
        proa_push_gpr(emit, result, reg);
        return;
    }
    for (uint32_t i = 0; i < type->result_count; i++) {
        struct proa_operand value = { .kind = PROA_OPERAND_SLOT,
                                      .type = (uint8_t)type->results[i],
                                      .slot = area + 16 * (int32_t)i };
        struct proa_operand *operand = proa_push(emit, type->results[i]);
        proa_store_operand(emit, &value, operand->slot);
    }
}

static void load_context(struct proa_emit *emit, const struct target *target)
{
    if (target->function != PROA_ARTIFACT_NONE)
        proa_asm_rr(&emit->as, PROA_ASM_MOV | PROA_ASM_W, PROA_RDI,
                    PROA_CONTEXT_REG);
    else
        proa_asm_rm(&emit->as, PROA_ASM_MOV | PROA_ASM_W, PROA_RDI,
                    &target->context);
}

static void note_site(struct proa_emit *emit, uint32_t at, uint32_t function)
{
    struct proa_call_site site = { .at = at, .function = function };

    (void)proa_buffer_append(&emit->chunk->calls, &site, sizeof site);
}

/* The target is loaded, the arguments are still operands. */
static void emit_call(struct proa_emit *emit, const struct target *target)
{
    const struct proa_functype *type = target->type;
    int32_t bytes = stack_bytes(type);
    struct proa_place area = proa_place(PROA_RSP, 0);
    /* The results of several are written where no slot of theirs is. */
    uint32_t first = emit->stack_count - type->param_count;
    int32_t top = first == 0 ? emit->slots_start : emit->stack[first - 1].slot;
    int32_t results_area = proa_slot_top(emit) < top - slots_size(type)
                               ? proa_slot_top(emit)
                               : top - slots_size(type);

    spill_registers(emit, first);
    proa_pins_save(emit);
    if (bytes > 0)
        proa_asm_group_ri(&emit->as, PROA_ASM_GROUP_SUB, true, PROA_RSP, bytes);
    if (type->result_count > 1) {
        results_area -= 16 * (int32_t)type->result_count;
        proa_need_frame(emit, results_area);
    }
    load_arguments(emit, type, &area, NULL, results_area);
    load_context(emit, target);
    if (target->function == PROA_ARTIFACT_NONE)
        proa_asm_call_m(&emit->as, &target->code);
    else
        note_site(emit, proa_asm_call_later(&emit->as), target->function);
    if (bytes > 0)
        proa_asm_group_ri(&emit->as, PROA_ASM_GROUP_ADD, true, PROA_RSP, bytes);
    proa_emit_fuel_load(emit);
    proa_pins_lose(emit);
    push_results(emit, type, results_area);
}

/*
 * A tail call, in the caller's own frame. Where the arguments need more stack
 * than the caller was given, the C convention has no room for them: a plain
 * call, and its results returned.
 */
static void emit_tail_call(struct proa_emit *emit, const struct target *target)
{
    struct proa_place area = proa_frame(16);
    struct proa_operand results = { .kind = PROA_OPERAND_SLOT,
                                    .type = PROA_I64,
                                    .slot = emit->results_home };

    if (stack_bytes(target->type) > stack_bytes(emit->type)) {
        emit_call(emit, target);
        proa_emit_return(emit);
        return;
    }
    load_arguments(emit, target->type, &area, &results, 0);
    load_context(emit, target);
    if (target->function == PROA_ARTIFACT_NONE)
        proa_asm_rm(&emit->as, PROA_ASM_MOV | PROA_ASM_W, PROA_SCRATCH,
                    &target->code);
    proa_emit_epilogue(emit);
    if (target->function == PROA_ARTIFACT_NONE)
        proa_asm_jmp_r(&emit->as, PROA_SCRATCH);
    else
        note_site(emit, proa_asm_jmp_later(&emit->as), target->function);
    emit->is_unreachable = true;
}

static struct proa_place import_field(const struct proa_emit *emit,
                                      uint32_t function, size_t field)
{
    return proa_place(PROA_CONTEXT_REG,
                      (int32_t)(emit->chunk->layout->imports +
                                sizeof(struct proa_import_slot) * function +
                                field));
}

/* rdi is no operand's from here on. */
static struct target find_function(struct proa_emit *emit, uint32_t function)
{
    const struct proa_wasm_module *module = emit->chunk->module;
    struct target target = { .type = proa_wasm_functype(module, function),
                             .function = PROA_ARTIFACT_NONE };

    proa_take_this_gpr(emit, PROA_RDI);
    proa_free_gpr(emit, PROA_RDI);
    if (function >= module->imported_function_count) {
        target.function = function;
        return target;
    }
    target.code =
        import_field(emit, function, offsetof(struct proa_import_slot, code));
    target.context = import_field(emit, function,
                                  offsetof(struct proa_import_slot, context));
    return target;
}

void proa_emit_call_function(struct proa_emit *emit, uint32_t function_index)
{
    struct target target = find_function(emit, function_index);

    emit_call(emit, &target);
}

/* rax is the row. A null row has signature 0, which no type has. */
static void check_signature(struct proa_emit *emit, uint32_t type_index)
{
    const struct proa_functype *type = &emit->chunk->module->types[type_index];
    uint64_t signature = proa_signature_narrow(type);
    struct proa_place found =
        proa_place(PROA_RAX, offsetof(struct proa_table_entry, signature));
    struct proa_label fits = { 0 };

    if (signature != 0 && signature <= INT32_MAX) {
        proa_asm_group_mi(&emit->as, PROA_ASM_GROUP_CMP, true, &found,
                          (int32_t)signature);
    } else if (signature != 0) {
        proa_asm_constant(&emit->as, PROA_SCRATCH, signature);
        proa_asm_rm(&emit->as, PROA_ASM_CMP | PROA_ASM_W, PROA_SCRATCH, &found);
    } else {
        struct proa_place all = proa_place(
            PROA_CONTEXT_REG, offsetof(struct proa_context, signatures));
        struct proa_place wide =
            proa_place(PROA_SCRATCH, (int32_t)(8 * type_index));
        proa_asm_rm(&emit->as, PROA_ASM_MOV | PROA_ASM_W, PROA_SCRATCH, &all);
        proa_asm_rm(&emit->as, PROA_ASM_MOV | PROA_ASM_W, PROA_SCRATCH, &wide);
        proa_asm_rm(&emit->as, PROA_ASM_CMP | PROA_ASM_W, PROA_SCRATCH, &found);
    }
    proa_asm_jcc(&emit->as, PROA_CC_E, &fits);
    proa_asm_group_mi(&emit->as, PROA_ASM_GROUP_CMP, true, &found, 0);
    proa_asm_constant(&emit->as, PROA_RAX, PROA_TRAP_SIGNATURE);
    proa_asm_constant(&emit->as, PROA_SCRATCH, PROA_TRAP_UNINITIALIZED_ELEMENT);
    proa_asm_cmov(&emit->as, PROA_CC_E, false, PROA_RAX, PROA_SCRATCH);
    proa_asm_jmp(&emit->as, &emit->trap_any);
    proa_asm_bind(&emit->as, &fits);
}

/* By the row's address in rax, which is no operand's, nor is rdi. */
static struct target find_indirect(struct proa_emit *emit,
                                   const struct proa_instruction *instruction)
{
    struct proa_operand index = proa_pop(emit);
    struct target target = {
        .type = &emit->chunk->module->types[instruction->index],
        .function = PROA_ARTIFACT_NONE,
        .code = proa_place(PROA_RAX, offsetof(struct proa_table_entry, code)),
        .context =
            proa_place(PROA_RAX, offsetof(struct proa_table_entry, context)),
    };

    if (index.kind != PROA_OPERAND_GPR || index.reg != PROA_RAX) {
        proa_take_this_gpr(emit, PROA_RAX);
        proa_load_gpr(emit, &index, PROA_RAX);
        proa_release(emit, &index);
    }
    proa_take_this_gpr(emit, PROA_RDI);
    proa_emit_row(emit, instruction->index2, PROA_RAX,
                  PROA_TRAP_UNDEFINED_ELEMENT);
    check_signature(emit, instruction->index);
    proa_free_gpr(emit, PROA_RAX);
    proa_free_gpr(emit, PROA_RDI);
    return target;
}

void proa_emit_builtin(struct proa_emit *emit, uint32_t offset,
                       const struct proa_operand *args, uint32_t count)
{
    struct proa_args places = { .int_count = 1 };
    struct proa_place builtins =
        proa_place(PROA_CONTEXT_REG, offsetof(struct proa_context, builtins));
    struct proa_place entry = proa_place(PROA_RAX, (int32_t)offset);
    struct proa_operand loaded[5];

    assert(count <= 5);
    spill_registers(emit, emit->stack_count);
    proa_pins_save(emit);
    proa_pins_lose(emit);
    /* Through their slots, so that no register is overwritten too early. */
    for (uint32_t i = 0; i < count; i++) {
        loaded[i] = args[i];
        if (loaded[i].kind == PROA_OPERAND_CONST ||
            loaded[i].kind == PROA_OPERAND_LOCAL)
            continue;
        proa_store_operand(emit, &loaded[i], loaded[i].slot);
        proa_release(emit, &loaded[i]);
        loaded[i].kind = PROA_OPERAND_SLOT;
    }
    for (uint32_t i = 0; i < count; i++) {
        struct proa_arg arg = proa_next_arg(&places, loaded[i].type);
        proa_load_gpr(emit, &loaded[i], arg.reg);
    }
    proa_asm_rr(&emit->as, PROA_ASM_MOV | PROA_ASM_W, PROA_RDI,
                PROA_CONTEXT_REG);
    proa_asm_rm(&emit->as, PROA_ASM_MOV | PROA_ASM_W, PROA_RAX, &builtins);
    proa_asm_call_m(&emit->as, &entry);
}

void proa_emit_trap_unless_zero(struct proa_emit *emit)
{
    proa_asm_rr(&emit->as, PROA_ASM_TEST, PROA_RAX, PROA_RAX);
    proa_asm_jcc(&emit->as, PROA_CC_NE, &emit->trap_any);
}

bool proa_emit_call(struct proa_emit *emit,
                    const struct proa_instruction *instruction)
{
    struct target target;

    switch (instruction->op) {
    case PROA_OP_CALL:
        proa_emit_call_function(emit, instruction->index);
        return true;
    case PROA_OP_CALL_INDIRECT:
        target = find_indirect(emit, instruction);
        emit_call(emit, &target);
        return true;
    case PROA_OP_RETURN_CALL:
        target = find_function(emit, instruction->index);
        emit_tail_call(emit, &target);
        return true;
    case PROA_OP_RETURN_CALL_INDIRECT:
        target = find_indirect(emit, instruction);
        emit_tail_call(emit, &target);
        return true;
    default:
        return false;
    }
}
