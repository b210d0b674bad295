/*
 * The server, answering the lab's API by the C code that is also the
 * WebAssembly program in C.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "serve.h"

#include "../variants/c/items.h"

static struct lab_text text_of(struct proa_http_text text)
{
    return (struct lab_text){ text.bytes, text.size };
}

static void handle(void *env, struct proa_http_exchange *exchange)
{
    const struct proa_http_request *request = exchange->request;
    const struct lab_text body = { (const char *)request->body.bytes,
                                   request->body.size };
    struct lab_answer answer =
        lab_answer(text_of(request->method), text_of(request->path),
                   text_of(request->query), body);

    (void)env;
    lab_respond(exchange, answer.status, "application/json", answer.allow,
                answer.body, answer.size);
    lab_answer_deinit(&answer);
}

int main(int argc, char **argv)
{
    return lab_serve(argc, argv, handle);
}
