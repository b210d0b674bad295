/*
 * What a guest may print, and what becomes of it.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "serve/cgi_response.h"

#include "../check.h"

struct response_case {
    const char *output;
    uint16_t status; /* 0: refused */
    const char *fields;
    const char *body;
};

static const struct response_case cases[] = {
    { "Content-Type: text/plain\n\nhi", 200, "Content-Type: text/plain\r\n",
      "hi" },
    { "Content-Type: text/plain\r\n\r\nhi\r\n", 200,
      "Content-Type: text/plain\r\n", "hi\r\n" },
    { "content-type:a/b\n\n", 200, "content-type: a/b\r\n", "" },
    { "Status: 404 Not Found\nContent-Type: a/b\n\nx", 404,
      "Content-Type: a/b\r\n", "x" },
    { "STATUS: 204\n\n", 204, "", "" },
    { "Status: 200\t\n\n\n\n", 200, "", "\n\n" },
    { "Status: 599 x\n\n", 599, "", "" },
    { "Location: /a\n\n", 302, "Location: /a\r\n", "" },
    { "Location: http://a/\nStatus: 307\n\n", 307, "Location: http://a/\r\n",
      "" },
    { "X-A: 1\nContent-Type: a/b\nSet-Cookie: a\nSet-Cookie: b\n\n", 200,
      "X-A: 1\r\nContent-Type: a/b\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n", "" },
    { "Content-Type: a/b\nContent-Length: 2\n\nhi", 200,
      "Content-Type: a/b\r\n", "hi" },
    /* The connection is not the guest's. */
    { "Content-Type: a/b\nConnection: close\nTransfer-Encoding: chunked\n"
      "Keep-Alive: 1\nDate: x\nUpgrade: y\nTrailer: z\n\nhi",
      200, "Content-Type: a/b\r\n", "hi" },

    { "", 0, NULL, NULL },
    { "\n", 0, NULL, NULL },
    { "hello, world\n", 0, NULL, NULL },
    { "hello, world\n\n", 0, NULL, NULL },
    { "Content-Type: text/plain", 0, NULL, NULL },
    { "Content-Type: text/plain\n", 0, NULL, NULL },
    { "X-A: b\n\nhi", 0, NULL, NULL },
    { "HTTP/1.1 200 OK\nContent-Type: a/b\n\nhi", 0, NULL, NULL },
    { "Status: 99\n\n", 0, NULL, NULL },
    { "Status: 100\n\n", 0, NULL, NULL },
    { "Status: 600\n\n", 0, NULL, NULL },
    { "Status: 2000\n\n", 0, NULL, NULL },
    { "Status: 20\n\n", 0, NULL, NULL },
    { "Status: -20\n\n", 0, NULL, NULL },
    { "Status:\n\n", 0, NULL, NULL },
    { "Status: 200\nStatus: 200\n\n", 0, NULL, NULL },
    { "Content-Type: a/b\nContent-Length: 3\n\nhi", 0, NULL, NULL },
    { "Content-Type: a/b\nContent-Length: 1\n\nhi", 0, NULL, NULL },
    { "Content-Type: a/b\nContent-Length: +2\n\nhi", 0, NULL, NULL },
    { "Content-Type: a/b\nContent-Length:\n\nhi", 0, NULL, NULL },
    { "Content-Type: a/b\nContent-Length: 2\nContent-Length: 2\n\nhi", 0, NULL,
      NULL },
    { "Content-Type: a/b\nContent-Length: 9999999999999999999\n\nhi", 0, NULL,
      NULL },
    { "Content-Type: a/b\n: x\n\nhi", 0, NULL, NULL },
    { "Content-Type: a/b\nX Y: x\n\nhi", 0, NULL, NULL },
    { "Content-Type: a/b\nX-Y : x\n\nhi", 0, NULL, NULL },
    { "Content-Type: a/b\n X-Y: x\n\nhi", 0, NULL, NULL },
    { "Content-Type: a/b\nX-Y: a\rSet-Cookie: b\n\nhi", 0, NULL, NULL },
    { "Content-Type: a/b\nX-Y: \x01\n\nhi", 0, NULL, NULL },
};

