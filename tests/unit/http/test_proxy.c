/* SPDX-License-Identifier: Apache-2.0 */
#include "http/proxy.h"

#include "check.h"

struct good_case {
    const char *name;
    const char *bytes;
    size_t size;
    const char *client; /* NULL: none is told */
    const char *server;
    uint16_t client_port;
    uint16_t server_port;
};

#define BYTES(text) text, sizeof(text) - 1
#define V2 "\r\n\r\n\0\r\nQUIT\n"
#define ONE_TO_FOUR "\1\2\3\4\5\6\7\x8\1\xbb\0\x50"
#define SIX "\x20\x01\xd\xb8\0\0\0\0\0\0\0\0\0\0\0"

static const struct good_case good_cases[] = {
    { "v1 over IPv4", BYTES("PROXY TCP4 1.2.3.4 5.6.7.8 443 80\r\n"), "1.2.3.4",
      "5.6.7.8", 443, 80 },
    { "v1 over IPv6", BYTES("PROXY TCP6 2001:db8::1 ::1 65535 0\r\n"),
      "2001:db8::1", "::1", 65535, 0 },
    { "v1, written otherwise", BYTES("PROXY TCP6 2001:DB8:0:0::1 ::1 1 2\r\n"),
      "2001:db8::1", "::1", 1, 2 },
    { "v1, unknown", BYTES("PROXY UNKNOWN\r\n"), NULL, NULL, 0, 0 },
    { "v1, unknown and more", BYTES("PROXY UNKNOWN ff:: gg 99999 x\r\n"), NULL,
      NULL, 0, 0 },
    { "v2 over IPv4", BYTES(V2 "\x21\x11\0\xc" ONE_TO_FOUR), "1.2.3.4",
      "5.6.7.8", 443, 80 },
    { "v2 over IPv4 and more",
      BYTES(V2 "\x21\x11\0\x10" ONE_TO_FOUR "\4\0\1\0"), "1.2.3.4", "5.6.7.8",
      443, 80 },
    { "v2 over IPv6", BYTES(V2 "\x21\x21\0\x24" SIX "\1" SIX "\2\0\1\0\2"),
      "2001:db8::1", "2001:db8::2", 1, 2 },
    { "v2, the proxy itself", BYTES(V2 "\x20\0\0\0"), NULL, NULL, 0, 0 },
    { "v2, the proxy itself, with addresses",
      BYTES(V2 "\x20\x11\0\xc" ONE_TO_FOUR), NULL, NULL, 0, 0 },
    { "v2, unspecified", BYTES(V2 "\x21\0\0\1x"), NULL, NULL, 0, 0 },
    { "v2, Unix sockets", BYTES(V2 "\x21\x31\0\1x"), NULL, NULL, 0, 0 },
};

struct bad_case {
    const char *name;
    const char *bytes;
    size_t size;
};

static const struct bad_case bad_cases[] = {
    { "a request", BYTES("GET / HTTP/1.1\r\n") },
    { "like it at first", BYTES("PROX GET") },
    { "TLS", BYTES("\x16\3\1\2") },
    { "no protocol", BYTES("PROXY \r\n") },
    { "another protocol", BYTES("PROXY UDP4 1.2.3.4 5.6.7.8 1 2\r\n") },
    { "LF alone", BYTES("PROXY TCP4 1.2.3.4 5.6.7.8 1 2\n") },
    { "LF first", BYTES("PROXY \n") },
    { "another family", BYTES("PROXY TCP4 ::1 ::1 1 2\r\n") },
    { "a name", BYTES("PROXY TCP4 localhost 5.6.7.8 1 2\r\n") },
    { "two spaces", BYTES("PROXY TCP4  1.2.3.4 5.6.7.8 1 2\r\n") },
    { "a word too many", BYTES("PROXY TCP4 1.2.3.4 5.6.7.8 1 2 3\r\n") },
    { "a word too few", BYTES("PROXY TCP4 1.2.3.4 5.6.7.8 1\r\n") },
    { "a port too large", BYTES("PROXY TCP4 1.2.3.4 5.6.7.8 65536 2\r\n") },
    { "a port with a zero", BYTES("PROXY TCP4 1.2.3.4 5.6.7.8 01 2\r\n") },
    { "a port with a sign", BYTES("PROXY TCP4 1.2.3.4 5.6.7.8 +1 2\r\n") },
    { "no port", BYTES("PROXY TCP4 1.2.3.4 5.6.7.8  2\r\n") },
    { "a zero byte", BYTES("PROXY TCP4 1.2.3.4\0 5.6.7.8 1 2\r\n") },
    { "v2, another version", BYTES(V2 "\x31\x11\0\xc" ONE_TO_FOUR) },
    { "v2, another command", BYTES(V2 "\x22\x11\0\xc" ONE_TO_FOUR) },
    { "v2, datagrams", BYTES(V2 "\x21\x12\0\xc" ONE_TO_FOUR) },
    { "v2, too short for IPv4", BYTES(V2 "\x21\x11\0\xb" ONE_TO_FOUR) },
    { "v2, too short for IPv6", BYTES(V2 "\x21\x21\0\xc" ONE_TO_FOUR) },
    { "v2, too long", BYTES(V2 "\x21\x11\x0f\xf1") },
};

