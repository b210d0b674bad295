/*
 * docs/formats/artifact.md. Nothing is believed: every offset, count and index
 * is checked before anyone follows it.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <elf.h>
#include <string.h>

#include "artifact/format.h"
#include "artifact/read_parts.h"
#include "base/fail.h"

static const char damaged[] = "damaged artifact: %s";

static enum proa_status broken(struct proa_error *err, const char *what)
{
    return proa_fail(err, PROA_MALFORMED, 0, damaged, what);
}

bool proa_artifact_is_one(const uint8_t *bytes, uint64_t size)
{
    Elf64_Ehdr header;

    if (size < sizeof header)
        return false;
    memcpy(&header, bytes, sizeof header);
    return memcmp(header.e_ident, ELFMAG, SELFMAG) == 0 &&
           header.e_ident[EI_CLASS] == ELFCLASS64 &&
           header.e_ident[EI_DATA] == ELFDATA2LSB && header.e_type == ET_DYN;
}

/* True when [offset, offset + size) lies in the file. */
static bool is_inside(uint64_t file_size, uint64_t offset, uint64_t size)
{
    return offset <= file_size && size <= file_size - offset;
}

static enum proa_status find_meta(const uint8_t *base, uint64_t size,
                                  uint64_t *meta, struct proa_error *err)
{
    Elf64_Ehdr header;

    if (!proa_artifact_is_one(base, size))
        return proa_fail(err, PROA_MALFORMED, 0, "not an artifact of proa");
    memcpy(&header, base, sizeof header);
    if (header.e_shentsize != sizeof(Elf64_Shdr) ||
        !is_inside(size, header.e_shoff,
                   (uint64_t)header.e_shnum * sizeof(Elf64_Shdr)))
        return broken(err, "section headers outside the file");
    for (uint32_t i = 0; i < header.e_shnum; i++) {
        Elf64_Shdr section;
        memcpy(&section, base + header.e_shoff + i * sizeof section,
               sizeof section);
        if (section.sh_type != PROA_SHT_META)
            continue;
        if (section.sh_offset % 8 != 0 ||
            section.sh_size < sizeof(struct proa_meta_header) ||
            !is_inside(size, section.sh_offset, section.sh_size))
            return broken(err, "metadata outside the file");
        *meta = section.sh_offset;
        return PROA_OK;
    }
    return proa_fail(err, PROA_MALFORMED, 0,
                     "not an artifact of proa: an ELF file without .proa.meta");
}

/* Bytes of one record of each table, and how many there may be. */
static const struct {
    uint32_t size;
    uint32_t count_max;
} record_limits[PROA_META_TABLE_COUNT] = {
    [PROA_META_VALTYPES] = { sizeof(uint32_t), 1U << 30 },
    [PROA_META_TYPES] = { sizeof(struct proa_meta_type), 1000000 },
    [PROA_META_IMPORTS] = { sizeof(struct proa_meta_import), 1000000 },
    [PROA_META_EXPORTS] = { sizeof(struct proa_meta_export), 1000000 },
    [PROA_META_FUNCTIONS] = { sizeof(struct proa_artifact_function), 2000000 },
    [PROA_META_BY_CODE] = { sizeof(uint32_t), 2000000 },
    [PROA_META_TABLES] = { sizeof(struct proa_meta_table_type), 1000000 },
    [PROA_META_MEMORIES] = { sizeof(struct proa_meta_memory), 1000000 },
    [PROA_META_GLOBALS] = { sizeof(struct proa_meta_global), 2000000 },
    [PROA_META_ITEMS] = { sizeof(struct proa_artifact_item), 1U << 30 },
    [PROA_META_ELEMS] = { sizeof(struct proa_meta_elem), 10000000 },
    [PROA_META_DATAS] = { sizeof(struct proa_meta_data), 100000 },
    [PROA_META_IMAGES] = { sizeof(struct proa_artifact_image), 1U << 20 },
    [PROA_META_STRINGS] = { 1, 1U << 30 },
    [PROA_META_BYTES] = { 1, 1U << 30 },
};

/* Bytes of the pages that the slots fill. */
static uint64_t slots_size(const struct proa_meta_header *header)
{
    uint64_t size = (uint64_t)header->slot_count * PROA_SLOT_SIZE;

    return (size + PROA_HOST_PAGE - 1) / PROA_HOST_PAGE * PROA_HOST_PAGE;
}

