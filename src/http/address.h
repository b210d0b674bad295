/*
 * "HOST:PORT" to a listening socket and back.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_HTTP_ADDRESS_H
#define PROA_HTTP_ADDRESS_H

#include <sys/socket.h>

#include "http/exchange.h"

/*
 * @param fd set on success; owned: non-blocking, close-on-exec
 * @return PROA_OK, PROA_USAGE, PROA_IO
 */
PROA_NODISCARD enum proa_status proa_http_listen(const char *address, int *fd,
                                                 struct proa_error *err);

/*
 * Another socket at the address of one that proa_http_listen() gave: the
 * kernel shares connections out between them.
 */
PROA_NODISCARD enum proa_status proa_http_listen_twin(int first, int *fd,
                                                      struct proa_error *err);

/*
 * Write the host as digits and the port; "unix:" and 0 for a Unix socket, ""
 * for another family.
 */
void proa_http_address_text(const struct sockaddr_storage *address,
                            char text[PROA_HTTP_ADDRESS_SIZE], uint16_t *port);

#endif
