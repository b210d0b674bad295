/* SPDX-License-Identifier: Apache-2.0 */
#include "baseline/function.h"

#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "baseline/ahead.h"
#include "baseline/fuel.h"

enum { FRAME_MAX = 1 << 28 };

void proa_emit_deinit(struct proa_emit *emit)
{
    free(emit->stack);
    free(emit->controls);
    free(emit->locals);
    *emit = (struct proa_emit){ 0 };
}

static bool add_local(struct proa_emit *emit, enum proa_valtype type)
{
    if (emit->local_count == emit->local_capacity) {
        uint32_t capacity =
            emit->local_capacity == 0 ? 64 : 2 * emit->local_capacity;
        struct proa_home *locals =
            realloc(emit->locals, capacity * sizeof *locals);
        if (locals == NULL) {
            emit->is_out_of_memory = true;
            return false;
        }
        emit->locals = locals;
        emit->local_capacity = capacity;
    }
    emit->locals[emit->local_count++] = (struct proa_home){ .reg = PROA_NO_GPR,
                                                            .pin = PROA_PINS,
                                                            .type = type };
    return true;
}

/* The declared locals; `in` is left at the code. */
static enum proa_status read_locals(struct proa_emit *emit,
                                    struct proa_cursor *in,
                                    struct proa_error *err)
{
    uint32_t group_count;
    enum proa_status status = proa_cursor_u32(in, &group_count, err);

    for (uint32_t i = 0; status == PROA_OK && i < group_count; i++) {
        uint32_t count = 0;
        uint8_t type = 0;
        status = proa_cursor_u32(in, &count, err);
        if (status == PROA_OK)
            status = proa_cursor_u8(in, &type, err);
        for (uint32_t k = 0; status == PROA_OK && k < count; k++)
            if (!add_local(emit, (enum proa_valtype)type))
                status = proa_fail(err, PROA_NOMEM, 0, "no memory for locals");
    }
    return status;
}

static void save(struct proa_emit *emit, unsigned reg)
{
    emit->saved[emit->saved_count++] = (uint8_t)reg;
}

/* Below what is saved: homes of locals, then slots of operands. */
static void choose_homes(struct proa_emit *emit)
{
    int32_t offset;

    emit->saved_count = 0;
    save(emit, PROA_CONTEXT_REG);
    if (emit->chunk->module->memory_count > 0)
        save(emit, PROA_MEMORY_REG);
    if (emit->counts_fuel)
        save(emit, PROA_FUEL_REG);
    for (unsigned pin = 0; pin < PROA_PINS_KEPT; pin++)
        if ((emit->usable_pins >> pin & 1) != 0)
            save(emit, proa_pin_registers[pin]);
    offset = -8 * (int32_t)emit->saved_count;
    emit->results_home = 0;
    if (emit->type->result_count > 1)
        emit->results_home = offset -= 8;
    for (uint32_t i = 0; i < emit->local_count; i++) {
        struct proa_home *home = &emit->locals[i];
        home->offset = offset -= home->type == PROA_V128 ? 16 : 8;
    }
    emit->slots_start = offset;
    emit->frame_size = -offset;
}

uint32_t proa_emit_align(struct proa_emit *emit, struct proa_chunk *chunk)
{
    proa_asm_open(&emit->as, &chunk->text);
    proa_asm_align(&emit->as);
    emit->chunk = chunk;
    return proa_asm_offset(&emit->as);
}

enum proa_status proa_emit_check(struct proa_emit *emit, struct proa_error *err)
{
    proa_asm_sync(&emit->as);
    if (emit->is_out_of_memory)
        return proa_fail(err, PROA_NOMEM, 0, "no memory to compile");
    if (emit->frame_size > FRAME_MAX || emit->as.code->is_full)
        return proa_fail(err, PROA_LIMIT, 0,
                         "a function or the module's code is too large");
    return PROA_OK;
}

