/*
 * calls: an interpreter of a small stack machine, one switch in a loop.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "kernel.h"

enum op {
    PUSH,
    LOAD,
    STORE,
    ADD,
    SUB,
    MUL,
    XOR,
    LESS,
    JUMP_IF,
    JUMP,
    DUP,
    END
};

enum { LOOPS = 900000 };

static uint32_t program[64];

void kernel_setup(void)
{
    /* x = 1; y = 7; for (i = 0; i < LOOPS; i++) { x = x * 3 + y ^ i;
     * if (x < y) y = x - i; } */
    static const uint32_t code[] = {
        PUSH, 1,    STORE, 0,    PUSH, 7,     STORE, 1,       PUSH, 0,    STORE,
        2,    LOAD, 0,     PUSH, 3,    MUL,   LOAD,  1,       ADD,  LOAD, 2,
        XOR,  DUP,  STORE, 0,    LOAD, 1,     LESS,  JUMP_IF, 34,   JUMP, 40,
        END,  LOAD, 0,     LOAD, 2,    SUB,   END,   LOAD,    2,    PUSH, 1,
        ADD,  DUP,  STORE, 2,    PUSH, LOOPS, LESS,  JUMP_IF, 12,   END,
    };

    memcpy(program, code, sizeof code);
    /* The branch of the `if` ends in: y = ...; then goes on at 40. */
    program[39] = JUMP;
    memmove(program + 43, program + 40, 14 * sizeof *program);
    program[39] = STORE;
    program[40] = 1;
    program[41] = JUMP;
    program[42] = 43;
    program[32] = 43;
}

uint64_t kernel_run(void)
{
    uint32_t stack[16];
    uint32_t locals[4] = { 0 };
    uint32_t *top = stack;
    const uint32_t *at = program;

    for (;;) {
        switch ((enum op) * at++) {
        case PUSH:
            *top++ = *at++;
            break;
        case LOAD:
            *top++ = locals[*at++ & 3];
            break;
        case STORE:
            locals[*at++ & 3] = *--top;
            break;
        case ADD:
            top--;
            top[-1] += *top;
            break;
        case SUB:
            top--;
            top[-1] -= *top;
            break;
        case MUL:
            top--;
            top[-1] *= *top;
            break;
        case XOR:
            top--;
            top[-1] ^= *top;
            break;
        case LESS:
            top--;
            top[-1] = top[-1] < *top;
            break;
        case JUMP_IF:
            at = *--top ? program + *at : at + 1;
            break;
        case JUMP:
            at = program + *at;
            break;
        case DUP:
            *top = top[-1];
            top++;
            break;
        case END:
            return kernel_mix(locals[0], locals[1]);
        }
    }
}
