/*
 * A proa that cannot sign, as the small runtime: in the place of usage_sign.c.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/fail.h"
#include "host/usage_sign.h"

enum proa_status proa_usage_key_read(const char *path,
                                     struct proa_usage_key **key,
                                     struct proa_error *err)
{
    (void)key;
    return proa_fail(err, PROA_USAGE, 0,
                     "%.200s: this proa was built without signing; leave the "
                     "key out",
                     path);
}

void proa_usage_key_destroy(struct proa_usage_key *key)
{
    (void)key;
}

enum proa_status proa_usage_sign(const struct proa_usage_key *key,
                                 const void *bytes, size_t size,
                                 uint8_t signature[PROA_USAGE_SIGNATURE_SIZE],
                                 struct proa_error *err)
{
    (void)key;
    (void)bytes;
    (void)size;
    (void)signature;
    return proa_fail(err, PROA_USAGE, 0, "built without signing");
}
