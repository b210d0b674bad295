/* SPDX-License-Identifier: Apache-2.0 */
#include "artifact/elf_write.h"

#include <assert.h>
#include <elf.h>
#include <stdio.h>
#include <string.h>

#include "artifact/format.h"

enum section {
    SECTION_NULL,
    SECTION_TEXT,
    SECTION_RODATA,
    SECTION_SLOTS,
    SECTION_IMAGES,
    SECTION_META,
    SECTION_SYMTAB,
    SECTION_STRTAB,
    SECTION_SHSTRTAB,
    SECTION_COUNT
};

static const char section_names[] =
    "\0.text\0.rodata\0.proa.slots\0.proa.image\0.proa.meta\0.symtab\0."
    "strtab\0.shstrtab";

/* That of the slots only where they are first: else they are among the data. */
enum {
    SEGMENT_SLOTS,
    SEGMENT_TEXT,
    SEGMENT_DATA,
    SEGMENT_STACK,
    SEGMENT_COUNT
};

static void align_to(struct proa_sink *out, uint64_t alignment)
{
    uint64_t mask = alignment - 1;

    proa_sink_put_zeros(out, -out->size & mask);
}

/* Bytes that are here, or that another puts; then the source has their size. */
static void put_part(struct proa_sink *out, const uint8_t *bytes,
                     const uint64_t *size,
                     void (*put)(void *env, struct proa_sink *sink), void *env)
{
    uint64_t before = out->size;

    if (bytes != NULL || put == NULL)
        proa_sink_put(out, bytes, *size);
    else
        put(env, out);
    assert(out->is_full || out->size - before == *size);
    (void)before;
}

static void put_slots(const struct proa_artifact_source *source,
                      struct proa_sink *out, struct proa_elf_places *places)
{
    places->slots = out->size;
    proa_sink_put_zeros(
        out,
        PROA_SLOT_SIZE * (uint64_t)(source->module->function_count -
                                    source->module->imported_function_count));
    align_to(out, PROA_HOST_PAGE);
    places->slots_end = out->size;
}

void proa_elf_begin(const struct proa_artifact_source *source,
                    struct proa_sink *out, struct proa_elf_places *places)
{
    proa_sink_put_zeros(out, PROA_HOST_PAGE);
    if (source->has_slots && source->slots_first)
        put_slots(source, out, places);
    places->text = out->size;
    put_part(out, source->text, &source->text_size, source->put_text,
             source->env);
    align_to(out, PROA_HOST_PAGE);
    places->rodata = out->size;
    proa_sink_put(out, source->rodata, source->rodata_size);
    align_to(out, PROA_HOST_PAGE);
    if (source->has_slots && !source->slots_first)
        put_slots(source, out, places);
    else if (!source->has_slots)
        places->slots = places->slots_end = out->size;
    places->images = out->size;
    put_part(out, source->image_bytes, &source->image_bytes_size,
             source->put_images, source->env);
    places->images_end = out->size;
    align_to(out, 8);
}

static void add_symbol(struct proa_buffer *symbols, struct proa_buffer *names,
                       const char *name, uint64_t value, uint64_t size)
{
    Elf64_Sym symbol = {
        .st_name = (Elf64_Word)names->size,
        .st_info = ELF64_ST_INFO(STB_LOCAL, STT_FUNC),
        .st_shndx = SECTION_TEXT,
        .st_value = value,
        .st_size = size,
    };
    (void)proa_buffer_append(names, name, strlen(name) + 1);
    (void)proa_buffer_append(symbols, &symbol, sizeof symbol);
}

/* A symbol is text for people: what a terminal would act on is masked. */
static void function_name(const struct proa_wasm_module *module, uint32_t index,
                          char name[256])
{
    struct proa_name given = module->functions[index].name;
    int size = given.size < 200 ? (int)given.size : 200;

    if (size == 0) {
        (void)snprintf(name, 256, "wasm[%u]", index);
        return;
    }
    (void)snprintf(name, 256, "%.*s", size, given.bytes);
    for (char *c = name; *c != '\0'; c++)
        if ((unsigned char)*c <= 0x20 || *c == 0x7f)
            *c = '_';
}

static void add_symbols(const struct proa_artifact_source *source,
                        uint64_t text, struct proa_buffer *symbols,
                        struct proa_buffer *names)
{
    const struct proa_wasm_module *module = source->module;
    char name[256];
    char tail_name[sizeof name + 8];

    (void)proa_buffer_append_zeros(symbols, sizeof(Elf64_Sym));
    (void)proa_buffer_append(names, "", 1);
    for (uint32_t i = module->imported_function_count;
         i < module->function_count; i++) {
        function_name(module, i, name);
        add_symbol(symbols, names, name, text + source->code[i],
                   source->code_size[i]);
        if (source->tail[i] == PROA_ARTIFACT_NONE)
            continue;
        (void)snprintf(tail_name, sizeof tail_name, "%s.tail", name);
        add_symbol(symbols, names, tail_name, text + source->tail[i], 0);
    }
    for (uint32_t i = 0; i < module->type_count; i++) {
        (void)snprintf(name, sizeof name, "proa.trampoline.%u", i);
        add_symbol(symbols, names, name, text + source->trampolines[i], 0);
    }
    add_symbol(symbols, names, "proa.init", text + source->init, 0);
}

static uint32_t section_name(const char *wanted)
{
    uint32_t at = 0;

    while (strcmp(section_names + at, wanted) != 0)
        at += (uint32_t)strlen(section_names + at) + 1;
    return at;
}

