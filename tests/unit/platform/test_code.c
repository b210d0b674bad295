/* SPDX-License-Identifier: Apache-2.0 */
#include "platform/code.h"

#include "../check.h"

enum { RANGE_COUNT = 200, RANGE_SIZE = 16 };

int main(void)
{
    static char text[RANGE_COUNT * RANGE_SIZE];
    struct proa_code_slot *slots[RANGE_COUNT];
    const void *owner = NULL;

    for (int i = 0; i < RANGE_COUNT; i++) {
        slots[i] = proa_code_add(text + i * RANGE_SIZE, RANGE_SIZE,
                                 text + i * RANGE_SIZE);
        CHECK_EQ(slots[i] != NULL, true);
    }
    for (int i = 0; i < RANGE_COUNT * RANGE_SIZE; i++) {
        CHECK_EQ(proa_code_find((uintptr_t)text + (uintptr_t)i, &owner), true);
        CHECK_EQ((const char *)owner - text, i / RANGE_SIZE * RANGE_SIZE);
    }
    owner = NULL;
    CHECK_EQ(proa_code_find((uintptr_t)text + sizeof text, &owner), false);
    CHECK_EQ(owner == NULL, true); /* untouched */
    for (int i = 0; i < RANGE_COUNT; i += 2)
        proa_code_remove(slots[i]);
    for (int i = 0; i < RANGE_COUNT; i++)
        CHECK_EQ(
            proa_code_find((uintptr_t)text + (uintptr_t)i * RANGE_SIZE, &owner),
            i % 2);
    for (int i = 1; i < RANGE_COUNT; i += 2)
        proa_code_remove(slots[i]);
    proa_code_remove(NULL);
    CHECK_EQ(proa_code_find((uintptr_t)text, &owner), false);
    return 0;
}
