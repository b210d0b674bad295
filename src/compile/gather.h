/*
 * What a vectoriser takes for cheap.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_COMPILE_GATHER_H
#define PROA_COMPILE_GATHER_H

#include "compile/lower/unit.h"

/*
 * From `hide` to `show` LLVM takes the processor for one without gathers, also
 * where it has them. The code is made for the processor as it is.
 *
 * @return PROA_OK, PROA_NOMEM
 */
PROA_NODISCARD enum proa_status proa_gather_hide(struct proa_unit *unit,
                                                 struct proa_error *err);
void proa_gather_show(struct proa_unit *unit);

#endif
