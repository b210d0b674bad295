/*
 * Standard streams that may be closed.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_CLI_STDIO_H
#define PROA_CLI_STDIO_H

/*
 * To be called first: what is closed gets /dev/null in its place, so that no
 * file opened later takes the number and is written to by mistake.
 */
void proa_stdio_init(void);

/* The same number, or -1 when it was closed at the start. */
int proa_stdio_fd(int fd);

#endif
