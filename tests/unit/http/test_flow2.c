/*
 * HTTP/2 through the event loop, in frames written by hand.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "http/server.h"

#include "serving.h"

#define HELLO "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0"
/* POST https://x/ whose body does not come; GET https://x/hold */
#define POST "\0\0\6\1\4\0\0\0\1\x83\x87\x84\x41\1x"
#define HOLD "\0\0\xc\1\5\0\0\0\1\x82\x87\4\5/hold\x41\1x"
#define PING_ACK "\0\0\x8\6\1\0\0\0\0\0\0\0\0\0\0\0\0"

static void fill(struct proa_http_exchange *exchange)
{
    CHECK_EQ(proa_buffer_append(&exchange->response.body, "held", 4), 1);
}

/* How many whole frames of a type are there. */
static uint32_t frame_count(const struct proa_buffer *all, uint8_t type)
{
    uint32_t count = 0;
    size_t at = 0;

    while (at + 9 <= all->size) {
        const uint8_t *frame = all->bytes + at;
        at += 9 + ((size_t)frame[0] << 16 | (size_t)frame[1] << 8 | frame[2]);
        count += at <= all->size && frame[3] == type;
    }
    return count;
}

static void receive_frame(int fd, uint8_t type, struct proa_buffer *out)
{
    uint8_t bytes[4096];

    while (frame_count(out, type) == 0) {
        ssize_t size = recv(fd, bytes, sizeof bytes, 0);
        CHECK_EQ(size > 0, 1);
        CHECK_EQ(proa_buffer_append(out, bytes, (size_t)size), 1);
    }
}

/* A stream whose body does not come is told so; the connection goes on. */
static void test_slow_body(void)
{
    struct proa_http_server_limits limits = default_limits();
    struct proa_buffer got;

    limits.body_ms_max = 20;
    start(limits, fill);
    proa_buffer_init(&got, 1 << 20);
    int fd = connect_client();
    send_bytes(fd, HELLO POST, sizeof HELLO POST - 1);
    receive_frame(fd, 3, &got); /* RST_STREAM behind the answer */
    CHECK_EQ(frame_count(&got, 1), 1);
    CHECK_EQ(memmem(got.bytes, got.size, "408 Request", 11) != NULL, 1);
    CHECK_EQ(frame_count(&got, 7), 0);
    (void)close(fd);
    proa_buffer_deinit(&got);
    tell_stop();
    finish();
}

/* A client that takes nothing in does not keep its stream. */
static void test_slow_reader(void)
{
    /* SETTINGS_INITIAL_WINDOW_SIZE is 0. */
    static const char no_window[] = "\0\0\6\4\0\0\0\0\0\0\4\0\0\0\0";
    struct proa_http_server_limits limits = default_limits();
    struct proa_buffer got;

    limits.write_ms_max = 20;
    start(limits, fill);
    proa_buffer_init(&got, 1 << 20);
    int fd = connect_client();
    send_bytes(fd, HELLO, sizeof HELLO - 1);
    send_bytes(fd, no_window, sizeof no_window - 1);
    send_bytes(fd, HOLD, sizeof HOLD - 1);
    (void)answer(wait_held());
    receive_frame(fd, 3, &got);
    CHECK_EQ(frame_count(&got, 1), 1);
    CHECK_EQ(frame_count(&got, 0), 0);
    (void)close(fd);
    proa_buffer_deinit(&got);
    tell_stop();
    finish();
}

/* The request under way is answered, and then the connection ends. */
static void test_drain(void)
{
    struct proa_buffer got;

    start(default_limits(), fill);
    proa_buffer_init(&got, 1 << 20);
    int fd = connect_client();
    send_bytes(fd, HELLO HOLD, sizeof HELLO HOLD - 1);
    struct proa_http_exchange *held = wait_held();
    tell_stop();
    receive_frame(fd, 7, &got); /* GOAWAY */
    send_bytes(fd, PING_ACK, sizeof PING_ACK - 1);
    (void)answer(held);
    receive_all(fd, &got);
    CHECK_EQ(frame_count(&got, 0), 1);
    CHECK_EQ(frame_count(&got, 7) >= 2, 1);
    (void)close(fd);
    proa_buffer_deinit(&got);
    finish();
}

/* The client resets its stream, or goes, while the request is under way. */
static void test_abandoned(void)
{
    static const char reset[] = "\0\0\4\3\0\0\0\0\1\0\0\0\x8";

    start(default_limits(), fill);
    for (int i = 0; i < 20; i++) {
        int fd = connect_client();
        send_bytes(fd, HELLO HOLD, sizeof HELLO HOLD - 1);
        struct proa_http_exchange *held = wait_held();
        if (i % 2 == 0)
            send_bytes(fd, reset, sizeof reset - 1);
        (void)close(fd);
        (void)answer(held);
    }
    tell_stop();
    finish();
}

int main(void)
{
    test_slow_body();
    test_slow_reader();
    test_drain();
    test_abandoned();
    return 0;
}
