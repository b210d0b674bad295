/* SPDX-License-Identifier: Apache-2.0 */
#include "http/head.h"

#include <string.h>

/* Cut the text up to `separator` off `rest`; false when there is none. */
static bool cut(struct proa_http_text *rest, char separator,
                struct proa_http_text *before)
{
    const char *at =
        rest->size == 0 ? NULL : memchr(rest->bytes, separator, rest->size);

    if (at == NULL)
        return false;
    *before =
        (struct proa_http_text){ rest->bytes, (size_t)(at - rest->bytes) };
    rest->bytes = at + 1;
    rest->size -= before->size + 1;
    return true;
}

static bool is_digit(char letter)
{
    return letter >= '0' && letter <= '9';
}

static bool is_letter(char letter)
{
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z');
}

/* 1 to 5 digits. An empty port is allowed by the grammar and refused here. */
static bool is_port(struct proa_http_text port)
{
    if (port.size == 0 || port.size > 5)
        return false;
    for (size_t i = 0; i < port.size; i++)
        if (!is_digit(port.bytes[i]))
            return false;
    return true;
}

/* "[" IPv6 "]": its end, or 0. Only the characters are checked. */
static size_t bracket_size(struct proa_http_text host)
{
    for (size_t i = 1; i < host.size; i++) {
        char c = host.bytes[i];
        if (c == ']')
            return i > 1 ? i + 1 : 0;
        if (!is_digit(c) && !is_letter(c) && c != ':' && c != '.')
            return 0;
    }
    return 0;
}

/*
 * A host name or address with an optional port, in characters that mean
 * nothing else in a URL, a log or a shell. No userinfo.
 */
static bool is_authority(struct proa_http_text text)
{
    size_t host_size = 0;

    if (text.size > 0 && text.bytes[0] == '[') {
        host_size = bracket_size(text);
    } else {
        while (host_size < text.size) {
            char c = text.bytes[host_size];
            if (!is_digit(c) && !is_letter(c) && c != '-' && c != '.' &&
                c != '_' && c != '~')
                break;
            host_size++;
        }
    }
    if (host_size == 0 || host_size > 255)
        return false;
    if (host_size == text.size)
        return true;
    return text.bytes[host_size] == ':' &&
           is_port((struct proa_http_text){ text.bytes + host_size + 1,
                                            text.size - host_size - 1 });
}

static void split_query(struct proa_http_request *request,
                        struct proa_http_text path)
{
    struct proa_http_text rest = path;
    struct proa_http_text before;

    request->query = (struct proa_http_text){ path.bytes + path.size, 0 };
    if (cut(&rest, '?', &before)) {
        path = before;
        request->query = rest;
    }
    /* "http://host?query" has an empty path, which means "/". */
    request->path = path.size > 0 ? path : proa_http_text_of("/");
}

static uint16_t read_absolute(struct proa_http_request *request,
                              struct proa_http_text target)
{
    struct proa_http_text rest = target;
    struct proa_http_text scheme;
    size_t end = 0;

    if (!cut(&rest, ':', &scheme) || rest.size < 2 ||
        memcmp(rest.bytes, "//", 2) != 0)
        return 400;
    if (!proa_http_text_is(scheme, "http") &&
        !proa_http_text_is(scheme, "https"))
        return 400;
    rest.bytes += 2;
    rest.size -= 2;
    while (end < rest.size && rest.bytes[end] != '/' && rest.bytes[end] != '?')
        end++;
    request->authority = (struct proa_http_text){ rest.bytes, end };
    if (!is_authority(request->authority))
        return 400;
    split_query(request,
                (struct proa_http_text){ rest.bytes + end, rest.size - end });
    return 0;
}

static uint16_t read_target(struct proa_http_request *request)
{
    struct proa_http_text target = request->target;

    if (target.size == 0)
        return 400;
    for (size_t i = 0; i < target.size; i++) {
        uint8_t byte = (uint8_t)target.bytes[i];
        if (byte <= 0x20 || byte >= 0x7f || byte == '#')
            return 400;
    }
    if (target.bytes[0] == '/') {
        split_query(request, target);
        return 0;
    }
    if (proa_http_text_equals(target, "*")) {
        request->path = target;
        request->query = (struct proa_http_text){ target.bytes + 1, 0 };
        return proa_http_text_equals(request->method, "OPTIONS") ? 0 : 400;
    }
    return read_absolute(request, target);
}

