/*
 * Relocatable objects of one module joined to text and read-only data that need
 * no relocation when they are loaded.
 * https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.reloc.html
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_COMPILE_LINK_H
#define PROA_COMPILE_LINK_H

#include "artifact/artifact.h"
#include "base/arena.h"
#include "base/buffer.h"

/* What is linked: offsets are into the text. Arrays live in the arena given. */
struct proa_linked {
    struct proa_buffer text;   /* owned: proa_linked_deinit() */
    struct proa_buffer rodata; /* owned; lies behind the text, page-aligned */
    uint32_t *code;            /* by function index; NONE: not defined */
    uint32_t *code_size;
    uint32_t *tail;
    uint32_t *trampolines; /* by type index */
    uint32_t init;
    uint32_t thunks; /* by own function 8 bytes, see PROA_LINK_THUNK_SIZE */
};

/* A thunk jumps through a slot behind text and read-only data. */
enum { PROA_LINK_THUNK_SIZE = 8 };

/* All borrowed for the call. */
struct proa_link_request {
    const struct proa_buffer *objects; /* as proa_codegen_partition made them,
                                          in the order in which they lie */
    uint32_t object_count;
    uint32_t function_count;
    uint32_t imported_function_count;
    uint32_t type_count;
    bool has_thunks; /* for own functions that no object defines; their size is
                       then 0. For x86-64 */
};

/*
 * @param arena borrowed; must outlive `linked`
 * @return PROA_OK, PROA_NOMEM, PROA_COMPILER (an object that is not as we
 * expect it: an undefined symbol, an unknown relocation)
 */
PROA_NODISCARD enum proa_status
proa_link(const struct proa_link_request *request, struct proa_arena *arena,
          struct proa_linked *linked, struct proa_error *err);
void proa_linked_deinit(struct proa_linked *linked);

/*
 * Apply one relocation at `place`, which will run at `place_address`, to a
 * target at `target_address` (addend included). False: an unknown type, or a
 * target out of reach.
 */
bool proa_relocate_x86_64(uint32_t type, uint8_t *place, uint64_t place_address,
                          uint64_t target_address);
bool proa_relocate_aarch64(uint32_t type, uint8_t *place,
                           uint64_t place_address, uint64_t target_address);

#endif
