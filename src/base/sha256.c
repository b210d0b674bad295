/* SPDX-License-Identifier: Apache-2.0 */
#include "base/sha256.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base/fail.h"

enum proa_status proa_sha256(const void *bytes, size_t size,
                             uint8_t digest[PROA_SHA256_SIZE],
                             struct proa_error *err)
{
    unsigned int digest_size = 0;

    /* No configuration file: it could change nothing here, reading it takes
     * time at every start, and the compiler's sandbox opens no files. */
    (void)OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
    if (EVP_Digest(bytes, size, digest, &digest_size, EVP_sha256(), NULL) !=
            1 ||
        digest_size != PROA_SHA256_SIZE)
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
