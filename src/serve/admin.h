/*
 * The listener for those who watch: a status page, /metrics, /healthz, /readyz.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_SERVE_ADMIN_H
#define PROA_SERVE_ADMIN_H

#include "serve/service.h"

struct proa_admin;

/*
 * Listen.
 *
 * @param service borrowed; must outlive it
 * @param admin   set on success; owned: end with proa_admin_destroy()
 * @return PROA_OK, PROA_USAGE, PROA_IO, PROA_NOMEM
 */
PROA_NODISCARD enum proa_status proa_admin_create(struct proa_service *service,
                                                  const char *address,
                                                  struct proa_admin **admin,
                                                  struct proa_error *err);

/* Answer, on a thread of its own. @return PROA_OK, PROA_IO */
PROA_NODISCARD enum proa_status proa_admin_start(struct proa_admin *admin,
                                                 struct proa_error *err);

/* "127.0.0.1:9090": with the port that was bound. */
const char *proa_admin_address(const struct proa_admin *admin);

/* Answer who is here, and take nobody more. NULL does nothing. Threads: any. */
void proa_admin_leave(struct proa_admin *admin);

/* NULL does nothing. */
void proa_admin_destroy(struct proa_admin *admin);

#endif
