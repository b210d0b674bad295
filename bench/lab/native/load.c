/*
 * Loads one HTTP/1.1 address and tells of every request.
 *
 *   lab_load HOST PORT TARGET BODY RATE CONNECTIONS WARM_MS MEASURED_MS SEED
 *
 * BODY is a file to POST, or "-" to GET. RATE is in requests a second: an open
 * loop, in which requests come at times drawn beforehand, however slow the
 * server is; what cannot be sent because every connection is busy waits, and
 * its time counts from when it was due. So a server that stalls is charged for
 * all who would have come meanwhile (no coordinated omission). The times are
 * those of a Poisson process of which it is known how many come: RATE times the
 * seconds, in the warm-up and after it, so that short runs are alike.
 * RATE 0 is a closed loop: each connection asks again when it was answered, and
 * what is told are the answers that came in the measured time. It goes on until
 * there are as many as connections, so that a slow server has samples, too.
 *
 * Standard output, a line a request, microseconds from the start:
 *   DUE SENT DONE STATUS BYTES WAITED
 * WAITED 1: every connection was busy when it was due; else SENT less DUE is
 * our own lateness. Status 0: no answer (connection lost, or none after the
 * grace time). SPDX-License-Identifier: Apache-2.0
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <llhttp.h>
#include <math.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    CONNECTION_COUNT_MAX = 4096,
    SAMPLE_COUNT_MAX = 8 << 20,
    RECEIVE_SIZE = 1 << 18,
    EVENT_COUNT = 64,
    GRACE_MS = 2000,
    LONGER_MS = 10000, /* at most, than asked for: a closed loop */
    SPIN_US = 150,     /* before a request is due, look without sleeping */
};

struct sample {
    uint64_t due_us;
    uint64_t sent_us;
    uint64_t done_us;
    uint64_t bytes;
    int status;
    bool has_waited; /* every connection was busy when it was due */
};

struct connection {
    int fd; /* -1: not open */
    bool is_busy;
    bool wants_write;
    size_t sent; /* of the request */
    struct sample *sample;
    llhttp_t parser;
};

struct load {
    struct sockaddr_in address;
    char *request; /* head and body */
    size_t request_size;
    double rate;
    uint64_t warm_us, end_us;
    uint64_t random;
    int epoll_fd;
    struct connection *connections;
    uint32_t connection_count;
    struct sample *samples;
    size_t sample_count; /* that were due */
    size_t sent_count;
    uint32_t busy_count;
    uint64_t done_count;    /* after the warm-up */
    uint64_t next_due_us;   /* UINT64_MAX: no more */
    uint64_t window_end_us; /* of the warm-up, then of what is measured */
    uint64_t window_left;   /* requests still to come in it */
    uint64_t start_ns;
    llhttp_settings_t settings;
};

static uint64_t now_us(const struct load *load)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return ((uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec -
            load->start_ns) /
           1000;
}

static void die(const char *what)
{
    perror(what);
    exit(1);
}

/* xorshift64*: the same seed gives the same times. */
static double random_unit(struct load *load)
{
    load->random ^= load->random >> 12;
    load->random ^= load->random << 25;
    load->random ^= load->random >> 27;
    return (double)((load->random * 2685821657736338717u) >> 11) / 0x1p53;
}

static int on_body(llhttp_t *parser, const char *at, size_t size)
{
    struct connection *connection = parser->data;

    (void)at;
    if (connection->sample != NULL)
        connection->sample->bytes += size;
    return 0;
}

static int on_complete(llhttp_t *parser)
{
    (void)parser;
    return HPE_PAUSED; /* one answer a request; anything behind it is wrong */
}

static void open_connection(struct load *load, struct connection *connection)
{
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = connection };
    int one = 1;

    connection->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connection->fd < 0)
        die("lab_load: socket");
    if (connect(connection->fd, (struct sockaddr *)&load->address,
                sizeof load->address) != 0) {
        (void)close(connection->fd);
        connection->fd = -1;
        return;
    }
    (void)setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &one,
                     sizeof one);
    (void)fcntl(connection->fd, F_SETFL, O_NONBLOCK);
    connection->wants_write = false;
    llhttp_init(&connection->parser, HTTP_RESPONSE, &load->settings);
    connection->parser.data = connection;
    if (epoll_ctl(load->epoll_fd, EPOLL_CTL_ADD, connection->fd, &event) != 0)
        die("lab_load: epoll_ctl");
}

static void finish(struct load *load, struct connection *connection, int status)
{
    if (!connection->is_busy)
        return;
    connection->sample->done_us = now_us(load);
    connection->sample->status = status;
    load->done_count += connection->sample->done_us >= load->warm_us;
    connection->sample = NULL;
    connection->is_busy = false;
    load->busy_count--;
}

static void lose(struct load *load, struct connection *connection)
{
    finish(load, connection, 0);
    (void)close(connection->fd);
    connection->fd = -1;
}

