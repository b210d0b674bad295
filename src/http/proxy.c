/* SPDX-License-Identifier: Apache-2.0 */
#include "http/proxy.h"

#include <arpa/inet.h>
#include <string.h>

enum {
    LINE_BYTES_MAX = 107, /* of version 1, with its CR LF */
    SIGNATURE_SIZE = 12,
    HEAD_SIZE = 16, /* of version 2, before the addresses */
    VERSION_2 = 2,
    COMMAND_LOCAL = 0,
    COMMAND_PROXY = 1,
    TCP4 = 0x11,
    TCP6 = 0x21,
    UNIX_STREAM = 0x31,
};

static const uint8_t signature[SIGNATURE_SIZE] = "\r\n\r\n\0\r\nQUIT\n";
static const char opening[] = "PROXY ";

/* --- version 1: a line of text -------------------------------------------- */

/* The next word, in place; NULL when there is none. */
static char *next_word(char **rest)
{
    char *word = *rest;

    if (word == NULL)
        return NULL;
    char *space = strchr(word, ' ');
    if (space != NULL)
        *space++ = '\0';
    *rest = space;
    return word;
}

/* An address, written as we write it. */
static bool read_address(const char *word, int family,
                         char text[PROA_HTTP_ADDRESS_SIZE])
{
    uint8_t bytes[16];

    return word != NULL && inet_pton(family, word, bytes) == 1 &&
           inet_ntop(family, bytes, text, PROA_HTTP_ADDRESS_SIZE) != NULL;
}

static bool read_port(const char *word, uint16_t *port)
{
    uint32_t value = 0;

    if (word == NULL || *word == '\0' || (word[0] == '0' && word[1] != '\0'))
        return false;
    for (; *word != '\0'; word++) {
        if (*word < '0' || *word > '9')
            return false;
        value = value * 10 + (uint32_t)(*word - '0');
        if (value > UINT16_MAX)
            return false;
    }
    *port = (uint16_t)value;
    return true;
}

static bool read_words(char *line, struct proa_http_proxy *found)
{
    char *rest = line + sizeof opening - 1;
    const char *protocol = next_word(&rest);
    int family = AF_INET;

    if (strcmp(protocol, "UNKNOWN") == 0)
        return true;
    if (strcmp(protocol, "TCP6") == 0)
        family = AF_INET6;
    else if (strcmp(protocol, "TCP4") != 0)
        return false;
    found->has_addresses = true;
    return read_address(next_word(&rest), family, found->client_address) &&
           read_address(next_word(&rest), family, found->server_address) &&
           read_port(next_word(&rest), &found->client_port) &&
           read_port(next_word(&rest), &found->server_port) && rest == NULL;
}

static enum proa_http_proxy_state read_line(const uint8_t *bytes, size_t size,
                                            struct proa_http_proxy *found)
{
    struct proa_http_proxy made = { 0 };
    char line[LINE_BYTES_MAX];
    size_t seen = size < LINE_BYTES_MAX ? size : LINE_BYTES_MAX;
    const uint8_t *end = memchr(bytes, '\n', seen);

    if (end == NULL) {
        if (size >= LINE_BYTES_MAX || memchr(bytes, '\0', seen) != NULL)
            return PROA_HTTP_PROXY_BAD;
        return PROA_HTTP_PROXY_MORE;
    }
    made.size = (size_t)(end - bytes) + 1;
    if (made.size < sizeof opening + 1 || end[-1] != '\r' ||
        memchr(bytes, '\0', made.size) != NULL)
        return PROA_HTTP_PROXY_BAD;
    memcpy(line, bytes, made.size - 2);
    line[made.size - 2] = '\0';
    if (!read_words(line, &made))
        return PROA_HTTP_PROXY_BAD;
    *found = made;
    return PROA_HTTP_PROXY_DONE;
}

/* --- version 2: bytes ----------------------------------------------------- */

static uint16_t u16_at(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static bool read_addresses(const uint8_t *bytes, size_t size, int family,
                           struct proa_http_proxy *found)
{
    size_t one = family == AF_INET ? 4 : 16;

    if (size < 2 * one + 4)
        return false;
    found->has_addresses = true;
    found->client_port = u16_at(bytes + 2 * one);
    found->server_port = u16_at(bytes + 2 * one + 2);
    return inet_ntop(family, bytes, found->client_address,
                     PROA_HTTP_ADDRESS_SIZE) != NULL &&
           inet_ntop(family, bytes + one, found->server_address,
                     PROA_HTTP_ADDRESS_SIZE) != NULL;
}

static enum proa_http_proxy_state read_bytes(const uint8_t *bytes, size_t size,
                                             struct proa_http_proxy *found)
{
    struct proa_http_proxy made = { 0 };

    if (size < HEAD_SIZE)
        return PROA_HTTP_PROXY_MORE;
    uint8_t command = bytes[12] & 0x0f;
    uint8_t protocol = bytes[13];
    size_t rest_size = u16_at(bytes + 14);
    bool good = true;
    made.size = HEAD_SIZE + rest_size;
    if (bytes[12] >> 4 != VERSION_2 || command > COMMAND_PROXY ||
        made.size > PROA_HTTP_PROXY_BYTES_MAX)
        return PROA_HTTP_PROXY_BAD;
    if (size < made.size)
        return PROA_HTTP_PROXY_MORE;
    if (command == COMMAND_PROXY) {
        if (protocol == TCP4 || protocol == TCP6)
            good = read_addresses(bytes + HEAD_SIZE, rest_size,
                                  protocol == TCP4 ? AF_INET : AF_INET6, &made);
        else
            /* Nobody's address, or one that is no address to us. */
            good = protocol == 0 || protocol == UNIX_STREAM;
    }
    if (!good)
        return PROA_HTTP_PROXY_BAD;
    *found = made;
    return PROA_HTTP_PROXY_DONE;
}

static bool starts_like(const uint8_t *bytes, size_t size, const void *start,
                        size_t start_size)
{
    return memcmp(bytes, start, size < start_size ? size : start_size) == 0;
}

enum proa_http_proxy_state proa_http_proxy_read(const uint8_t *bytes,
                                                size_t size,
                                                struct proa_http_proxy *found)
{
    if (size == 0)
        return PROA_HTTP_PROXY_MORE;
    if (starts_like(bytes, size, signature, sizeof signature))
        return read_bytes(bytes, size, found);
    if (starts_like(bytes, size, opening, sizeof opening - 1))
        return read_line(bytes, size, found);
    return PROA_HTTP_PROXY_BAD;
}
