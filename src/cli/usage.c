/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/usage.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/fail.h"
#include "base/sha256.h"
#include "cli/usage_sign.h"
#include "runtime/module.h"

enum { PATH_SIZE = 4096 };

/* Of the file: what is mapped was written to. */
static enum proa_status artifact_hash(const struct proa_module *module,
                                      char *text, struct proa_error *err)
{
    uint8_t digest[PROA_SHA256_SIZE];
    void *bytes =
        mmap(NULL, module->size, PROT_READ, MAP_PRIVATE, module->fd, 0);

    if (bytes == MAP_FAILED)
        return proa_fail(err, PROA_IO, 0, "cannot read the artifact: %s",
                         strerror(errno));
    enum proa_status status = proa_sha256(bytes, module->size, digest, err);
    (void)munmap(bytes, module->size);
    if (status == PROA_OK)
        proa_hex(digest, sizeof digest, text);
    return status;
}

static json_t *record_json(const struct proa_usage_record *record,
                           const char *artifact)
{
    const struct proa_usage *usage = record->usage;
    char module[2 * PROA_SHA256_SIZE + 1];
    json_t *root;

    proa_hex(record->module->artifact.module_sha256, PROA_SHA256_SIZE, module);
    root = json_pack("{s:i, s:s, s:s, s:s, s:i, s:s*}", "version", 1,
                     "module_sha256", module, "artifact_sha256", artifact,
                     "outcome", proa_status_name(record->status), "exit_code",
                     record->exit_code, "trap", record->trap);
    if (root == NULL)
        return NULL;
    if (record->module->artifact.counts_fuel)
        (void)json_object_set_new(root, "fuel",
                                  json_integer((json_int_t)usage->fuel));
    json_t *more = json_pack("{s:I, s:I, s:I, s:I, s:I}", "memory_bytes",
                             (json_int_t)usage->memory_bytes, "bytes_in",
                             (json_int_t)usage->bytes_in, "bytes_out",
                             (json_int_t)usage->bytes_out, "cpu_ns",
                             (json_int_t)usage->cpu_ns, "wall_ns",
                             (json_int_t)usage->wall_ns);
    (void)json_object_update(root, more);
    json_decref(more);
    return root;
}

static enum proa_status record_text(const struct proa_usage_record *record,
                                    char **text, struct proa_error *err)
{
    char artifact[2 * PROA_SHA256_SIZE + 1];
    enum proa_status status = artifact_hash(record->module, artifact, err);
    char *line = NULL;
    json_t *root;

    if (status != PROA_OK)
        return status;
    root = record_json(record, artifact);
    if (root != NULL)
        line = json_dumps(root, JSON_COMPACT);
    json_decref(root);
    if (line == NULL || asprintf(text, "%s\n", line) < 0)
        status = proa_fail(err, PROA_NOMEM, 0, "out of memory");
    free(line);
    return status;
}

static enum proa_status file_write(const char *path, const void *bytes,
                                   size_t size, struct proa_error *err)
{
    bool is_stderr = strcmp(path, "-") == 0;
    FILE *out = is_stderr ? stderr : fopen(path, "we");
    bool is_good;

    if (out == NULL)
        return proa_fail(err, PROA_IO, 0, "%.200s: %s", path, strerror(errno));
    is_good = fwrite(bytes, 1, size, out) == size;
    is_good = (is_stderr ? fflush(out) : fclose(out)) == 0 && is_good;
    if (!is_good)
        return proa_fail(err, PROA_IO, 0, "%.200s: %s", path, strerror(errno));
    return PROA_OK;
}

static enum proa_status text_write(const struct proa_usage_record *record,
                                   const char *text, struct proa_error *err)
{
    uint8_t signature[PROA_USAGE_SIGNATURE_SIZE];
    char path[PATH_SIZE];
    enum proa_status status = PROA_OK;

    if (record->key == NULL)
        return file_write(record->path, text, strlen(text), err);
    if (snprintf(path, sizeof path, "%s.sig", record->path) >= PATH_SIZE)
        return proa_fail(err, PROA_USAGE, 0, "the record's name is too long");
    status = proa_usage_sign(record->key, text, signature, err);
    if (status == PROA_OK)
        status = file_write(record->path, text, strlen(text), err);
    if (status == PROA_OK)
        status = file_write(path, signature, sizeof signature, err);
    return status;
}

enum proa_status proa_usage_write(const struct proa_usage_record *record,
                                  struct proa_error *err)
{
    char *text = NULL;
    enum proa_status status = record_text(record, &text, err);

    if (status != PROA_OK)
        return status;
    status = text_write(record, text, err);
    free(text);
    return status;
}
