/*
 * A proa that cannot sign, as the small runtime: in the place of usage_sign.c.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/fail.h"
#include "cli/usage_sign.h"

enum proa_status proa_usage_sign(const char *key_path, const char *text,
                                 uint8_t signature[PROA_USAGE_SIGNATURE_SIZE],
                                 struct proa_error *err)
{
    (void)text;
    (void)signature;
    return proa_fail(err, PROA_USAGE, 0,
                     "%.200s: this proa was built without signing; leave the "
                     "key out",
                     key_path);
}