static void check_good(const struct good_case *c)
{
    struct proa_http_proxy found = { .size = 77 };

    /* Every part of it asks for more, and what is behind it stays. */
    for (size_t size = 1; size < c->size; size++) {
        uint8_t *bytes = exact_copy((const uint8_t *)c->bytes, size);
        CHECK_EQ(proa_http_proxy_read(bytes, size, &found),
                 PROA_HTTP_PROXY_MORE);
        CHECK_EQ(found.size, 77);
        free(bytes);
    }
    uint8_t *bytes = malloc(c->size + 1);
    memcpy(bytes, c->bytes, c->size);
    bytes[c->size] = 'G';
    for (size_t more = 0; more < 2; more++) {
        CHECK_EQ(proa_http_proxy_read(bytes, c->size + more, &found),
                 PROA_HTTP_PROXY_DONE);
        CHECK_EQ(found.size, c->size);
        CHECK_EQ(found.has_addresses, c->client != NULL);
        if (c->client == NULL)
            continue;
        CHECK_EQ(strcmp(found.client_address, c->client), 0);
        CHECK_EQ(strcmp(found.server_address, c->server), 0);
        CHECK_EQ(found.client_port, c->client_port);
        CHECK_EQ(found.server_port, c->server_port);
    }
    free(bytes);
}

static void check_bad(const struct bad_case *c)
{
    struct proa_http_proxy found = { .size = 77 };
    uint8_t *bytes = exact_copy((const uint8_t *)c->bytes, c->size);

    if (proa_http_proxy_read(bytes, c->size, &found) != PROA_HTTP_PROXY_BAD) {
        fprintf(stderr, "%s is taken\n", c->name);
        exit(1);
    }
    CHECK_EQ(found.size, 77);
    free(bytes);
}

/* A line of version 1 has an end, at the 107th byte at the latest. */
static void check_long_line(void)
{
    uint8_t line[107] = "PROXY UNKNOWN ";
    struct proa_http_proxy found = { .size = 77 };

    memset(line + 14, 'x', sizeof line - 14);
    CHECK_EQ(proa_http_proxy_read(line, 106, &found), PROA_HTTP_PROXY_MORE);
    CHECK_EQ(proa_http_proxy_read(line, 107, &found), PROA_HTTP_PROXY_BAD);
    line[105] = '\r';
    line[106] = '\n';
    CHECK_EQ(proa_http_proxy_read(line, 107, &found), PROA_HTTP_PROXY_DONE);
    CHECK_EQ(found.size, 107);
}

int main(void)
{
    for (size_t i = 0; i < sizeof good_cases / sizeof good_cases[0]; i++)
        check_good(&good_cases[i]);
    for (size_t i = 0; i < sizeof bad_cases / sizeof bad_cases[0]; i++)
        check_bad(&bad_cases[i]);
    check_long_line();
    return 0;
}