static void start(struct proa_emit *emit, struct proa_chunk *chunk,
                  const struct proa_functype *type, uint32_t *at)
{
    *at = proa_emit_align(emit, chunk);
    emit->type = type;
    emit->stack_count = 0;
    emit->control_count = 0;
    emit->local_count = 0;
    emit->free_gprs = PROA_OPERAND_GPRS;
    emit->free_xmms = PROA_OPERAND_XMMS;
    emit->in = NULL;
    emit->is_unreachable = false;
    emit->skipped_depth = 0;
    emit->is_out_of_memory = false;
    emit->counts_fuel = false;
    emit->fuel_pending = 0;
    memset(emit->traps, 0, sizeof emit->traps);
    emit->trap_any = (struct proa_label){ 0 };
    for (uint32_t i = 0; i < type->param_count; i++)
        (void)add_local(emit, type->params[i]);
}

static void enter(struct proa_emit *emit, bool kept)
{
    struct proa_control whole;

    proa_control_init(&whole, PROA_OP_BLOCK);
    whole.is_function = true;
    whole.results = emit->type->results;
    whole.result_count = emit->type->result_count;
    proa_pins_open(emit, kept);
    choose_homes(emit);
    emit->frame_patch = proa_emit_prologue(emit);
    proa_emit_fuel_open(emit);
    (void)proa_control_push(emit, &whole);
}

static enum proa_status finish(struct proa_emit *emit, struct proa_error *err)
{
    proa_emit_traps(emit);
    enum proa_status status = proa_emit_check(emit, err);
    if (status != PROA_OK)
        return status;
    /* rsp is a multiple of 16 where calls are made. */
    int32_t frame = (emit->frame_size + 15) & ~15;
    int32_t below = 8 * (int32_t)emit->saved_count - frame;
    memcpy(emit->as.code->bytes + emit->frame_patch, &below, sizeof below);
    return PROA_OK;
}

/* May the instruction use a comparison's flags as they are? */
static bool takes_flags(enum proa_op op)
{
    return op == PROA_OP_BR_IF || op == PROA_OP_IF || op == PROA_OP_SELECT ||
           op == PROA_OP_SELECT_T || op == PROA_OP_I32_EQZ;
}

static proa_emitter *const families[] = {
    proa_emit_variable, proa_emit_numeric, proa_emit_memory,
    proa_emit_control,  proa_emit_call,    proa_emit_float,
    proa_emit_convert,  proa_emit_table,   proa_emit_simd,
};

/* Whoever takes the instruction is asked at once the next time. */
static void find_emitter(struct proa_emit *emit,
                         const struct proa_instruction *instruction)
{
    proa_emitter *numeric = proa_numeric_emitter(instruction->op);

    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        if (families[i](emit, instruction)) {
            emit->emitters[instruction->op] =
                numeric != NULL ? numeric : families[i];
            return;
        }
    abort(); /* the validator knows an instruction that we do not */
}

static inline void call_emitter(struct proa_emit *emit,
                                const struct proa_instruction *instruction)
{
    proa_emitter *emitter = emit->emitters[instruction->op];

    if (emitter != NULL)
        (void)emitter(emit, instruction);
    else
        find_emitter(emit, instruction);
}

static void dispatch(struct proa_emit *emit,
                     const struct proa_instruction *instruction)
{
    if (proa_has_flags(emit) && !takes_flags(instruction->op))
        proa_settle_flags(emit);
    if (emit->counts_fuel)
        proa_emit_fuel_before(emit, instruction->op);
    call_emitter(emit, instruction);
}

/* The flags hold something only for the next instruction. */
static inline void settle_unless_taken(struct proa_emit *emit)
{
    const struct proa_cursor *in = emit->in;

    if (!proa_has_flags(emit))
        return;
    if (proa_cursor_left(in) == 0 ||
        !takes_flags((enum proa_op)proa_opcode_forms[in->bytes[in->offset]].op))
        proa_settle_flags(emit);
}

/* In code that is not reached only the nesting counts. True: skipped. */
static bool skip(struct proa_emit *emit, enum proa_op op)
{
    switch (op) {
    case PROA_OP_BLOCK:
    case PROA_OP_LOOP:
    case PROA_OP_IF:
        emit->skipped_depth++;
        return true;
    case PROA_OP_END:
        if (emit->skipped_depth == 0)
            return false;
        emit->skipped_depth--;
        return true;
    case PROA_OP_ELSE:
        return emit->skipped_depth > 0;
    default:
        return true;
    }
}

