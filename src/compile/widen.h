/*
 * Addresses that go around.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_COMPILE_WIDEN_H
#define PROA_COMPILE_WIDEN_H

#include "compile/lower/unit.h"

/*
 * What several blocks hand to one, and is then zero-extended, is handed over
 * zero-extended. To be run when all loads are volatile, before code is made.
 * @return PROA_OK, PROA_NOMEM
 */
PROA_NODISCARD enum proa_status proa_widen_phis(struct proa_unit *unit,
                                                struct proa_error *err);

#endif