uint16_t proa_http_head_target(struct proa_http_request *request)
{
    if (request->method.size == 0)
        return 400;
    for (size_t i = 0; i < request->method.size; i++)
        if (!proa_http_is_token_char((uint8_t)request->method.bytes[i]))
            return 400;
    /* No tunnel can be had here, so its form of target is not read either. */
    if (proa_http_text_equals(request->method, "CONNECT"))
        return 501;
    return read_target(request);
}

uint16_t proa_http_head_line(struct proa_http_request *request,
                             struct proa_http_text line)
{
    struct proa_http_text rest = line;

    if (!cut(&rest, ' ', &request->method) ||
        !cut(&rest, ' ', &request->target))
        return 400;
    if (rest.size != 8 || memcmp(rest.bytes, "HTTP/", 5) != 0 ||
        !is_digit(rest.bytes[5]) || rest.bytes[6] != '.' ||
        !is_digit(rest.bytes[7]))
        return 400;
    if (rest.bytes[5] != '1' || rest.bytes[7] > '1')
        return 505;
    request->version_minor = (uint8_t)(rest.bytes[7] - '0');
    return proa_http_head_target(request);
}

static uint16_t read_length(struct proa_http_text text, uint64_t *length)
{
    uint64_t value = 0;

    if (text.size == 0)
        return 400;
    for (size_t i = 0; i < text.size; i++) {
        if (!is_digit(text.bytes[i]))
            return 400;
        uint64_t digit = (uint64_t)(text.bytes[i] - '0');
        if (value > (UINT64_MAX - digit) / 10)
            return 400;
        value = value * 10 + digit;
    }
    *length = value;
    return 0;
}

static uint16_t check_host(struct proa_http_request *request)
{
    uint32_t count;
    const struct proa_http_field *host =
        proa_http_request_field(request, "host", &count);

    if (count > 1 || (count == 0 && request->version_minor > 0))
        return 400;
    if (count == 1 && !is_authority(host->value))
        return 400;
    /* An absolute target's authority counts, whatever Host says. */
    if (count == 1 && request->authority.size == 0)
        request->authority = host->value;
    return 0;
}

/*
 * One Content-Length or one "Transfer-Encoding: chunked", never both and
 * neither twice: where the standard leaves a server a choice, the choice that
 * no one in front of us can have read differently.
 */
static uint16_t check_framing(const struct proa_http_request *request,
                              uint64_t body_bytes_max,
                              struct proa_http_framing *framing)
{
    uint32_t length_count, coding_count;
    const struct proa_http_field *length =
        proa_http_request_field(request, "content-length", &length_count);
    const struct proa_http_field *coding =
        proa_http_request_field(request, "transfer-encoding", &coding_count);

    if (length_count > 1 || coding_count > 1 || (length_count & coding_count))
        return 400;
    if (coding_count == 1) {
        if (request->version_minor == 0)
            return 400;
        if (!proa_http_text_is(coding->value, "chunked"))
            return coding->value.size > 0 ? 501 : 400;
        framing->is_chunked = true;
    }
    if (length_count == 1) {
        uint16_t status = read_length(length->value, &framing->content_length);
        if (status != 0)
            return status;
        if (framing->content_length > body_bytes_max)
            return 413;
    }
    return 0;
}

static uint16_t check_expect(const struct proa_http_request *request,
                             struct proa_http_framing *framing)
{
    uint32_t count;
    const struct proa_http_field *expect =
        proa_http_request_field(request, "expect", &count);

    if (count == 0 ||
        (request->version_major == 1 && request->version_minor == 0))
        return 0;
    if (count > 1 || !proa_http_text_is(expect->value, "100-continue"))
        return 417;
    framing->expects_continue =
        framing->is_chunked || framing->content_length > 0;
    return 0;
}

uint16_t proa_http_head_fields(struct proa_http_request *request,
                               uint64_t body_bytes_max,
                               struct proa_http_framing *framing)
{
    struct proa_http_framing found = { 0 };
    uint16_t status = check_host(request);

    if (status == 0)
        status = check_framing(request, body_bytes_max, &found);
    if (status == 0)
        status = check_expect(request, &found);
    if (status == 0)
        *framing = found;
    return status;
}
