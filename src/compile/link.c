/* SPDX-License-Identifier: Apache-2.0 */
#include "compile/link.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "artifact/format.h"
#include "base/fail.h"

/*
 * The objects come from LLVM in this process, so they are trusted to be whole;
 * what is checked is that they hold only what we know how to link.
 */
enum { PAGE = 4096, PADDING_BYTE = 0xcc };

struct object {
    const uint8_t *bytes;
    const Elf64_Ehdr *header;
    const Elf64_Shdr *sections;
    const Elf64_Sym *symbols;
    const char *names;
    uint32_t symbol_count;
    uint32_t *offsets; /* by section: in text or rodata; NONE: not taken */
};

struct linker {
    const struct proa_link_request *request;
    struct proa_linked *linked;
    struct object *objects;
    uint32_t object_count;
    uint32_t function_count;
    uint32_t type_count;
    uint64_t rodata_address; /* from the text's start */
    struct proa_arena *arena;
    struct proa_error *err;
};

static bool is_text(const Elf64_Shdr *section)
{
    return (section->sh_flags & SHF_ALLOC) != 0 &&
           (section->sh_flags & SHF_EXECINSTR) != 0;
}

/* Unwind tables are not taken: a trap never unwinds. */
static bool is_rodata(const Elf64_Shdr *section)
{
    return (section->sh_flags & SHF_ALLOC) != 0 && !is_text(section) &&
           section->sh_type == SHT_PROGBITS;
}

static const char *section_name(const struct object *object,
                                const Elf64_Shdr *section)
{
    const Elf64_Shdr *names = &object->sections[object->header->e_shstrndx];

    return (const char *)object->bytes + names->sh_offset + section->sh_name;
}

static bool is_taken(const struct object *object, const Elf64_Shdr *section)
{
    return is_text(section) ||
           (is_rodata(section) &&
            strcmp(section_name(object, section), ".eh_frame") != 0);
}

static bool append_aligned(struct proa_buffer *out, const uint8_t *bytes,
                           uint64_t size, uint64_t alignment, int padding)
{
    size_t gap = alignment > 1 ? -out->size & (alignment - 1) : 0;
    uint8_t *room = proa_buffer_reserve(out, gap);

    if (room == NULL)
        return false;
    memset(room, padding, gap);
    return proa_buffer_append(out, bytes, size);
}

static enum proa_status take_section(struct linker *linker,
                                     struct object *object, uint32_t index)
{
    const Elf64_Shdr *section = &object->sections[index];
    struct proa_linked *linked = linker->linked;
    bool text = is_text(section);
    struct proa_buffer *out = text ? &linked->text : &linked->rodata;

    if ((section->sh_flags & SHF_WRITE) != 0 && section->sh_size > 0)
        return proa_fail(linker->err, PROA_COMPILER, 0,
                         "compiled code has a writable section %s",
                         section_name(object, section));
    if (!append_aligned(out, object->bytes + section->sh_offset,
                        section->sh_size, section->sh_addralign,
                        text ? PADDING_BYTE : 0))
        return proa_fail(linker->err, PROA_LIMIT, 0,
                         "the compiled code is larger than its limit");
    object->offsets[index] = (uint32_t)(out->size - section->sh_size);
    return PROA_OK;
}

static enum proa_status open_object(struct linker *linker,
                                    const struct proa_buffer *buffer,
                                    struct object *object)
{
    object->bytes = buffer->bytes;
    object->header = (const void *)buffer->bytes;
    if (buffer->size < sizeof(Elf64_Ehdr) ||
        memcmp(buffer->bytes, ELFMAG, SELFMAG) != 0)
        return proa_fail(linker->err, PROA_COMPILER, 0,
                         "LLVM made something else than an ELF object");
    object->sections = (const void *)(object->bytes + object->header->e_shoff);
    uint32_t count = object->header->e_shnum;
    object->offsets =
        proa_arena_array(linker->arena, count, sizeof *object->offsets);
    if (object->offsets == NULL)
        return proa_fail(linker->err, PROA_NOMEM, 0, "no memory to link");
    for (uint32_t i = 0; i < count; i++) {
        const Elf64_Shdr *section = &object->sections[i];
        object->offsets[i] = PROA_ARTIFACT_NONE;
        if (section->sh_type == SHT_SYMTAB) {
            object->symbols =
                (const void *)(object->bytes + section->sh_offset);
            object->symbol_count =
                (uint32_t)(section->sh_size / sizeof(Elf64_Sym));
            object->names = (const char *)object->bytes +
                            object->sections[section->sh_link].sh_offset;
        }
        if (!is_taken(object, section))
            continue;
        enum proa_status status = take_section(linker, object, i);
        if (status != PROA_OK)
            return status;
    }
    return PROA_OK;
}

