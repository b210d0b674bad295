/*
 * An artifact as text.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "cli/artifact.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/sha256.h"

static const char *arch_name(enum proa_arch arch)
{
    return arch == PROA_ARCH_AARCH64 ? "aarch64" : "x86_64";
}

/* Who made it says so; with slots, what baseline code did not make is a part.
 */
static const char *tier_name(const struct proa_artifact *artifact)
{
    if (strstr(artifact->producer, " baseline") != NULL)
        return "baseline";
    return artifact->slot_count == 0 ? "optimized" : "part";
}

/* Own functions that it has code of. */
static uint32_t compiled_count(const struct proa_artifact *artifact)
{
    uint32_t count = 0;

    for (uint32_t i = artifact->imported_function_count;
         i < artifact->function_count; i++)
        count += artifact->functions[i].code_size != 0;
    return count;
}

static uint64_t image_size(const struct proa_artifact *artifact)
{
    uint64_t size = 0;

    for (uint32_t i = 0; i < artifact->image_count; i++)
        size += artifact->images[i].size;
    return size;
}

/* A name is a guest's: no control character of it reaches a terminal. */
static void put_name(FILE *out, const char *name)
{
    for (; *name != '\0'; name++)
        (void)fputc((unsigned char)*name < 0x20 || *name == 0x7f ? '?' : *name,
                    out);
}

static void put_types(FILE *out, const char *keyword,
                      const enum proa_valtype *types, uint32_t count)
{
    if (count == 0)
        return;
    (void)fprintf(out, " (%s", keyword);
    for (uint32_t i = 0; i < count; i++)
        (void)fprintf(out, " %s", proa_valtype_name(types[i]));
    (void)fputc(')', out);
}

static void put_limits(FILE *out, const struct proa_limits *limits)
{
    (void)fprintf(out, "%s %llu", limits->is_64 ? " i64" : "",
                  (unsigned long long)limits->min);
    if (limits->max != UINT64_MAX)
        (void)fprintf(out, " %llu", (unsigned long long)limits->max);
}

/* " (func (param i32))": the same for imports and exports. */
static void put_type(FILE *out, const struct proa_exporttype *type)
{
    (void)fprintf(out, " (%s", proa_kind_name(type->kind));
    switch (type->kind) {
    case PROA_KIND_FUNC:
        put_types(out, "param", type->type.func.params,
                  type->type.func.param_count);
        put_types(out, "result", type->type.func.results,
                  type->type.func.result_count);
        break;
    case PROA_KIND_TABLE:
        put_limits(out, &type->type.table.limits);
        (void)fprintf(out, " %s", proa_valtype_name(type->type.table.element));
        break;
    case PROA_KIND_MEMORY:
        put_limits(out, &type->type.memory.limits);
        break;
    case PROA_KIND_GLOBAL:
        (void)fprintf(out, type->type.global.is_mutable ? " (mut %s)" : " %s",
                      proa_valtype_name(type->type.global.type));
        break;
    }
    (void)fputc(')', out);
}

static struct proa_exporttype import_type(const struct proa_importtype *import)
{
    struct proa_exporttype type = { .name = import->name,
                                    .kind = import->kind };

    switch (import->kind) {
    case PROA_KIND_FUNC:
        type.type.func = import->type.func;
        break;
    case PROA_KIND_TABLE:
        type.type.table = import->type.table;
        break;
    case PROA_KIND_MEMORY:
        type.type.memory = import->type.memory;
        break;
    case PROA_KIND_GLOBAL:
        type.type.global = import->type.global;
        break;
    }
    return type;
}

static void put_externs(const struct proa_artifact *artifact, FILE *out)
{
    (void)fprintf(out, "imports: %u\n", artifact->import_count);
    for (uint32_t i = 0; i < artifact->import_count; i++) {
        struct proa_exporttype type = import_type(&artifact->imports[i]);

        (void)fputs("  ", out);
        put_name(out, artifact->imports[i].module);
        (void)fputc('.', out);
        put_name(out, type.name);
        put_type(out, &type);
        (void)fputc('\n', out);
    }
    (void)fprintf(out, "exports: %u\n", artifact->export_count);
    for (uint32_t i = 0; i < artifact->export_count; i++) {
        (void)fputs("  ", out);
        put_name(out, artifact->exports[i].name);
        put_type(out, &artifact->exports[i]);
        (void)fputc('\n', out);
    }
}

