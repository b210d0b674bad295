/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROA_COMPILE_SCATTER_H
#define PROA_COMPILE_SCATTER_H

#include "compile/lower/unit.h"

/*
 * Tell LLVM's vectoriser not to touch loops of one block that store, and in
 * which no access lies beside that of the next turn.
 */
void proa_scatter_refuse(struct proa_unit *unit);

#endif
