/*
 * An artifact as text.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_CLI_ARTIFACT_H
#define PROA_CLI_ARTIFACT_H

#include <stdio.h>

#include "artifact/artifact.h"

void proa_artifact_print(const struct proa_artifact *artifact, FILE *out);

/* @return PROA_OK, PROA_NOMEM */
PROA_NODISCARD enum proa_status
proa_artifact_print_json(const struct proa_artifact *artifact, FILE *out,
                         struct proa_error *err);

#endif
