/*
 * What the modules of an engine share: the numbers of wide function types.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_RUNTIME_ENGINE_H
#define PROA_RUNTIME_ENGINE_H

#include <stdatomic.h>

#include "proa/engine.h"

/*
 * A function type's signature: written out, or for a wide type its number in
 * this engine.
 *
 * @return PROA_OK, PROA_NOMEM
 * Threads: any.
 */
PROA_NODISCARD enum proa_status
proa_engine_signature(struct proa_engine *engine,
                      const struct proa_functype *type, uint64_t *signature,
                      struct proa_error *err);

bool proa_functype_equal(const struct proa_functype *a,
                         const struct proa_functype *b);

/* Count the modules and stores of an engine, which must outlive them. */
void proa_engine_use(struct proa_engine *engine);
void proa_engine_unuse(struct proa_engine *engine);

#endif