static Elf64_Shdr make_section(const char *name, uint32_t type, uint64_t offset,
                               uint64_t size)
{
    Elf64_Shdr section = {
        .sh_name = section_name(name),
        .sh_type = type,
        .sh_offset = offset,
        .sh_size = size,
        .sh_addralign = 8,
    };
    if (offset % PROA_HOST_PAGE == 0)
        section.sh_addralign = PROA_HOST_PAGE;
    return section;
}

/* Loaded sections have their file offset as address. */
static Elf64_Shdr make_loaded(const char *name, uint32_t type, uint64_t offset,
                              uint64_t size)
{
    Elf64_Shdr section = make_section(name, type, offset, size);

    section.sh_addr = offset;
    section.sh_flags = SHF_ALLOC;
    return section;
}

static void write_header(const struct proa_artifact_source *source,
                         const struct proa_elf_places *places,
                         uint64_t sections_offset, struct proa_sink *out)
{
    unsigned first = source->slots_first ? SEGMENT_SLOTS : SEGMENT_TEXT;
    Elf64_Ehdr header = {
        .e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64,
                     ELFDATA2LSB, EV_CURRENT, ELFOSABI_NONE },
        .e_type = ET_DYN,
        .e_machine = (Elf64_Half)source->arch,
        .e_version = EV_CURRENT,
        .e_phoff = sizeof header,
        .e_shoff = sections_offset,
        .e_ehsize = sizeof header,
        .e_phentsize = sizeof(Elf64_Phdr),
        .e_phnum = (Elf64_Half)(SEGMENT_COUNT - first),
        .e_shentsize = sizeof(Elf64_Shdr),
        .e_shnum = SECTION_COUNT,
        .e_shstrndx = SECTION_SHSTRTAB,
    };
    Elf64_Phdr segments[SEGMENT_COUNT] = {
        [SEGMENT_SLOTS] = { .p_type = PT_LOAD,
                            .p_flags = PF_R | PF_W,
                            .p_offset = places->slots,
                            .p_filesz = places->slots_end - places->slots },
        [SEGMENT_TEXT] = { .p_type = PT_LOAD,
                           .p_flags = PF_R | PF_X,
                           .p_offset = places->text,
                           .p_filesz = source->text_size },
        [SEGMENT_DATA] = { .p_type = PT_LOAD,
                           .p_flags = PF_R,
                           .p_offset = places->rodata,
                           .p_filesz = places->meta_end - places->rodata },
        [SEGMENT_STACK] = { .p_type = PT_GNU_STACK, .p_flags = PF_R | PF_W },
    };
    for (int i = 0; i < SEGMENT_STACK; i++) {
        segments[i].p_vaddr = segments[i].p_paddr = segments[i].p_offset;
        segments[i].p_memsz = segments[i].p_filesz;
        segments[i].p_align = PROA_HOST_PAGE;
    }
    proa_sink_put_at(out, 0, &header, sizeof header);
    proa_sink_put_at(out, sizeof header, segments + first,
                     (SEGMENT_COUNT - first) * sizeof segments[0]);
}

void proa_elf_end(const struct proa_artifact_source *source,
                  struct proa_sink *out, const struct proa_elf_places *places)
{
    struct proa_buffer symbols;
    struct proa_buffer names;
    Elf64_Shdr sections[SECTION_COUNT] = { 0 };

    proa_buffer_init(&symbols, (size_t)out->size_max);
    proa_buffer_init(&names, (size_t)out->size_max);
    add_symbols(source, places->text, &symbols, &names);

    sections[SECTION_TEXT] =
        make_loaded(".text", SHT_PROGBITS, places->text, source->text_size);
    sections[SECTION_TEXT].sh_flags |= SHF_EXECINSTR;
    sections[SECTION_RODATA] = make_loaded(".rodata", SHT_PROGBITS,
                                           places->rodata, source->rodata_size);
    sections[SECTION_SLOTS] =
        make_loaded(".proa.slots", SHT_PROGBITS, places->slots,
                    places->slots_end - places->slots);
    sections[SECTION_SLOTS].sh_flags |= SHF_WRITE;
    sections[SECTION_IMAGES] =
        make_loaded(".proa.image", SHT_PROGBITS, places->images,
                    places->images_end - places->images);
    /* GNU's tools refuse a file with an allocated section of unknown type. */
    sections[SECTION_META] =
        make_section(".proa.meta", PROA_SHT_META, places->meta,
                     places->meta_end - places->meta);
    align_to(out, 8);
    sections[SECTION_SYMTAB] =
        make_section(".symtab", SHT_SYMTAB, out->size, symbols.size);
    sections[SECTION_SYMTAB].sh_link = SECTION_STRTAB;
    sections[SECTION_SYMTAB].sh_info =
        (Elf64_Word)(symbols.size / sizeof(Elf64_Sym)); /* all are local */
    sections[SECTION_SYMTAB].sh_entsize = sizeof(Elf64_Sym);
    proa_sink_put(out, symbols.bytes, symbols.size);
    sections[SECTION_STRTAB] =
        make_section(".strtab", SHT_STRTAB, out->size, names.size);
    proa_sink_put(out, names.bytes, names.size);
    sections[SECTION_SHSTRTAB] =
        make_section(".shstrtab", SHT_STRTAB, out->size, sizeof section_names);
    proa_sink_put(out, section_names, sizeof section_names);
    align_to(out, 8);
    uint64_t sections_offset = out->size;
    proa_sink_put(out, sections, sizeof sections);
    if (symbols.is_full || names.is_full)
        out->is_full = true;
    if (!out->is_full)
        write_header(source, places, sections_offset, out);
    proa_buffer_deinit(&symbols);
    proa_buffer_deinit(&names);
}