static void set_write(struct load *load, struct connection *connection,
                      bool wants)
{
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = connection };

    if (connection->wants_write == wants)
        return;
    connection->wants_write = wants;
    if (wants)
        event.events |= EPOLLOUT;
    (void)epoll_ctl(load->epoll_fd, EPOLL_CTL_MOD, connection->fd, &event);
}

static void write_on(struct load *load, struct connection *connection)
{
    while (connection->sent < load->request_size) {
        ssize_t size =
            send(connection->fd, load->request + connection->sent,
                 load->request_size - connection->sent, MSG_NOSIGNAL);
        if (size < 0 && errno == EAGAIN) {
            set_write(load, connection, true);
            return;
        }
        if (size < 0) {
            lose(load, connection);
            return;
        }
        connection->sent += (size_t)size;
    }
    set_write(load, connection, false);
}

static void send_one(struct load *load, struct connection *connection)
{
    struct sample *sample = &load->samples[load->sent_count++];

    if (connection->fd < 0)
        open_connection(load, connection);
    sample->sent_us = now_us(load);
    connection->sample = sample;
    connection->is_busy = true;
    connection->sent = 0;
    load->busy_count++;
    if (connection->fd < 0)
        finish(load, connection, 0);
    else
        write_on(load, connection);
}

static void read_on(struct load *load, struct connection *connection)
{
    static char bytes[RECEIVE_SIZE];
    ssize_t size = recv(connection->fd, bytes, sizeof bytes, 0);
    enum llhttp_errno code;

    if (size < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (size <= 0 || !connection->is_busy) {
        lose(load, connection);
        return;
    }
    code = llhttp_execute(&connection->parser, bytes, (size_t)size);
    if (code == HPE_OK)
        return;
    if (code != HPE_PAUSED) {
        lose(load, connection);
        return;
    }
    size = connection->parser.status_code;
    finish(load, connection, (int)size);
    if (!llhttp_should_keep_alive(&connection->parser)) {
        lose(load, connection);
        return;
    }
    llhttp_init(&connection->parser, HTTP_RESPONSE, &load->settings);
    connection->parser.data = connection;
}

static void begin_window(struct load *load, uint64_t start, uint64_t end)
{
    load->next_due_us = start;
    load->window_end_us = end;
    load->window_left =
        (uint64_t)llround((double)(end - start) * load->rate / 1e6);
}

/* Of times that fall anywhere in the rest of the window, the first one. */
static void draw_next(struct load *load)
{
    double rest;

    if (load->window_left == 0 && load->window_end_us < load->end_us)
        begin_window(load, load->warm_us, load->end_us);
    if (load->window_left == 0) {
        load->next_due_us = UINT64_MAX;
        return;
    }
    rest = (double)(load->window_end_us - load->next_due_us);
    load->next_due_us +=
        (uint64_t)(rest * (1 - pow(1 - random_unit(load),
                                   1 / (double)load->window_left)));
    load->window_left--;
}

/* Whatever has come due by now gets a sample. */
static void draw_due(struct load *load, uint64_t now)
{
    while (load->rate > 0 && load->next_due_us <= now &&
           load->sample_count < SAMPLE_COUNT_MAX) {
        struct sample *sample = &load->samples[load->sample_count++];
        sample->due_us = load->next_due_us;
        sample->has_waited = load->busy_count == load->connection_count;
        draw_next(load);
    }
}

/* Whether a closed loop has all that it is to measure. */
static bool has_measured(const struct load *load, uint64_t now)
{
    return now >= load->end_us && (load->done_count >= load->connection_count ||
                                   now >= load->end_us + LONGER_MS * 1000u);
}

static void send_due(struct load *load)
{
    uint64_t now = now_us(load);

    draw_due(load, now);
    for (uint32_t i = 0; i < load->connection_count; i++) {
        if (load->connections[i].is_busy)
            continue;
        if (load->rate <= 0 && !has_measured(load, now) &&
            load->sample_count < SAMPLE_COUNT_MAX)
            load->samples[load->sample_count++].due_us = now;
        if (load->sent_count == load->sample_count)
            return;
        send_one(load, &load->connections[i]);
    }
}

/* How long to sleep: not into the time when the next request is due. */
static int wait_ms(const struct load *load)
{
    uint64_t now = now_us(load);

    if (load->rate <= 0 || now >= load->end_us)
        return 10;
    if (load->sent_count < load->sample_count)
        return 1; /* every connection is busy */
    if (load->next_due_us <= now + SPIN_US)
        return 0;
    if (load->next_due_us > load->end_us)
        return 10; /* none is left */
    return (int)((load->next_due_us - now - SPIN_US) / 1000);
}

static bool is_over(const struct load *load)
{
    uint64_t now = now_us(load);

    if (load->rate <= 0 || now < load->end_us)
        return load->rate <= 0 && has_measured(load, now);
    return (load->busy_count == 0 && load->sent_count == load->sample_count) ||
           now > load->end_us + GRACE_MS * 1000u;
}

static void run(struct load *load)
{
    struct epoll_event events[EVENT_COUNT];

    while (!is_over(load)) {
        int count;

        send_due(load);
        count = epoll_wait(load->epoll_fd, events, EVENT_COUNT, wait_ms(load));
        for (int i = 0; i < count; i++) {
            struct connection *connection = events[i].data.ptr;
            if ((events[i].events & EPOLLOUT) != 0)
                write_on(load, connection);
            if (connection->fd >= 0 &&
                (events[i].events & ~(uint32_t)EPOLLOUT) != 0)
                read_on(load, connection);
        }
    }
}

/* An open loop tells of what was due in the measured time, a closed one of what
 * was done in it. */
static bool is_measured(const struct load *load, const struct sample *sample)
{
    return (load->rate > 0 ? sample->due_us : sample->done_us) >= load->warm_us;
}

static void print(const struct load *load)
{
    uint64_t end = now_us(load);

    for (size_t i = 0; i < load->sample_count; i++) {
        const struct sample *sample = &load->samples[i];
        if (!is_measured(load, sample) ||
            (load->rate <= 0 && sample->done_us == 0))
            continue;
        (void)printf(
            "%llu %llu %llu %d %llu %d\n", (unsigned long long)sample->due_us,
            (unsigned long long)(sample->sent_us ? sample->sent_us : end),
            (unsigned long long)(sample->done_us ? sample->done_us : end),
            sample->status, (unsigned long long)sample->bytes,
            sample->has_waited);
    }
}

/* Head and body as they go on the wire. */
static void make_request(struct load *load, char **argv)
{
    int fd = strcmp(argv[4], "-") == 0 ? -1 : open(argv[4], O_RDONLY);
    struct stat about = { 0 };
    char head[1024];
    int size;

    if (fd >= 0 && fstat(fd, &about) != 0)
        die("lab_load: fstat");
    if (fd < 0 && strcmp(argv[4], "-") != 0)
        die("lab_load: body");
    if (fd < 0)
        size = snprintf(head, sizeof head,
                        "GET %s HTTP/1.1\r\nHost: %s:%s\r\n\r\n", argv[3],
                        argv[1], argv[2]);
    else
        size = snprintf(head, sizeof head,
                        "POST %s HTTP/1.1\r\nHost: %s:%s\r\nContent-Type: "
                        "application/json\r\nContent-Length: %lld\r\n\r\n",
                        argv[3], argv[1], argv[2], (long long)about.st_size);
    load->request_size = (size_t)size + (size_t)about.st_size;
    load->request = malloc(load->request_size);
    if (load->request == NULL)
        die("lab_load: malloc");
    memcpy(load->request, head, (size_t)size);
    for (size_t at = (size_t)size; at < load->request_size;) {
        ssize_t got = read(fd, load->request + at, load->request_size - at);
        if (got <= 0)
            die("lab_load: read");
        at += (size_t)got;
    }
}

static void prepare(struct load *load, char **argv)
{
    size_t bytes = SAMPLE_COUNT_MAX * sizeof(struct sample);
    struct timespec now;

    load->address.sin_family = AF_INET;
    load->address.sin_port = htons((uint16_t)strtoul(argv[2], NULL, 10));
    if (inet_pton(AF_INET, argv[1], &load->address.sin_addr) != 1)
        die("lab_load: HOST must be an IPv4 address");
    load->rate = strtod(argv[5], NULL);
    load->connection_count = (uint32_t)strtoul(argv[6], NULL, 10);
    load->warm_us = strtoull(argv[7], NULL, 10) * 1000;
    load->end_us = load->warm_us + strtoull(argv[8], NULL, 10) * 1000;
    load->random = strtoull(argv[9], NULL, 10) * 2 + 1;
    if (load->connection_count > CONNECTION_COUNT_MAX)
        load->connection_count = CONNECTION_COUNT_MAX;
    load->connections = calloc(CONNECTION_COUNT_MAX, sizeof *load->connections);
    begin_window(load, 0, load->warm_us);
    draw_next(load);
    load->samples = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    load->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (load->connections == NULL || load->samples == MAP_FAILED ||
        load->epoll_fd < 0)
        die("lab_load");
    make_request(load, argv);
    llhttp_settings_init(&load->settings);
    load->settings.on_body = on_body;
    load->settings.on_message_complete = on_complete;
    for (uint32_t i = 0; i < load->connection_count; i++)
        open_connection(load, &load->connections[i]);
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    load->start_ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

int main(int argc, char **argv)
{
    static struct load load;

    if (argc != 10) {
        (void)fprintf(stderr, "usage: lab_load HOST PORT TARGET BODY RATE "
                              "CONNECTIONS WARM_MS MEASURED_MS SEED\n");
        return 2;
    }
    prepare(&load, argv);
    run(&load);
    print(&load);
    return 0;
}