/* The slot for a symbol's name: "f12", "t12", "y3", "init"; NULL: no such. */
static uint32_t *find_slot(struct linker *linker, const char *name)
{
    struct proa_linked *linked = linker->linked;
    char *end = NULL;

    if (strcmp(name, "init") == 0)
        return &linked->init;
    if (name[0] == '\0' || name[1] < '0' || name[1] > '9')
        return NULL;
    unsigned long index = strtoul(name + 1, &end, 10);
    if (*end != '\0')
        return NULL;
    if (name[0] == 'f' && index < linker->function_count)
        return &linked->code[index];
    if (name[0] == 't' && index < linker->function_count)
        return &linked->tail[index];
    if (name[0] == 'y' && index < linker->type_count)
        return &linked->trampolines[index];
    return NULL;
}

static void define_symbols(struct linker *linker, const struct object *object)
{
    for (uint32_t i = 0; i < object->symbol_count; i++) {
        const Elf64_Sym *symbol = &object->symbols[i];
        const char *name = object->names + symbol->st_name;
        if (symbol->st_shndx == SHN_UNDEF ||
            symbol->st_shndx >= SHN_LORESERVE ||
            ELF64_ST_TYPE(symbol->st_info) != STT_FUNC)
            continue;
        uint32_t *slot = find_slot(linker, name);
        if (slot == NULL)
            continue;
        *slot = object->offsets[symbol->st_shndx] + (uint32_t)symbol->st_value;
        if (name[0] == 'f')
            linker->linked->code_size[slot - linker->linked->code] =
                (uint32_t)symbol->st_size;
    }
}

static enum proa_status symbol_address(struct linker *linker,
                                       const struct object *object,
                                       uint32_t symbol_index, uint64_t *address)
{
    const Elf64_Sym *symbol = &object->symbols[symbol_index];
    const char *name = object->names + symbol->st_name;

    if (symbol->st_shndx == SHN_UNDEF) {
        const uint32_t *slot = find_slot(linker, name);
        if (slot == NULL || *slot == PROA_ARTIFACT_NONE)
            return proa_fail(linker->err, PROA_COMPILER, 0,
                             "compiled code needs \"%s\", which is not there",
                             name);
        *address = *slot;
        return PROA_OK;
    }
    uint32_t offset = symbol->st_shndx < SHN_LORESERVE
                          ? object->offsets[symbol->st_shndx]
                          : PROA_ARTIFACT_NONE;
    if (offset == PROA_ARTIFACT_NONE)
        return proa_fail(linker->err, PROA_COMPILER, 0,
                         "compiled code refers to a section not taken (%s)",
                         name);
    *address = offset + symbol->st_value;
    if (!is_text(&object->sections[symbol->st_shndx]))
        *address += linker->rodata_address;
    return PROA_OK;
}

static enum proa_status relocate_section(struct linker *linker,
                                         const struct object *object,
                                         const Elf64_Shdr *rela)
{
    uint32_t target = rela->sh_info;
    bool text = is_text(&object->sections[target]);
    struct proa_buffer *out =
        text ? &linker->linked->text : &linker->linked->rodata;
    const Elf64_Rela *entries = (const void *)(object->bytes + rela->sh_offset);
    uint64_t count = rela->sh_size / sizeof *entries;
    bool is_arm = object->header->e_machine == EM_AARCH64;

    for (uint64_t i = 0; i < count; i++) {
        uint32_t type = (uint32_t)ELF64_R_TYPE(entries[i].r_info);
        uint64_t at = object->offsets[target] + entries[i].r_offset;
        uint64_t place = at + (text ? 0 : linker->rodata_address);
        uint64_t address;
        enum proa_status status = symbol_address(
            linker, object, (uint32_t)ELF64_R_SYM(entries[i].r_info), &address);
        if (status != PROA_OK)
            return status;
        address += (uint64_t)entries[i].r_addend;
        bool done =
            is_arm
                ? proa_relocate_aarch64(type, out->bytes + at, place, address)
                : proa_relocate_x86_64(type, out->bytes + at, place, address);
        if (!done)
            return proa_fail(linker->err, PROA_COMPILER, 0,
                             "compiled code has relocation %u, which cannot "
                             "be applied",
                             type);
    }
    return PROA_OK;
}

static enum proa_status relocate_object(struct linker *linker,
                                        const struct object *object)
{
    for (uint32_t i = 0; i < object->header->e_shnum; i++) {
        const Elf64_Shdr *section = &object->sections[i];
        if (section->sh_type != SHT_RELA ||
            object->offsets[section->sh_info] == PROA_ARTIFACT_NONE)
            continue;
        enum proa_status status = relocate_section(linker, object, section);
        if (status != PROA_OK)
            return status;
    }
    return PROA_OK;
}

static uint32_t *make_slots(struct linker *linker, uint32_t count)
{
    uint32_t *slots = proa_arena_array(linker->arena, count, sizeof *slots);

    for (uint32_t i = 0; slots != NULL && i < count; i++)
        slots[i] = PROA_ARTIFACT_NONE;
    return slots;
}

