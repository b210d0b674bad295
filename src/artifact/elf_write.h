/*
 * The ELF frame around an artifact's parts. Addresses equal file offsets.
 * https://refspecs.linuxfoundation.org/elf/gabi4+/contents.html
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_ARTIFACT_ELF_WRITE_H
#define PROA_ARTIFACT_ELF_WRITE_H

#include "artifact/write.h"

/* File offsets. */
struct proa_elf_places {
    uint64_t text;
    uint64_t rodata;
    uint64_t slots;
    uint64_t slots_end;
    uint64_t images;
    uint64_t images_end;
    uint64_t meta;
    uint64_t meta_end;
};

/* Room for the headers, then text, read-only data, slots and images. */
void proa_elf_begin(const struct proa_artifact_source *source,
                    struct proa_sink *out, struct proa_elf_places *places);

/* The symbol table, the section headers; fills in the headers at the start. */
void proa_elf_end(const struct proa_artifact_source *source,
                  struct proa_sink *out, const struct proa_elf_places *places);

#endif
