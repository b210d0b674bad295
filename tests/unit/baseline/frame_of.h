/*
 * A function being emitted whose locals are chosen by a test; what it emits is
 * only counted.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_TEST_BASELINE_FRAME_OF_H
#define PROA_TEST_BASELINE_FRAME_OF_H

#include <string.h>

#include "baseline/emit.h"

#include "check.h"

enum { LOCALS = 24, FIRST_FLOAT = 12, CODE_MAX = 1 << 16 };

struct subject {
    struct proa_emit emit;
    struct proa_buffer code;
    struct proa_cursor in;
    struct proa_home locals[LOCALS];
};

/* Locals from FIRST_FLOAT on are f64, those before i32; none is in a pin. */
static inline void subject_open(struct subject *subject, bool kept)
{
    memset(subject, 0, sizeof *subject);
    proa_buffer_init(&subject->code, CODE_MAX);
    proa_asm_open(&subject->emit.as, &subject->code);
    subject->emit.locals = subject->locals;
    subject->emit.local_count = LOCALS;
    subject->emit.look_budget = 1000;
    for (int i = 0; i < LOCALS; i++)
        subject->locals[i] =
            (struct proa_home){ .reg = PROA_NO_GPR,
                                .pin = PROA_PINS,
                                .offset = -8 * (i + 1),
                                .type = i < FIRST_FLOAT ? PROA_I32 : PROA_F64 };
    proa_pins_open(&subject->emit, kept);
}

static inline void subject_read(struct subject *subject, const uint8_t *bytes,
                                uint32_t size)
{
    subject->in = (struct proa_cursor){ .bytes = bytes, .size = size };
    subject->emit.in = &subject->in;
}

/* Bytes emitted yet. */
static inline size_t subject_size(struct subject *subject)
{
    proa_asm_sync(&subject->emit.as);
    return subject->code.size;
}

static inline void subject_close(struct subject *subject)
{
    proa_asm_sync(&subject->emit.as);
    CHECK_EQ(subject->code.is_full, false);
    proa_buffer_deinit(&subject->code);
}

#endif
