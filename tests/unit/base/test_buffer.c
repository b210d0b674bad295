/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buffer.h"

#include <string.h>

#include "../check.h"

static void bytes_are_kept_in_order(void)
{
    struct proa_buffer buffer;

    proa_buffer_init(&buffer, 1 << 20);
    for (int i = 0; i < 1000; i++)
        CHECK_EQ(proa_buffer_append(&buffer, "0123456789", 10), 1);
    CHECK_EQ(buffer.size, 10000);
    for (size_t i = 0; i < buffer.size; i++)
        CHECK_EQ(buffer.bytes[i], '0' + i % 10);
    proa_buffer_clear(&buffer);
    CHECK_EQ(buffer.size, 0);
    proa_buffer_deinit(&buffer);
}

/* Nothing is appended in part, and a writer that checks only at its end sees
 * that something is missing. */
static void limit_is_sticky(void)
{
    struct proa_buffer buffer;

    proa_buffer_init(&buffer, 10);
    CHECK_EQ(proa_buffer_append(&buffer, "12345678", 8), 1);
    CHECK_EQ(proa_buffer_append(&buffer, "abc", 3), 0);
    CHECK_EQ(proa_buffer_append(&buffer, "a", 1), 0);
    CHECK_EQ(buffer.size, 8);
    CHECK_EQ(buffer.is_full, 1);
    proa_buffer_deinit(&buffer);
}

static void printed_text_fits_whatever_its_length(void)
{
    struct proa_buffer buffer;
    char text[2000];

    proa_buffer_init(&buffer, 1 << 16);
    for (size_t size = 500; size < 530; size++) {
        memset(text, 'x', size);
        text[size] = '\0';
        proa_buffer_clear(&buffer);
        CHECK_EQ(proa_buffer_printf(&buffer, "%s!", text), 1);
        CHECK_EQ(buffer.size, size + 1);
        CHECK_EQ(buffer.bytes[size], '!');
    }
    proa_buffer_deinit(&buffer);
}

static void zeros_and_room(void)
{
    struct proa_buffer buffer;

    proa_buffer_init(&buffer, 100);
    CHECK_EQ(proa_buffer_append_zeros(&buffer, 3), 1);
    uint8_t *room = proa_buffer_reserve(&buffer, 2);
    room[0] = 1;
    room[1] = 2;
    CHECK_EQ(buffer.size, 5);
    CHECK_EQ(memcmp(buffer.bytes, "\0\0\0\1\2", 5), 0);
    CHECK_EQ(proa_buffer_reserve(&buffer, SIZE_MAX) == NULL, 1);
    proa_buffer_deinit(&buffer);
}

int main(void)
{
    bytes_are_kept_in_order();
    limit_is_sticky();
    printed_text_fits_whatever_its_length();
    zeros_and_room();
    return 0;
}
