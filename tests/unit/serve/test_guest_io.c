/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/guest_io.h"

#include <errno.h>
#include <sys/uio.h>

#include "check.h"

enum { PIECE_SIZE = 1000 };

/* A request whose client is gone: nothing of the loop is needed. */
struct fixture {
    struct proa_http_request request;
    struct proa_http_exchange exchange;
    struct proa_task task;
    struct proa_guest_io io;
    struct proa_wasi_options wasi;
};

static void open_fixture(struct fixture *own, const char *body)
{
    *own = (struct fixture){ .request.method = proa_http_text_of("POST") };
    proa_buffer_init(&own->request.body, 1 << 20);
    CHECK_EQ(proa_buffer_append(&own->request.body, body, strlen(body)), true);
    own->exchange.request = &own->request;
    proa_buffer_init(&own->exchange.response.fields, 1 << 16);
    proa_buffer_init(&own->exchange.response.body, 1 << 24);
    proa_guest_io_init(&own->io);
    proa_guest_io_open(&own->io, &own->exchange, &own->task);
    own->io.body_bytes_max = 100;
    own->io.response_bytes_max = 1 << 20;
    proa_guest_io_offer(&own->io, 0, false, &own->wasi);
}

static void close_fixture(struct fixture *own)
{
    proa_guest_io_deinit(&own->io);
    CHECK_EQ(own->task.waits == NULL, true);
    proa_buffer_deinit(&own->request.body);
    proa_buffer_deinit(&own->exchange.response.fields);
    proa_buffer_deinit(&own->exchange.response.body);
}

static ssize_t move(const struct fixture *own, int fd, void *bytes, size_t size)
{
    const struct proa_wasi_stream *stream = own->wasi.streams[fd];
    /* In two parts, as a guest may give them. */
    const struct iovec parts[] = {
        { bytes, size / 2 }, { (char *)bytes + size / 2, size - size / 2 }
    };

    CHECK_EQ(stream->is_ready(stream->env), true);
    return stream->move(stream->env, NULL, parts, 2);
}

static ssize_t print(const struct fixture *own, int fd, const char *text)
{
    return move(own, fd, (void *)(uintptr_t)text, strlen(text));
}

static void a_body_is_read(void)
{
    struct fixture own;
    char bytes[8];

    open_fixture(&own, "hello world");
    CHECK_EQ(move(&own, 0, bytes, sizeof bytes), 8);
    CHECK_EQ(memcmp(bytes, "hello wo", 8), 0);
    CHECK_EQ(move(&own, 0, bytes, sizeof bytes), 3);
    CHECK_EQ(move(&own, 0, bytes, sizeof bytes), 0);
    CHECK_EQ(own.io.taken, 11);
    close_fixture(&own);
}

static void a_long_body_is_refused(void)
{
    struct fixture own;
    char bytes[200], body[202];

    memset(body, 'x', sizeof body);
    body[201] = '\0';
    open_fixture(&own, body);
    errno = 0;
    CHECK_EQ(move(&own, 0, bytes, sizeof bytes), -1);
    CHECK_EQ(errno, EIO);
    CHECK_EQ(own.exchange.refusal, 413);
    close_fixture(&own);
}

static void a_short_answer_is_whole(void)
{
    struct fixture own;
    struct proa_error err = { 0 };

    open_fixture(&own, "");
    CHECK_EQ(print(&own, 1, "Status: 201\nContent-Type: a/b\n\n"), 31);
    CHECK_EQ(print(&own, 1, "body"), 4);
    CHECK_EQ(proa_guest_io_finish(&own.io, &err), PROA_OK);
    CHECK_EQ(own.io.is_begun, false);
    CHECK_EQ(own.exchange.response.status, 201);
    CHECK_EQ(own.exchange.response.body.size, 4);
    close_fixture(&own);
}

/* More than is kept: begun, and counted on. */
static void a_long_answer_is_begun(void)
{
    struct fixture own;
    char bytes[PIECE_SIZE];
    struct proa_error err = { 0 };
    const int count = PROA_HTTP_PIECES_BYTES_MAX / PIECE_SIZE + 10;

    memset(bytes, 'x', sizeof bytes);
    open_fixture(&own, "");
    CHECK_EQ(print(&own, 1, "Content-Type: a/b\n\n"), 19);
    for (int i = 0; i < count; i++)
        CHECK_EQ(move(&own, 1, bytes, sizeof bytes), PIECE_SIZE);
    CHECK_EQ(own.io.is_begun, true);
    CHECK_EQ(own.exchange.is_begun, true);
    CHECK_EQ(own.io.put, (uint64_t)count * PIECE_SIZE);
    CHECK_EQ(proa_guest_io_finish(&own.io, &err), PROA_OK);
    close_fixture(&own);
}