/* True when none of these bytes is in the pages that the loader writes. */
static bool is_apart(const struct proa_meta_header *header, uint64_t offset,
                     uint64_t size)
{
    return size == 0 || header->slot_count == 0 ||
           offset >= header->slots + slots_size(header) ||
           offset + size <= header->slots;
}

static enum proa_status check_slots(const struct proa_reader *reader,
                                    uint64_t meta, struct proa_error *err)
{
    const struct proa_meta_header *header = &reader->header;
    uint64_t entries_size = (uint64_t)header->record_count * PROA_ENTRY_SIZE;

    if (header->slot_count == 0)
        return PROA_OK;
    if (header->slots % PROA_HOST_PAGE != 0 ||
        !is_inside(reader->size, header->slots, slots_size(header)))
        return broken(err, "slots outside the file");
    if (!is_apart(header, header->text_offset, header->text_size) ||
        !is_apart(header, meta, sizeof *header))
        return broken(err, "slots in the place of other things");
    if (header->entries > header->text_size ||
        entries_size > header->text_size - header->entries)
        return broken(err, "entries outside the text");
    return PROA_OK;
}

static enum proa_status open_tables(struct proa_reader *reader,
                                    struct proa_error *err)
{
    for (int i = 0; i < PROA_META_TABLE_COUNT; i++) {
        struct proa_meta_span span = reader->header.tables[i];
        if (span.count > record_limits[i].count_max || span.offset % 8 != 0 ||
            !is_inside(reader->size, span.offset,
                       span.count * record_limits[i].size))
            return broken(err, "a table lies outside the file");
        if (!is_apart(&reader->header, span.offset,
                      span.count * record_limits[i].size))
            return broken(err, "slots in the place of a table");
        reader->tables[i] = reader->base + span.offset;
        reader->counts[i] = (uint32_t)span.count;
    }
    uint32_t string_size = reader->counts[PROA_META_STRINGS];
    if (string_size == 0 ||
        reader->tables[PROA_META_STRINGS][string_size - 1] != 0)
        return broken(err, "strings without an end");
    return PROA_OK;
}

static enum proa_status read_header(struct proa_reader *reader,
                                    struct proa_error *err)
{
    const struct proa_meta_header *header = &reader->header;

    if (memcmp(header->magic, "proameta", sizeof header->magic) != 0)
        return broken(err, "metadata of another kind");
    if (header->abi_version != PROA_ABI_VERSION)
        return proa_fail(err, PROA_INCOMPATIBLE, 0,
                         "the artifact is for engine ABI %u, this is %u: "
                         "compile the module again",
                         header->abi_version, (unsigned)PROA_ABI_VERSION);
    if (header->arch != PROA_ARCH_X86_64 && header->arch != PROA_ARCH_AARCH64)
        return broken(err, "unknown machine");
    if (header->text_offset % PROA_HOST_PAGE != 0 ||
        header->text_size > UINT32_MAX ||
        !is_inside(reader->size, header->text_offset, header->text_size))
        return broken(err, "text outside the file");
    if (header->init >= header->text_size)
        return broken(err, "init outside the text");
    return PROA_OK;
}

static bool is_string(const struct proa_reader *reader, uint32_t at)
{
    return at < reader->counts[PROA_META_STRINGS];
}

static enum proa_status read_strings(struct proa_reader *reader,
                                     struct proa_artifact *artifact,
                                     struct proa_error *err)
{
    const struct proa_meta_header *header = &reader->header;
    const char *strings = (const char *)reader->tables[PROA_META_STRINGS];

    if (!is_string(reader, header->cpu_features) ||
        !is_string(reader, header->producer) ||
        !is_string(reader, header->name))
        return broken(err, "a string outside the strings");
    artifact->strings = strings;
    artifact->cpu_features = strings + header->cpu_features;
    artifact->producer = strings + header->producer;
    artifact->name = strings + header->name;
    return PROA_OK;
}

static enum proa_status read_all(struct proa_reader *reader, uint64_t meta,
                                 struct proa_artifact *artifact,
                                 struct proa_error *err)
{
    enum proa_status status = read_header(reader, err);

    if (status == PROA_OK)
        status = check_slots(reader, meta, err);
    if (status == PROA_OK)
        status = open_tables(reader, err);
    if (status == PROA_OK)
        status = read_strings(reader, artifact, err);
    if (status == PROA_OK)
        status = proa_read_types(reader, artifact, err);
    if (status == PROA_OK)
        status = proa_read_spaces(reader, artifact, err);
    if (status == PROA_OK)
        status = proa_read_functions(reader, artifact, err);
    if (status == PROA_OK)
        status = proa_read_imports(reader, artifact, err);
    if (status == PROA_OK)
        status = proa_read_exports(reader, artifact, err);
    if (status == PROA_OK)
        status = proa_read_segments(reader, artifact, err);
    return status;
}

