/*
 * What a guest sees of a request, and what it must not see.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "serve/cgi_env.h"

#include "../check.h"
#include "http/http1.h"

static const struct proa_http1_limits limits = {
    .line_bytes_max = 4096,
    .head_bytes_max = 8192,
    .field_count_max = 64,
    .body_bytes_max = 64,
};

static struct proa_http_request *request_of(const char *text)
{
    struct proa_http1 *http1 = proa_http1_create(&limits);
    size_t size = strlen(text), offset = 0;

    if (http1 == NULL)
        abort();
    while (offset < size && proa_http1_state(http1) <= PROA_HTTP1_BODY)
        offset += proa_http1_feed(http1, (const uint8_t *)text + offset,
                                  size - offset);
    CHECK_EQ(proa_http1_state(http1), PROA_HTTP1_REQUEST);
    struct proa_http_request *request = proa_http1_take(http1);
    proa_http1_destroy(http1);
    return request;
}

static const char *const operator_env[] = { "MODE=test", "HTTP_X_ROLE=user" };

static const char *const patterns[] = { "/", "/app", "/users/[id]/x" };

/* Lines that must be there, and names that must not. */
struct env_case {
    const char *request;
    uint16_t status;
    const char *there[24];
    const char *not_there[8];
};

static const struct env_case cases[] = {
    { "GET /a%20b/c?d=%20&e HTTP/1.1\r\nHost: example.org:99\r\n\r\n",
      0,
      { "GATEWAY_INTERFACE=CGI/1.1",
        "SERVER_SOFTWARE=proa/0.1.0",
        "SERVER_PROTOCOL=HTTP/1.1",
        "SERVER_NAME=example.org",
        "SERVER_PORT=8080",
        "REMOTE_ADDR=192.0.2.7",
        "REMOTE_HOST=192.0.2.7",
        "REMOTE_PORT=4711",
        "REMOTE_USER=",
        "AUTH_TYPE=",
        "REQUEST_METHOD=GET",
        "REQUEST_URI=/a%20b/c?d=%20&e",
        "SCRIPT_NAME=",
        "PATH_INFO=/a b/c",
        "PATH_TRANSLATED=/a b/c",
        "QUERY_STRING=d=%20&e",
        "CONTENT_TYPE=",
        "CONTENT_LENGTH=0",
        "X_MATCHED_ROUTE=/...",
        "X_RAW_PATH_INFO=/a%20b/c",
        "X_FULL_URL=http://example.org:99/a%20b/c?d=%20&e",
        "HTTP_HOST=example.org:99",
        "MODE=test" },
      { 0 } },
    { "POST / HTTP/1.1\r\nHost: [::1]:8080\r\nContent-Type: text/x; a=b\r\n"
      "Content-Length: 3\r\nAuthorization: Bearer t\r\n\r\nabc",
      0,
      { "SERVER_NAME=[::1]", "CONTENT_TYPE=text/x; a=b", "CONTENT_LENGTH=3",
        "HTTP_AUTHORIZATION=Bearer t" },
      { "HTTP_CONTENT_TYPE", "HTTP_CONTENT_LENGTH" } },
    { "GET / HTTP/1.0\r\n\r\n",
      0,
      { "SERVER_PROTOCOL=HTTP/1.0", "SERVER_NAME=192.0.2.1",
        "X_FULL_URL=http://192.0.2.1/" },
      { "HTTP_HOST" } },
    /* A setting that programs take from the environment is no client's. */
    { "GET / HTTP/1.1\r\nHost: a\r\nProxy: http://evil/\r\nPROXY: b\r\n\r\n",
      0,
      { "HTTP_HOST=a" },
      { "HTTP_PROXY" } },
    /* A name with "_" could stand for the one with "-". */
    { "GET / HTTP/1.1\r\nHost: a\r\nX_Y: evil\r\nX-Y: good\r\nX.Z: b\r\n\r\n",
      0,
      { "HTTP_X_Y=good" },
      { "HTTP_X.Z", "HTTP_X_Z" } },
    /* What is between the client and us ends with us. */
    { "POST / HTTP/1.1\r\nHost: a\r\nConnection: x\r\nKeep-Alive: 1\r\n"
      "TE: y\r\nUpgrade: h2c\r\nTransfer-Encoding: chunked\r\n"
      "Expect: 100-continue\r\n\r\n0\r\n\r\n",
      0,
      { "CONTENT_LENGTH=0" },
      { "HTTP_CONNECTION", "HTTP_KEEP_ALIVE", "HTTP_TE", "HTTP_UPGRADE",
        "HTTP_TRANSFER_ENCODING", "HTTP_EXPECT" } },
    { "GET / HTTP/1.1\r\nHost: a\r\nAccept: x\r\nCookie: a=1\r\nACCEPT: y\r\n"
      "cookie: b=2\r\naccept:\r\n\r\n",
      0,
      { "HTTP_ACCEPT=x, y, ", "HTTP_COOKIE=a=1; b=2" },
      { 0 } },
    /* The operator's come first, so that getenv() finds them. */
    { "GET / HTTP/1.1\r\nHost: a\r\nX-Role: admin\r\n\r\n",
      0,
      { "HTTP_X_ROLE=user" },
      { 0 } },
    { "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 0, { "PATH_INFO=*" }, { 0 } },
    { "GET /%41%c3%A9%2f HTTP/1.1\r\nHost: a\r\n\r\n",
      0,
      { "PATH_INFO=/A\xc3\xa9/" },
      { 0 } },
    { "GET /%61pp/b%20c?d HTTP/1.1\r\nHost: a\r\n\r\n",
      0,
      { "SCRIPT_NAME=/app", "PATH_INFO=/b c", "X_RAW_PATH_INFO=/b%20c",
        "X_MATCHED_ROUTE=/app/...", "X_FULL_URL=http://a/%61pp/b%20c?d" },
      { 0 } },
    { "GET / HTTP/1.1\r\nHost: a\r\ntraceparent: x\r\ntracestate: y\r\n\r\n",
      0,
      { "HTTP_TRACEPARENT=00-trace" },
      { "HTTP_TRACESTATE" } },
    { "GET /apple HTTP/1.1\r\nHost: a\r\n\r\n",
      0,
      { "SCRIPT_NAME=", "PATH_INFO=/apple" },
      { 0 } },
    { "GET /users/j%40x/x HTTP/1.1\r\nHost: a\r\n\r\n",
      0,
      { "SCRIPT_NAME=/users/j@x/x", "PATH_INFO=", "PATH_PARAM_ID=j@x",
        "X_MATCHED_ROUTE=/users/[id]/x/..." },
      { 0 } },
    { "GET /users/%zz/x HTTP/1.1\r\nHost: a\r\n\r\n", 400, { 0 }, { 0 } },
    { "GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n", 400, { 0 }, { 0 } },
    { "GET /%4 HTTP/1.1\r\nHost: a\r\n\r\n", 400, { 0 }, { 0 } },
    { "GET /% HTTP/1.1\r\nHost: a\r\n\r\n", 400, { 0 }, { 0 } },
    { "GET /%4x HTTP/1.1\r\nHost: a\r\n\r\n", 400, { 0 }, { 0 } },
};

/* The first item of that name, as getenv() would find it. */
static const char *find(const struct proa_cgi_env *env, const char *name,
                        size_t name_size)
{
    for (uint32_t i = 0; i < env->count; i++)
        if (strncmp(env->items[i], name, name_size) == 0 &&
            env->items[i][name_size] == '=')
            return env->items[i];
    return NULL;
}

static void check_case(const struct proa_routes *table,
                       const struct env_case *c)
{
    const struct proa_trace trace = { "00-trace", true };
    struct proa_route_match match;
    struct proa_http_exchange exchange = {
        .request = request_of(c->request),
        .client_address = "192.0.2.7",
        .client_port = 4711,
        .server_address = "192.0.2.1",
        .server_port = 8080,
    };
    struct proa_arena *arena = proa_arena_create(1 << 20);
    struct proa_cgi_env env = { 0 };

    CHECK_EQ(proa_routes_find(table, exchange.request->path, &match), 1);
    const struct proa_cgi_source source = {
        .exchange = &exchange,
        .match = &match,
        .trace = &trace,
        .operator_env = operator_env,
        .operator_env_count = 2,
    };
    CHECK_EQ(proa_cgi_env_make(&source, arena, &env), c->status);
    if (c->status != 0)
        CHECK_EQ(env.count, 0);
    for (size_t i = 0; i < 24 && c->there[i] != NULL; i++) {
        const char *expected = c->there[i];
        const char *item = find(&env, expected, strcspn(expected, "="));
        if (item == NULL || strcmp(item, expected) != 0) {
            fprintf(stderr, "%s is %s\n", expected,
                    item == NULL ? "missing" : item);
            exit(1);
        }
    }
    for (size_t i = 0; i < 8 && c->not_there[i] != NULL; i++)
        CHECK_EQ(find(&env, c->not_there[i], strlen(c->not_there[i])) == NULL,
                 1);
    proa_arena_destroy(arena);
    proa_http_request_destroy(exchange.request);
}

/* With any limit on memory: all of it or a refusal. */
static void check_memory(void)
{
    struct proa_http_exchange exchange = {
        .request = request_of("GET /abc?d HTTP/1.1\r\nHost: a\r\n"
                              "X-Y: z\r\n\r\n"),
    };
    const struct proa_route_match match = { .pattern = "/" };
    const struct proa_cgi_source source = { .exchange = &exchange,
                                            .match = &match };
    bool was_enough = false;

    for (size_t bytes = 0; !was_enough; bytes += 16) {
        struct proa_arena *arena = proa_arena_create(bytes);
        struct proa_cgi_env env = { 0 };
        uint16_t status = proa_cgi_env_make(&source, arena, &env);
        was_enough = status == 0;
        CHECK_EQ(status == 0 || (status == 503 && env.count == 0), 1);
        proa_arena_destroy(arena);
    }
    proa_http_request_destroy(exchange.request);
}

int main(void)
{
    struct proa_routes *table = proa_routes_create();
    struct proa_error err = { 0 };

    for (uint32_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++)
        CHECK_EQ(proa_routes_add(table, patterns[i], i, &err), PROA_OK);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check_case(table, &cases[i]);
    proa_routes_destroy(table);
    check_memory();
    return 0;
}
