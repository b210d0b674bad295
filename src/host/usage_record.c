/* SPDX-License-Identifier: Apache-2.0 */
#include "host/usage_record.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "base/fail.h"
#include "base/json_text.h"
#include "runtime/module.h"

enum proa_status proa_usage_artifact(const struct proa_module *module,
                                     char hash[PROA_USAGE_HASH_SIZE],
                                     struct proa_error *err)
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
        proa_hex(digest, sizeof digest, hash);
    return status;
}

static void add_text(struct proa_buffer *out, const char *name,
                     const char *text)
{
    (void)proa_buffer_printf(out, ",\"%s\":", name);
    proa_json_text(out, text, strlen(text));
}

static void add_number(struct proa_buffer *out, const char *name,
                       uint64_t value)
{
    (void)proa_buffer_printf(out, ",\"%s\":%llu", name,
                             (unsigned long long)value);
}

void proa_usage_record_write(const struct proa_usage_record *record,
                             struct proa_buffer *out)
{
    const struct proa_usage_request *request = record->request;
    const struct proa_usage *usage = record->usage;
    char module[PROA_USAGE_HASH_SIZE];

    proa_hex(record->module->artifact.module_sha256, PROA_SHA256_SIZE, module);
    (void)proa_buffer_printf(out, "{\"version\":1");
    if (request != NULL) {
        add_text(out, "time", request->time);
        add_text(out, "function", request->function);
        add_text(out, "trace_id", request->trace_id);
        add_number(out, "status", request->status);
    }
    add_text(out, "module_sha256", module);
    add_text(out, "artifact_sha256", record->artifact);
    add_text(out, "outcome", proa_status_name(record->status));
    (void)proa_buffer_printf(out, ",\"exit_code\":%d", record->exit_code);
    if (record->trap != NULL)
        add_text(out, "trap", record->trap);
    if (record->module->artifact.counts_fuel)
        add_number(out, "fuel", usage->fuel);
    add_number(out, "memory_bytes", usage->memory_bytes);
    add_number(out, "bytes_in", usage->bytes_in);
    add_number(out, "bytes_out", usage->bytes_out);
    add_number(out, "cpu_ns", usage->cpu_ns);
    add_number(out, "wall_ns", usage->wall_ns);
}