static void make_layout(const struct proa_reader *reader,
                        struct proa_artifact *artifact)
{
    struct proa_layout_counts counts = {
        .imported_functions = artifact->imported_function_count,
        .memories = artifact->memory_count,
        .tables = artifact->table_count,
        .imported_globals = artifact->imported_global_count,
        .globals = artifact->global_count - artifact->imported_global_count,
        .funcs = reader->header.record_count,
    };
    artifact->layout = proa_layout_make(&counts);
}

enum proa_status proa_artifact_read(const uint8_t *base, uint64_t size,
                                    struct proa_artifact *artifact,
                                    struct proa_error *err)
{
    struct proa_reader reader = { .base = base, .size = size };
    struct proa_artifact found = { .base = base, .size = size };
    uint64_t meta;

    enum proa_status status = find_meta(base, size, &meta, err);
    if (status != PROA_OK)
        return status;
    memcpy(&reader.header, base + meta, sizeof reader.header);
    reader.arena = proa_arena_create((size_t)1 << 30);
    if (reader.arena == NULL)
        return proa_fail(err, PROA_NOMEM, 0, "no memory for an artifact");
    status = read_all(&reader, meta, &found, err);
    if (status != PROA_OK) {
        proa_arena_destroy(reader.arena);
        return status;
    }
    found.arena = reader.arena;
    found.arch = (enum proa_arch)reader.header.arch;
    found.module_sha256 =
        base + meta + offsetof(struct proa_meta_header, module_sha256);
    found.text_offset = reader.header.text_offset;
    found.text_size = reader.header.text_size;
    found.init = reader.header.init;
    found.record_count = reader.header.record_count;
    found.slots_offset = reader.header.slots;
    found.slot_count = reader.header.slot_count;
    found.entries = reader.header.entries;
    found.counts_fuel = (reader.header.flags & PROA_META_COUNTS_FUEL) != 0;
    make_layout(&reader, &found);
    *artifact = found;
    return PROA_OK;
}

void proa_artifact_deinit(struct proa_artifact *artifact)
{
    proa_arena_destroy(artifact->arena);
    *artifact = (struct proa_artifact){ 0 };
}

static bool is_between(uint64_t offset, uint64_t low, uint64_t high)
{
    return offset > low && offset <= high;
}

/*
 * The function whose tail form begins last before the offset, if no other code
 * begins between. How long a tail form is the file does not say; few modules
 * have any, and only backtraces ask.
 */
static uint32_t find_tail(const struct proa_artifact *artifact,
                          uint64_t text_offset)
{
    uint32_t found = PROA_ARTIFACT_NONE;
    uint64_t tail = 0;

    for (uint32_t i = 0; i < artifact->function_count; i++) {
        const struct proa_artifact_function *at = &artifact->functions[i];

        if (at->tail <= text_offset && at->tail >= tail) {
            found = i;
            tail = at->tail;
        }
    }
    if (found == PROA_ARTIFACT_NONE ||
        is_between(artifact->init, tail, text_offset))
        return PROA_ARTIFACT_NONE;
    for (uint32_t i = 0; i < artifact->function_count; i++)
        if (is_between(artifact->functions[i].code, tail, text_offset))
            return PROA_ARTIFACT_NONE;
    for (uint32_t i = 0; i < artifact->type_count; i++)
        if (is_between(artifact->types[i].trampoline, tail, text_offset))
            return PROA_ARTIFACT_NONE;
    return found;
}

uint32_t proa_artifact_find_function(const struct proa_artifact *artifact,
                                     uint64_t text_offset, bool *is_tail)
{
    uint32_t low = 0;
    uint32_t high =
        artifact->function_count - artifact->imported_function_count;

    /* The last function that begins at or before the offset. */
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        uint32_t index = artifact->functions_by_code[middle];
        if (artifact->functions[index].code <= text_offset)
            low = middle + 1;
        else
            high = middle;
    }
    *is_tail = false;
    if (low > 0) {
        uint32_t index = artifact->functions_by_code[low - 1];
        const struct proa_artifact_function *function =
            &artifact->functions[index];

        if (text_offset - function->code < function->code_size)
            return index;
    }
    *is_tail = true;
    return find_tail(artifact, text_offset);
}
