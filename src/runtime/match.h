/*
 * Does what is given fit an import?
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_RUNTIME_MATCH_H
#define PROA_RUNTIME_MATCH_H

#include "proa/store.h"

/*
 * @return PROA_OK, PROA_UNLINKABLE (the text has both types), PROA_USAGE (of
 *         another store), PROA_NOMEM
 */
PROA_NODISCARD enum proa_status
proa_match_import(struct proa_store *store,
                  const struct proa_importtype *import,
                  const struct proa_extern *given, struct proa_error *err);

#endif