/* The instructions that come most, in their short forms. */
enum short_form {
    SHORT_UNKNOWN, /* not looked for yet */
    SHORT_GET,
    SHORT_SET,
    SHORT_TEE,
    SHORT_I32,
    SHORT_I64,
    SHORT_LOAD,
    SHORT_STORE,
    SHORT_PLAIN,
    SHORT_BARE, /* from here on only read */
    SHORT_BLOCK,
    SHORT_INDEX,
    SHORT_NONE,
};

static enum short_form short_form(enum proa_op op)
{
    switch (op) {
    case PROA_OP_LOCAL_GET:
        return SHORT_GET;
    case PROA_OP_LOCAL_SET:
        return SHORT_SET;
    case PROA_OP_LOCAL_TEE:
        return SHORT_TEE;
    case PROA_OP_I32_CONST:
        return SHORT_I32;
    case PROA_OP_I64_CONST:
        return SHORT_I64;
    case PROA_OP_I32_EQZ:
    case PROA_OP_I64_EQZ:
        return SHORT_PLAIN;
    case PROA_OP_ELSE:
    case PROA_OP_END:
    case PROA_OP_RETURN:
    case PROA_OP_DROP:
    case PROA_OP_SELECT:
        return SHORT_BARE;
    case PROA_OP_BLOCK:
    case PROA_OP_LOOP:
    case PROA_OP_IF:
        return SHORT_BLOCK;
    case PROA_OP_BR:
    case PROA_OP_BR_IF:
    case PROA_OP_CALL:
    case PROA_OP_GLOBAL_GET:
    case PROA_OP_GLOBAL_SET:
        return SHORT_INDEX;
    default:
        break;
    }
    if (op >= PROA_OP_I32_LOAD && op <= PROA_OP_I64_LOAD32_U)
        return SHORT_LOAD;
    if (op >= PROA_OP_I32_STORE && op <= PROA_OP_I64_STORE32)
        return SHORT_STORE;
    return proa_numeric_emitter(op) != NULL ? SHORT_PLAIN : SHORT_NONE;
}

static void find_shorts(struct proa_emit *emit)
{
    for (size_t i = 0; i < sizeof emit->shorts; i++) {
        const struct proa_opcode_form *form = &proa_opcode_forms[i];
        emit->shorts[i] = SHORT_NONE;
        if (form->immediate != 0)
            emit->shorts[i] = (uint8_t)short_form((enum proa_op)form->op);
    }
}

static void push_number(struct proa_emit *emit, enum proa_valtype type,
                        int32_t value)
{
    uint64_t bits = (uint64_t)(int64_t)value;

    proa_push_const(emit, type, type == PROA_I32 ? (uint32_t)value : bits);
}

static bool emit_access(struct proa_emit *emit,
                        struct proa_validator *validator, enum proa_op op,
                        bool is_store)
{
    uint32_t offset = 0;

    if (!proa_validator_access(validator, op, &offset))
        return false;
    struct proa_memarg memarg = { .offset = offset };
    if (is_store)
        proa_emit_store(emit, op, &memarg);
    else
        proa_emit_load(emit, op, &memarg);
    return true;
}

enum step { STEP_NONE, STEP_READ, STEP_DONE };

static enum step done_if(bool is_done)
{
    return is_done ? STEP_DONE : STEP_NONE;
}

static enum step read_if(bool is_read)
{
    return is_read ? STEP_READ : STEP_NONE;
}

/*
 * Read, check and emit the next instruction, if it is one of these, or read it
 * at least. One jump by its first byte decides all, so that a processor guesses
 * once.
 */
static enum step step_short(struct proa_emit *emit,
                            struct proa_validator *validator,
                            struct proa_instruction *instruction)
{
    uint8_t byte = proa_validator_peek(validator);
    enum proa_op op = (enum proa_op)proa_opcode_forms[byte].op;
    enum short_form form = (enum short_form)emit->shorts[byte];
    uint32_t local;
    int32_t value;