static enum proa_status read_output(const char *output, size_t size,
                                    bool is_head,
                                    struct proa_http_response *response)
{
    struct proa_error err = { 0 };
    struct proa_cgi_head head = { .size = 12345 };
    uint8_t *bytes = exact_copy((const uint8_t *)output, size);
    enum proa_status status =
        proa_cgi_head_read(bytes, size, response, &head, &err);

    if (status == PROA_OK) {
        CHECK_EQ(proa_buffer_append(&response->body, bytes + head.size,
                                    size - head.size),
                 1);
        status = proa_cgi_length_check(&head, is_head, response, &err);
    } else {
        CHECK_EQ(head.size, 12345);
    }
    CHECK_EQ(status == PROA_OK, err.text[0] == '\0');
    free(bytes);
    return status;
}

static void check_buffer(const struct proa_buffer *buffer, const char *expected,
                         const char *output)
{
    if (buffer->size == strlen(expected) &&
        (buffer->size == 0 ||
         memcmp(buffer->bytes, expected, buffer->size) == 0))
        return;
    fprintf(stderr, "%s\ngives %.*s\nnot %s\n", output, (int)buffer->size,
            (const char *)buffer->bytes, expected);
    exit(1);
}

static void check_case(const struct response_case *c)
{
    struct proa_http_response response;

    proa_http_response_init(&response, 4096, 4096);
    enum proa_status status =
        read_output(c->output, strlen(c->output), false, &response);
    if ((status == PROA_OK) != (c->status != 0)) {
        fprintf(stderr, "%s\nis %s\n", c->output,
                status == PROA_OK ? "taken" : "refused");
        exit(1);
    }
    if (c->status != 0) {
        CHECK_EQ(response.status, c->status);
        check_buffer(&response.fields, c->fields, c->output);
        check_buffer(&response.body, c->body, c->output);
    }
    proa_http_response_deinit(&response);
}

/* The answer to HEAD may tell the length of a body that it leaves out. */
static void check_head(void)
{
    static const char output[] = "Status: 200\nContent-Length: 77\n\n";
    static const char wrong[] = "Status: 200\nContent-Length: 77\n\nx";
    struct proa_http_response response;

    proa_http_response_init(&response, 4096, 4096);
    CHECK_EQ(read_output(output, sizeof output - 1, true, &response), PROA_OK);
    CHECK_EQ(response.has_length, 1);
    CHECK_EQ(response.length, 77);
    proa_http_response_deinit(&response);
    proa_http_response_init(&response, 4096, 4096);
    CHECK_EQ(read_output(wrong, sizeof wrong - 1, true, &response),
             PROA_MALFORMED);
    proa_http_response_deinit(&response);
}

/* More fields than fit: refused, not cut. */
static void check_limits(void)
{
    static char output[PROA_CGI_HEAD_BYTES_MAX];
    struct proa_http_response response;

    memset(output, 'a', sizeof output);
    memcpy(output, "X: ", 3);
    proa_http_response_init(&response, 1 << 20, 1 << 20);
    CHECK_EQ(read_output(output, sizeof output, false, &response),
             PROA_MALFORMED);
    proa_http_response_deinit(&response);
    memcpy(output, "Status: 200\n", 12);
    output[sizeof output - 2] = output[sizeof output - 1] = '\n';
    output[40] = ':';
    proa_http_response_init(&response, 1000, 1 << 20);
    CHECK_EQ(read_output(output, sizeof output, false, &response),
             PROA_MALFORMED);
    proa_http_response_deinit(&response);
}

int main(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check_case(&cases[i]);
    check_head();
    check_limits();
    return 0;
}
