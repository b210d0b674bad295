/*
 * HTTP/1 requests: whatever the bytes are, and however they are cut, the same
 * requests come out before the connection is refused.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include "http/http1.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static const struct proa_http1_limits limits = {
    .line_bytes_max = 200,
    .head_bytes_max = 600,
    .field_count_max = 8,
    .body_bytes_max = 64,
};

struct run {
    struct proa_http1 *http1;
    uint64_t digest; /* of all that came out */
};

static void digest(struct run *run, const void *bytes, size_t size)
{
    const uint8_t *at = bytes;

    for (size_t i = 0; i < size; i++)
        run->digest = (run->digest ^ at[i]) * 0x100000001b3u;
    run->digest = (run->digest ^ size) * 0x100000001b3u;
}

static void digest_text(struct run *run, struct proa_http_text text)
{
    digest(run, text.bytes, text.size);
}

/* What no request may be, whatever the bytes were. */
static void check(const struct proa_http_request *request)
{
    uint32_t hosts, lengths, codings;

    (void)proa_http_request_field(request, "host", &hosts);
    (void)proa_http_request_field(request, "content-length", &lengths);
    (void)proa_http_request_field(request, "transfer-encoding", &codings);
    if (hosts > 1 || lengths > 1 || codings > 1 || lengths + codings > 1 ||
        hosts + (request->version_minor == 0) == 0 || request->path.size == 0 ||
        request->body.size > limits.body_bytes_max ||
        request->field_count > limits.field_count_max)
        abort();
    for (uint32_t i = 0; i < request->field_count; i++) {
        struct proa_http_text value = request->fields[i].value;
        for (size_t j = 0; j < value.size; j++)
            if ((uint8_t)value.bytes[j] < 0x20 && value.bytes[j] != '\t')
                abort();
    }
}

static void take(struct run *run)
{
    bool keeps_alive = proa_http1_keeps_alive(run->http1);
    struct proa_http_request *request = proa_http1_take(run->http1);

    check(request);
    digest(run, &keeps_alive, sizeof keeps_alive);
    digest_text(run, request->method);
    digest_text(run, request->path);
    digest_text(run, request->query);
    digest_text(run, request->authority);
    for (uint32_t i = 0; i < request->field_count; i++) {
        digest_text(run, request->fields[i].name);
        digest_text(run, request->fields[i].value);
    }
    digest(run, request->body.bytes, request->body.size);
    proa_http_request_destroy(request);
}

static void feed(struct run *run, const uint8_t *bytes, size_t size)
{
    while (size > 0) {
        size_t used = proa_http1_feed(run->http1, bytes, size);
        enum proa_http1_state state = proa_http1_state(run->http1);
        if (state == PROA_HTTP1_REQUEST)
            take(run);
        else if (state == PROA_HTTP1_REFUSED)
            return;
        else if (used == 0)
            abort();
        bytes += used;
        size -= used;
    }
}

static uint64_t finish(struct run *run)
{
    enum proa_http1_state state = proa_http1_state(run->http1);

    /* Of two wrongs in one body, which one is told depends on the cut. */
    digest(run, &state, sizeof state);
    proa_http1_destroy(run->http1);
    return run->digest;
}

static struct run start(void)
{
    struct run run = { .http1 = proa_http1_create(&limits), .digest = 7 };

    if (run.http1 == NULL)
        abort();
    return run;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct run whole = start();
    struct run single = start();
    struct run cut = start();
    size_t at = size == 0 ? 0 : bytes[size / 2] * size / 256;

    feed(&whole, bytes, size);
    for (size_t i = 0; i < size; i++) {
        uint8_t byte = bytes[i];
        feed(&single, &byte, 1);
    }
    feed(&cut, bytes, at);
    feed(&cut, bytes + at, size - at);
    uint64_t expected = finish(&whole);
    if (finish(&single) != expected || finish(&cut) != expected)
        abort();
    return 0;
}
