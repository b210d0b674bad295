/*
 * The parts of the reader: one function a group of tables.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_ARTIFACT_READ_PARTS_H
#define PROA_ARTIFACT_READ_PARTS_H

#include "artifact/artifact.h"
#include "artifact/format.h"

struct proa_reader {
    const uint8_t *base; /* the file */
    uint64_t size;
    struct proa_meta_header header;
    const uint8_t *tables[PROA_META_TABLE_COUNT]; /* aligned to 8 */
    uint32_t counts[PROA_META_TABLE_COUNT];
    struct proa_arena *arena;
};

/* Each checks its tables and fills in its fields of the artifact; in this
 * order, as later ones use what earlier ones checked. */
PROA_NODISCARD enum proa_status
proa_read_types(const struct proa_reader *reader,
                struct proa_artifact *artifact, struct proa_error *err);
PROA_NODISCARD enum proa_status
proa_read_spaces(const struct proa_reader *reader,
                 struct proa_artifact *artifact, struct proa_error *err);
PROA_NODISCARD enum proa_status
proa_read_functions(const struct proa_reader *reader,
                    struct proa_artifact *artifact, struct proa_error *err);
PROA_NODISCARD enum proa_status
proa_read_imports(const struct proa_reader *reader,
                  struct proa_artifact *artifact, struct proa_error *err);
PROA_NODISCARD enum proa_status
proa_read_exports(const struct proa_reader *reader,
                  struct proa_artifact *artifact, struct proa_error *err);
PROA_NODISCARD enum proa_status
proa_read_segments(const struct proa_reader *reader,
                   struct proa_artifact *artifact, struct proa_error *err);

#endif
