/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/usage.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "host/usage_sign.h"

enum { PATH_SIZE = 4096, RECORD_BYTES_MAX = 1 << 16 };

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

static enum proa_status sign(const char *key_path, const void *bytes,
                             size_t size,
                             uint8_t signature[PROA_USAGE_SIGNATURE_SIZE],
                             struct proa_error *err)
{
    struct proa_usage_key *key = NULL;
    enum proa_status status = proa_usage_key_read(key_path, &key, err);

    if (status == PROA_OK)
        status = proa_usage_sign(key, bytes, size, signature, err);
    proa_usage_key_destroy(key);
    return status;
}

static enum proa_status line_write(const char *path, const char *key,
                                   const struct proa_buffer *line,
                                   struct proa_error *err)
{
    uint8_t signature[PROA_USAGE_SIGNATURE_SIZE];
    char signature_path[PATH_SIZE];
    enum proa_status status = PROA_OK;

    if (line->is_full)
        return proa_fail(err, PROA_NOMEM, 0, "out of memory");
    if (key == NULL)
        return file_write(path, line->bytes, line->size, err);
    if (snprintf(signature_path, PATH_SIZE, "%s.sig", path) >= PATH_SIZE)
        return proa_fail(err, PROA_USAGE, 0, "the record's name is too long");
    status = sign(key, line->bytes, line->size, signature, err);
    if (status == PROA_OK)
        status = file_write(path, line->bytes, line->size, err);
    if (status == PROA_OK)
        status = file_write(signature_path, signature, sizeof signature, err);
    return status;
}

enum proa_status proa_usage_write(const char *path, const char *key,
                                  const struct proa_usage_record *record,
                                  struct proa_error *err)
{
    char artifact[PROA_USAGE_HASH_SIZE];
    struct proa_usage_record whole = *record;
    struct proa_buffer line;
    enum proa_status status =
        proa_usage_artifact(record->module, artifact, err);

    if (status != PROA_OK)
        return status;
    whole.artifact = artifact;
    proa_buffer_init(&line, RECORD_BYTES_MAX);
    proa_usage_record_write(&whole, &line);
    (void)proa_buffer_append(&line, "}\n", 2);
    status = line_write(path, key, &line, err);
    proa_buffer_deinit(&line);
    return status;
}
