/*
 * The least program in the CGI convention: what a fresh instance costs.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <unistd.h>

int main(void)
{
    static const char answer[] = "Content-Type: text/plain\n\nHello, world!\n";

    return write(STDOUT_FILENO, answer, sizeof answer - 1) > 0 ? 0 : 1;
}