void proa_artifact_print(const struct proa_artifact *artifact, FILE *out)
{
    char digest[2 * PROA_SHA256_SIZE + 1];

    proa_hex(artifact->module_sha256, PROA_SHA256_SIZE, digest);
    (void)fputs("kind: artifact\nname: ", out);
    put_name(out, artifact->name);
    (void)fputs("\nproducer: ", out);
    put_name(out, artifact->producer);
    (void)fprintf(out, "\ntier: %s", tier_name(artifact));
    if (strcmp(tier_name(artifact), "part") == 0)
        (void)fprintf(out, " of the optimized one: %u functions",
                      compiled_count(artifact));
    (void)fprintf(
        out, "\nmachine: %s\nprocessor features: ", arch_name(artifact->arch));
    put_name(out, artifact->cpu_features);
    (void)fprintf(out, "\nmodule sha256: %s\n", digest);
    (void)fprintf(out,
                  "bytes: %llu in the file, %llu of code, %llu of memory "
                  "image\n",
                  (unsigned long long)artifact->size,
                  (unsigned long long)artifact->text_size,
                  (unsigned long long)image_size(artifact));
    (void)fprintf(out,
                  "functions: %u of its own, %u imported; tables: %u; "
                  "memories: %u; globals: %u\n",
                  artifact->function_count - artifact->imported_function_count,
                  artifact->imported_function_count, artifact->table_count,
                  artifact->memory_count, artifact->global_count);
    put_externs(artifact, out);
}

/* The type as the text form has it: one string, read by people and programs. */
static json_t *type_json(const struct proa_exporttype *type)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    json_t *made;

    if (out == NULL)
        return NULL;
    put_type(out, type);
    (void)fclose(out);
    made = json_string(text != NULL ? text + 1 : ""); /* past the space */
    free(text);
    return made;
}

static json_t *json_imports(const struct proa_artifact *artifact)
{
    json_t *list = json_array();

    for (uint32_t i = 0; list != NULL && i < artifact->import_count; i++) {
        struct proa_exporttype type = import_type(&artifact->imports[i]);

        (void)json_array_append_new(list, json_pack("{s:s, s:s, s:o}", "module",
                                                    artifact->imports[i].module,
                                                    "name", type.name, "type",
                                                    type_json(&type)));
    }
    return list;
}

static json_t *json_exports(const struct proa_artifact *artifact)
{
    json_t *list = json_array();

    for (uint32_t i = 0; list != NULL && i < artifact->export_count; i++)
        (void)json_array_append_new(
            list, json_pack("{s:s, s:o}", "name", artifact->exports[i].name,
                            "type", type_json(&artifact->exports[i])));
    return list;
}

enum proa_status proa_artifact_print_json(const struct proa_artifact *artifact,
                                          FILE *out, struct proa_error *err)
{
    char digest[2 * PROA_SHA256_SIZE + 1];
    json_t *root;

    proa_hex(artifact->module_sha256, PROA_SHA256_SIZE, digest);
    root = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, "
        "s:o, s:o}",
        "kind", "artifact", "name", artifact->name, "producer",
        artifact->producer, "tier", tier_name(artifact), "machine",
        arch_name(artifact->arch), "processor_features", artifact->cpu_features,
        "module_sha256", digest, "file_bytes", (json_int_t)artifact->size,
        "code_bytes", (json_int_t)artifact->text_size, "image_bytes",
        (json_int_t)image_size(artifact), "functions",
        (json_int_t)(artifact->function_count -
                     artifact->imported_function_count),
        "compiled_functions", (json_int_t)compiled_count(artifact),
        "imported_functions", (json_int_t)artifact->imported_function_count,
        "imports", json_imports(artifact), "exports", json_exports(artifact));
    if (root == NULL)
        return proa_fail(err, PROA_NOMEM, 0, "out of memory");
    (void)json_dumpf(root, out, JSON_INDENT(2) | JSON_REAL_PRECISION(17));
    (void)fputc('\n', out);
    json_decref(root);
    return PROA_OK;
}
