/* Encodings as GNU as writes them, and labels both ways.
 * SPDX-License-Identifier: Apache-2.0 */
#include "baseline/asm_x86_64.h"

#include "../check.h"

static struct proa_buffer code;
static struct proa_asm as;

static void start(void)
{
    proa_buffer_clear(&code);
    proa_asm_open(&as, &code);
}

/* What was assembled since start(), in hexadecimal. */
static void check_code(const char *expected, int line)
{
    char text[512] = "";

    proa_asm_sync(&as);
    for (size_t i = 0; i < code.size; i++)
        (void)snprintf(text + 2 * i, 3, "%02x", code.bytes[i]);
    if (strcmp(text, expected) != 0) {
        fprintf(stderr, "line %d: %s, expected %s\n", line, text, expected);
        exit(1);
    }
}

#define CODE(expected) check_code(expected, __LINE__)

static void registers(void)
{
    start();
    proa_asm_rr(&as, PROA_ASM_ADD, PROA_RAX, PROA_RCX);
    CODE("03c1");
    start();
    proa_asm_rr(&as, PROA_ASM_SUB | PROA_ASM_W, PROA_R9, PROA_RDI);
    CODE("4c2bcf");
    start();
    proa_asm_rr(&as, PROA_ASM_MOVZX8, PROA_RAX, PROA_RSI); /* sil, not dh */
    CODE("400fb6c6");
    start();
    proa_asm_setcc(&as, PROA_CC_L, PROA_R10);
    CODE("410f9cc2");
    start();
    proa_asm_rr(&as, PROA_ASM_POPCNT | PROA_ASM_W, PROA_RDX, PROA_R8);
    CODE("f3490fb8d0");
    start();
    proa_asm_rr(&as, PROA_ASM_ADDSD, 9, 1);
    CODE("f2440f58c9");
    start();
    proa_asm_rr(&as, PROA_ASM_MOVD_TO_XMM | PROA_ASM_W, 2, PROA_R12);
    CODE("66490f6ed4");
    start();
    proa_asm_rri(&as, PROA_ASM_ROUNDSD, 1, 2, 11);
    CODE("660f3a0bca0b");
}

static void places(void)
{
    struct proa_place place = proa_place(PROA_RBP, 0);

    start();
    proa_asm_rm(&as, PROA_ASM_MOV, PROA_RAX, &place);
    CODE("8b4500");
    place = proa_place(PROA_RSP, 8);
    start();
    proa_asm_rm(&as, PROA_ASM_MOV | PROA_ASM_W, PROA_RDI, &place);
    CODE("488b7c2408");
    place = proa_place(PROA_R13, 0);
    start();
    proa_asm_rm(&as, PROA_ASM_MOV8_STORE, PROA_RSI, &place);
    CODE("41887500");
    place = (struct proa_place){ PROA_R14, PROA_R9, 3, 0x12345 };
    start();
    proa_asm_rm(&as, PROA_ASM_MOVSS, 12, &place);
    CODE("f3470f10a4ce45230100");
    place = (struct proa_place){ PROA_R12, PROA_NO_GPR, 0, 0 };
    start();
    proa_asm_rm(&as, PROA_ASM_LEA | PROA_ASM_W, PROA_RAX, &place);
    CODE("498d0424");
    start();
    proa_asm_store_immediate(&as, 2, &place, -2);
    CODE("6641c70424feff");
    start();
    proa_asm_group_mi(&as, PROA_ASM_GROUP_CMP, true, &place, 1000);
    CODE("49813c24e8030000");
}

static void constants(void)
{
    start();
    proa_asm_constant(&as, PROA_R8, 0);
    CODE("4533c0");
    start();
    proa_asm_constant(&as, PROA_RBX, 0xffffffff);
    CODE("bbffffffff");
    start();
    proa_asm_constant(&as, PROA_R15, UINT64_MAX);
    CODE("49c7c7ffffffff");
    start();
    proa_asm_constant(&as, PROA_RAX, 0x123456789abcdef0);
    CODE("48b8f0debc9a78563412");
    start();
    proa_asm_group_ri(&as, PROA_ASM_GROUP_AND, false, PROA_RCX, -16);
    CODE("83e1f0");
    start();
    proa_asm_imul_rri(&as, true, PROA_RAX, PROA_R9, 300);
    CODE("4969c12c010000");
    start();
    proa_asm_shift_ri(&as, PROA_ASM_ROL, false, PROA_RDX, 7);
    CODE("c1c207");
    start();
    proa_asm_unary(&as, PROA_ASM_IDIV, true, PROA_R11);
    CODE("49f7fb");
}

static void labels(void)
{
    struct proa_label back = { 0 };
    struct proa_label on = { 0 };

    start();
    proa_asm_bind(&as, &back);
    proa_asm_jmp(&as, &on);              /* 0 */
    proa_asm_jcc(&as, PROA_CC_NE, &on);  /* 5 */
    proa_asm_jcc(&as, PROA_CC_E, &back); /* 11 */
    proa_asm_bind(&as, &on);             /* 17 */
    proa_asm_jmp(&as, &back);
    proa_asm_lea_label(&as, PROA_R9, &on);
    CODE("e90c000000"
         "0f8506000000"
         "0f84efffffff"
         "e9eaffffff"
         "4c8d0df4ffffff");
    start();
    uint32_t at = proa_asm_call_later(&as);
    proa_asm_ret(&as);
    proa_asm_patch(&as, at, 0x100);
    CODE("ff15fa000000c3");
    start();
    at = proa_asm_jmp_later(&as);
    proa_asm_patch(&as, at, 0x100);
    CODE("ff25fa000000");
}

/* What does not fit is forgotten, labels and all; what did stays. */
static void limit(void)
{
    struct proa_buffer small;
    struct proa_asm full;
    struct proa_label label = { 0 };

    proa_buffer_init(&small, 64);
    proa_asm_open(&full, &small);
    for (int i = 0; i < 100; i++) {
        proa_asm_constant(&full, PROA_RAX, UINT64_MAX / 3);
        proa_asm_jmp(&full, &label);
    }
    proa_asm_align(&full);
    proa_asm_bind(&full, &label);
    proa_asm_patch(&full, 2, 0);
    proa_asm_sync(&full);
    CHECK_EQ(small.is_full, true);
    CHECK_EQ(small.size <= 64, true);
    CHECK_EQ(small.size >= 64 - 2 * PROA_ASM_BYTES_MAX, true);
    CHECK_EQ(small.bytes[0], 0x48);
    proa_asm_open(&full, &small); /* and so it stays */
    proa_asm_ret(&full);
    proa_asm_sync(&full);
    CHECK_EQ(small.is_full, true);
    proa_buffer_deinit(&small);
}

int main(void)
{
    proa_buffer_init(&code, 1 << 16);
    registers();
    places();
    constants();
    labels();
    limit();
    proa_buffer_deinit(&code);
    return 0;
}