    switch (form) {
    case SHORT_GET:
        if (!proa_validator_get(validator, &local))
            return STEP_NONE;
        proa_push_local(emit, local);
        return STEP_DONE;
    case SHORT_SET:
    case SHORT_TEE:
        if (!proa_validator_set(validator, form == SHORT_TEE, &local))
            return STEP_NONE;
        proa_emit_set_local(emit, local, form == SHORT_TEE);
        return STEP_DONE;
    case SHORT_I32:
        if (!proa_validator_number(validator, PROA_I32, &value))
            return STEP_NONE;
        push_number(emit, PROA_I32, value);
        return STEP_DONE;
    case SHORT_I64:
        if (!proa_validator_number(validator, PROA_I64, &value))
            return STEP_NONE;
        push_number(emit, PROA_I64, value);
        return STEP_DONE;
    case SHORT_LOAD:
        return done_if(emit_access(emit, validator, op, false));
    case SHORT_STORE:
        return done_if(emit_access(emit, validator, op, true));
    case SHORT_PLAIN:
        if (!proa_validator_plain(validator, op))
            return STEP_NONE;
        instruction->op = op;
        call_emitter(emit, instruction);
        settle_unless_taken(emit);
        return STEP_DONE;
    case SHORT_BARE:
        return read_if(
            proa_validator_read(validator, op, PROA_IMM_NONE, instruction));
    case SHORT_BLOCK:
        return read_if(
            proa_validator_read(validator, op, PROA_IMM_BLOCK, instruction));
    case SHORT_INDEX:
        return read_if(
            proa_validator_read(validator, op, PROA_IMM_LABEL, instruction));
    default:
        return STEP_NONE;
    }
}

/* What was emitted is thrown away when an instruction is found to be wrong. */
static enum proa_status emit_body(struct proa_emit *emit,
                                  struct proa_validator *validator)
{
    struct proa_instruction instruction;

    while (proa_validator_is_open(validator) && !emit->is_out_of_memory) {
        enum step step = STEP_NONE;
        if (!emit->is_unreachable && !emit->counts_fuel)
            do
                step = step_short(emit, validator, &instruction);
            while (step == STEP_DONE && !emit->is_out_of_memory);
        if (step == STEP_DONE)
            continue;
        enum proa_status status =
            step == STEP_READ ? proa_validator_check(validator, &instruction)
                              : proa_validator_next(validator, &instruction);
        if (status != PROA_OK)
            return status;
        if (emit->is_unreachable && skip(emit, instruction.op))
            continue;
        if (instruction.op == PROA_OP_END && emit->control_count == 1) {
            proa_settle_flags(emit);
            proa_emit_fuel_before(emit, instruction.op);
            proa_emit_function_end(emit);
            return PROA_OK;
        }
        dispatch(emit, &instruction);
        settle_unless_taken(emit);
    }
    return PROA_OK;
}

enum proa_status proa_emit_function(struct proa_emit *emit,
                                    struct proa_chunk *chunk,
                                    struct proa_validator *validator,
                                    uint32_t function_index, uint32_t *at,
                                    struct proa_error *err)
{
    struct proa_cursor in = chunk->module->functions[function_index].body;
    enum proa_status status = proa_validator_open(validator, function_index);

    if (status != PROA_OK)
        return status;
    start(emit, chunk, proa_wasm_functype(chunk->module, function_index), at);
    status = read_locals(emit, &in, err);
    if (status != PROA_OK)
        return status;
    emit->counts_fuel = chunk->counts_fuel;
    if (emit->shorts[0] == SHORT_UNKNOWN)
        find_shorts(emit);
    emit->in = proa_validator_rest(validator);
    emit->look_budget = 2 * proa_cursor_left(emit->in);
    enter(emit, !proa_is_simple(emit->in));
    status = emit_body(emit, validator);
    if (status != PROA_OK)
        return status;
    return finish(emit, err);
}

enum proa_status proa_emit_open(struct proa_emit *emit,
                                struct proa_chunk *chunk,
                                const struct proa_functype *type, uint32_t *at,
                                struct proa_error *err)
{
    start(emit, chunk, type, at);
    enter(emit, false);
    return proa_emit_check(emit, err);
}

enum proa_status proa_emit_close(struct proa_emit *emit, struct proa_error *err)
{
    proa_emit_return(emit);
    return finish(emit, err);
}

enum proa_status proa_emit_expression(struct proa_emit *emit,
                                      struct proa_cursor in,
                                      struct proa_error *err)
{
    struct proa_instruction instruction;

    for (;;) {
        enum proa_status status = proa_instruction_read(&in, &instruction, err);
        if (status != PROA_OK || instruction.op == PROA_OP_END)
            return status;
        dispatch(emit, &instruction);
    }
}
