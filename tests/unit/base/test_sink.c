/* SPDX-License-Identifier: Apache-2.0 */
#include "base/sink.h"

#include <stdlib.h>
#include <string.h>

#include "../check.h"

/* What a file would be. */
struct file {
    uint8_t bytes[1 << 17];
    uint64_t size;
    uint32_t write_count;
    bool is_broken;
};

static bool write_file(void *env, uint64_t offset, const void *bytes,
                       size_t size)
{
    struct file *file = env;

    if (file->is_broken)
        return false;
    CHECK_EQ(offset <= file->size, 1); /* no gaps */
    memcpy(file->bytes + offset, bytes, size);
    if (offset + size > file->size)
        file->size = offset + size;
    file->write_count++;
    return true;
}

/* The sizes around what is staged, each put after one byte. */
static void bytes_arrive_in_order(void)
{
    static const size_t sizes[] = { 0,
                                    1,
                                    PROA_SINK_STAGED_BYTES - 1,
                                    PROA_SINK_STAGED_BYTES,
                                    PROA_SINK_STAGED_BYTES + 1,
                                    50000 };
    static uint8_t bytes[50000];
    struct file *file = malloc(sizeof *file);
    struct proa_sink sink;

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 7 + 1);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        *file = (struct file){ 0 };
        proa_sink_init(&sink, write_file, file, sizeof file->bytes);
        proa_sink_put(&sink, "x", 1);
        proa_sink_put(&sink, bytes, sizes[i]);
        proa_sink_put_zeros(&sink, 5000);
        proa_sink_put(&sink, "y", 1);
        proa_sink_put_at(&sink, 0, "A", 1);
        CHECK_EQ(proa_sink_end(&sink), 1);
        CHECK_EQ(sink.size, sizes[i] + 5002);
        CHECK_EQ(file->size, sink.size);
        CHECK_EQ(file->bytes[0], 'A');
        CHECK_EQ(memcmp(file->bytes + 1, bytes, sizes[i]), 0);
        CHECK_EQ(file->bytes[1 + sizes[i]], 0);
        CHECK_EQ(file->bytes[sizes[i] + 5000], 0);
        CHECK_EQ(file->bytes[sizes[i] + 5001], 'y');
    }
    free(file);
}

static void small_pieces_are_few_writes(void)
{
    struct file *file = calloc(1, sizeof *file);
    struct proa_sink sink;

    proa_sink_init(&sink, write_file, file, sizeof file->bytes);
    for (int i = 0; i < PROA_SINK_STAGED_BYTES; i++)
        proa_sink_put(&sink, "z", 1);
    CHECK_EQ(proa_sink_end(&sink), 1);
    CHECK_EQ(file->write_count, 1);
    free(file);
}

static void limits_and_failures_stay(void)
{
    struct file *file = calloc(1, sizeof *file);
    struct proa_sink sink;

    proa_sink_init(&sink, write_file, file, 4);
    proa_sink_put(&sink, "1234", 4);
    CHECK_EQ(sink.is_full, 0);
    proa_sink_put(&sink, "5", 1);
    CHECK_EQ(sink.is_full, 1);
    CHECK_EQ(proa_sink_end(&sink), 0);
    file->is_broken = true;
    proa_sink_init(&sink, write_file, file, 4);
    proa_sink_put(&sink, "1", 1);
    CHECK_EQ(proa_sink_end(&sink), 0);
    free(file);
}

static void a_buffer_takes_it_too(void)
{
    struct proa_buffer buffer;
    struct proa_sink sink;

    proa_buffer_init(&buffer, 100);
    proa_sink_init_buffer(&sink, &buffer);
    proa_sink_put(&sink, "hello", 5);
    proa_sink_put_at(&sink, 1, "a", 1);
    CHECK_EQ(proa_sink_end(&sink), 1);
    CHECK_EQ(buffer.size, 5);
    CHECK_EQ(memcmp(buffer.bytes, "hallo", 5), 0);
    proa_buffer_deinit(&buffer);
}

int main(void)
{
    bytes_arrive_in_order();
    small_pieces_are_few_writes();
    limits_and_failures_stay();
    a_buffer_takes_it_too();
    return 0;
}
