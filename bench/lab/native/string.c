/*
 * The server, answering a static string.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "serve.h"

static void handle(void *env, struct proa_http_exchange *exchange)
{
    static const char hello[] = "Hello, world!\n";

    (void)env;
    lab_respond(exchange, 200, "text/plain", NULL, hello, sizeof hello - 1);
}

int main(int argc, char **argv)
{
    return lab_serve(argc, argv, handle);
}
