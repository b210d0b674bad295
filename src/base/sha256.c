/* SPDX-License-Identifier: Apache-2.0 */
#include "base/sha256.h"

#include <openssl/sha.h>

#include "base/fail.h"

/*
 * The plain functions: the ones that OpenSSL 3 would have instead look for
 * providers at every start, and would make a static program larger by 3 MB.
 */
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

enum proa_status proa_sha256(const void *bytes, size_t size,
                             uint8_t digest[PROA_SHA256_SIZE],
                             struct proa_error *err)
{
    SHA256_CTX state;

    if (SHA256_Init(&state) != 1 || SHA256_Update(&state, bytes, size) != 1 ||
        SHA256_Final(digest, &state) != 1)
        return proa_fail(err, PROA_NOMEM, 0, "SHA-256 is not to be had");
    return PROA_OK;
}

void proa_hex(const uint8_t *bytes, size_t size, char *text)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < size; i++) {
        text[2 * i] = digits[bytes[i] >> 4];
        text[2 * i + 1] = digits[bytes[i] & 15];
    }
    text[2 * size] = '\0';
}