/* A guest that will wait is asked to send what it has: only a whole head. */
static void what_waits_is_begun(void)
{
    struct fixture own;

    open_fixture(&own, "");
    own.task.waits(own.task.waits_env);
    CHECK_EQ(own.io.is_begun, false);
    CHECK_EQ(print(&own, 1, "Content-Type: a/b\n"), 18);
    own.task.waits(own.task.waits_env);
    CHECK_EQ(own.io.is_begun, false);
    CHECK_EQ(print(&own, 1, "\nb"), 2);
    own.task.waits(own.task.waits_env);
    CHECK_EQ(own.io.is_begun, true);
    CHECK_EQ(own.io.put, 1);
    close_fixture(&own);
}

static void bad_answers(void)
{
    static const struct {
        const char *text;
        bool begins;
        const char *why; /* a part of it */
    } cases[] = {
        { "", false, "it printed nothing" },
        { "no fields", false, "" },
        { "Content-Type: a/b\nContent-Length: 3\n\nab", false, "2 bytes" },
        { "Content-Type: a/b\nContent-Length: 3\n\nab", true, "2 bytes" },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fixture own;
        struct proa_error err = { 0 };
        open_fixture(&own, "");
        (void)print(&own, 1, cases[i].text);
        if (cases[i].begins)
            own.task.waits(own.task.waits_env);
        CHECK_EQ(own.io.is_begun, cases[i].begins);
        CHECK_EQ(proa_guest_io_finish(&own.io, &err), PROA_MALFORMED);
        CHECK_EQ(strstr(err.text, cases[i].why) != NULL, true);
        close_fixture(&own);
    }
}

/* Beyond the limit nothing is taken, and it stays bad. */
static void a_too_long_answer(void)
{
    struct fixture own;
    char bytes[PIECE_SIZE];
    struct proa_error err = { 0 };
    int count = 0;

    memset(bytes, 'x', sizeof bytes);
    open_fixture(&own, "");
    own.io.response_bytes_max = 100 * PIECE_SIZE;
    CHECK_EQ(print(&own, 1, "Content-Type: a/b\n\n"), 19);
    while (move(&own, 1, bytes, sizeof bytes) == PIECE_SIZE)
        count++;
    CHECK_EQ(errno, EFBIG);
    CHECK_EQ(count, 100);
    CHECK_EQ(print(&own, 1, "more"), -1);
    CHECK_EQ(proa_guest_io_finish(&own.io, &err), PROA_MALFORMED);
    CHECK_EQ(strstr(err.text, "larger than 100000 bytes") != NULL, true);
    close_fixture(&own);
}

static void complaints_are_cut(void)
{
    struct fixture own;
    char bytes[PIECE_SIZE];
    struct proa_buffer log;

    memset(bytes, 'e', sizeof bytes);
    open_fixture(&own, "");
    proa_buffer_init(&log, 1 << 20);
    CHECK_EQ(print(&own, 2, "first\n"), 6);
    for (int i = 0; i < 100; i++)
        CHECK_EQ(move(&own, 2, bytes, sizeof bytes), PIECE_SIZE);
    proa_guest_io_log(&own.io, &log);
    (void)proa_buffer_append(&log, "", 1);
    CHECK_EQ(strncmp((char *)log.bytes, "guest: first\nguest: eee", 23), 0);
    CHECK_EQ(strstr((char *)log.bytes, "the guest's log is cut here") != NULL,
             true);
    CHECK_EQ(log.size < 66000, true);
    proa_buffer_deinit(&log);
    close_fixture(&own);
}

/* A guest that is only looked at reads nothing and prints nowhere. */
static void without_a_request(void)
{
    struct proa_guest_io io;
    struct fixture own = { 0 };
    char bytes[4];

    proa_guest_io_init(&io);
    proa_guest_io_offer(&io, 0, true, &own.wasi);
    CHECK_EQ(move(&own, 0, bytes, sizeof bytes), 0);
    CHECK_EQ(print(&own, 1, "logged"), 6);
    CHECK_EQ(io.errors.size, 6);
    proa_guest_io_deinit(&io);
}

int main(void)
{
    a_body_is_read();
    a_long_body_is_refused();
    a_short_answer_is_whole();
    a_long_answer_is_begun();
    what_waits_is_begun();
    bad_answers();
    a_too_long_answer();
    complaints_are_cut();
    without_a_request();
    return 0;
}