static uint64_t page_round(uint64_t size)
{
    return (size + PAGE - 1) & ~(uint64_t)(PAGE - 1);
}

/* Room for a thunk of each own function; those not defined become theirs. */
static enum proa_status make_thunks(struct linker *linker)
{
    const struct proa_link_request *request = linker->request;
    struct proa_linked *linked = linker->linked;
    uint32_t own = request->function_count - request->imported_function_count;

    if (!request->has_thunks)
        return PROA_OK;
    if (!append_aligned(&linked->text, NULL, 0, PROA_LINK_THUNK_SIZE,
                        PADDING_BYTE) ||
        !proa_buffer_append_zeros(&linked->text,
                                  (size_t)own * PROA_LINK_THUNK_SIZE))
        return proa_fail(linker->err, PROA_LIMIT, 0,
                         "the compiled code is larger than its limit");
    linked->thunks =
        (uint32_t)(linked->text.size - (size_t)own * PROA_LINK_THUNK_SIZE);
    for (uint32_t i = 0; i < own; i++) {
        uint32_t *code = &linked->code[request->imported_function_count + i];
        if (*code == PROA_ARTIFACT_NONE)
            *code = linked->thunks + i * PROA_LINK_THUNK_SIZE;
    }
    return PROA_OK;
}

/* jmp [rip + distance of the slot]: slots follow the read-only data. */
static void fill_thunks(struct linker *linker)
{
    const struct proa_link_request *request = linker->request;
    struct proa_linked *linked = linker->linked;
    uint64_t slots = linker->rodata_address + page_round(linked->rodata.size);
    uint32_t own = request->function_count - request->imported_function_count;

    for (uint32_t i = 0; i < own; i++) {
        uint8_t thunk[PROA_LINK_THUNK_SIZE] = { 0xff, 0x25, 0,    0,
                                                0,    0,    0xcc, 0xcc };
        uint32_t at = linked->thunks + i * PROA_LINK_THUNK_SIZE;
        uint32_t distance =
            (uint32_t)(slots + (uint64_t)i * PROA_SLOT_SIZE - (at + 6));
        memcpy(thunk + 2, &distance, sizeof distance);
        memcpy(linked->text.bytes + at, thunk, sizeof thunk);
    }
}

static enum proa_status link_all(struct linker *linker,
                                 const struct proa_buffer *objects)
{
    struct proa_linked *linked = linker->linked;
    enum proa_status status = PROA_OK;

    linker->objects = proa_arena_array(linker->arena, linker->object_count,
                                       sizeof *linker->objects);
    linked->code = make_slots(linker, linker->function_count);
    linked->tail = make_slots(linker, linker->function_count);
    linked->trampolines = make_slots(linker, linker->type_count);
    linked->code_size = proa_arena_array(linker->arena, linker->function_count,
                                         sizeof *linked->code_size);
    if (linker->objects == NULL || linked->code == NULL ||
        linked->tail == NULL || linked->trampolines == NULL ||
        linked->code_size == NULL)
        return proa_fail(linker->err, PROA_NOMEM, 0, "no memory to link");

    for (uint32_t i = 0; status == PROA_OK && i < linker->object_count; i++)
        status = open_object(linker, &objects[i], &linker->objects[i]);
    if (status != PROA_OK)
        return status;
    for (uint32_t i = 0; i < linker->object_count; i++)
        define_symbols(linker, &linker->objects[i]);
    status = make_thunks(linker);
    linker->rodata_address = page_round(linked->text.size);
    if (status == PROA_OK && linker->request->has_thunks)
        fill_thunks(linker);
    for (uint32_t i = 0; status == PROA_OK && i < linker->object_count; i++)
        status = relocate_object(linker, &linker->objects[i]);
    return status;
}

enum proa_status proa_link(const struct proa_link_request *request,
                           struct proa_arena *arena, struct proa_linked *linked,
                           struct proa_error *err)
{
    const size_t text_max = (size_t)1 << 30; /* reach of a 32-bit distance */
    struct proa_linked made = { .init = PROA_ARTIFACT_NONE };
    struct linker linker = {
        .request = request,
        .linked = &made,
        .object_count = request->object_count,
        .function_count = request->function_count,
        .type_count = request->type_count,
        .arena = arena,
        .err = err,
    };

    proa_buffer_init(&made.text, text_max);
    proa_buffer_init(&made.rodata, text_max / 2);
    enum proa_status status = link_all(&linker, request->objects);
    if (status != PROA_OK) {
        proa_linked_deinit(&made);
        return status;
    }
    *linked = made;
    return PROA_OK;
}

void proa_linked_deinit(struct proa_linked *linked)
{
    proa_buffer_deinit(&linked->text);
    proa_buffer_deinit(&linked->rodata);
}
