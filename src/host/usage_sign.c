/*
 * The signature is Ed25519's of the record's bytes, as `openssl pkeyutl
 * -verify -rawin` takes it.
 * https://www.rfc-editor.org/rfc/rfc8032
 * SPDX-License-Identifier: Apache-2.0
 */
#include "host/usage_sign.h"

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/fail.h"

/* It is an EVP_PKEY under another name. */

enum proa_status proa_usage_key_read(const char *path,
                                     struct proa_usage_key **key,
                                     struct proa_error *err)
{
    FILE *in = fopen(path, "re");
    EVP_PKEY *read;

    if (in == NULL)
        return proa_fail(err, PROA_IO, 0, "%.200s: %s", path, strerror(errno));
    read = PEM_read_PrivateKey(in, NULL, NULL, NULL);
    (void)fclose(in);
    if (read == NULL || EVP_PKEY_get_id(read) != EVP_PKEY_ED25519) {
        EVP_PKEY_free(read);
        return proa_fail(err, PROA_USAGE, 0,
                         "%.200s holds no private Ed25519 key in PEM form",
                         path);
    }
    *key = (struct proa_usage_key *)read;
    return PROA_OK;
}

void proa_usage_key_destroy(struct proa_usage_key *key)
{
    EVP_PKEY_free((EVP_PKEY *)key);
}

enum proa_status proa_usage_sign(const struct proa_usage_key *key,
                                 const void *bytes, size_t size,
                                 uint8_t signature[PROA_USAGE_SIGNATURE_SIZE],
                                 struct proa_error *err)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY *own = (EVP_PKEY *)key;
    size_t signature_size = PROA_USAGE_SIGNATURE_SIZE;
    bool is_good =
        context != NULL &&
        EVP_DigestSignInit(context, NULL, NULL, NULL, own) == 1 &&
        EVP_DigestSign(context, signature, &signature_size, bytes, size) == 1 &&
        signature_size == PROA_USAGE_SIGNATURE_SIZE;

    EVP_MD_CTX_free(context);
    return is_good ? PROA_OK
                   : proa_fail(err, PROA_NOMEM, 0, "OpenSSL cannot sign");
}
