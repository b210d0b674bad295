/*
 * The signature is Ed25519's of the record's bytes, in a file of its own, as
 * `openssl pkeyutl -verify -rawin` takes it.
 * https://www.rfc-editor.org/rfc/rfc8032
 * SPDX-License-Identifier: Apache-2.0
 */
#include "cli/usage_sign.h"

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/fail.h"

static enum proa_status key_read(const char *path, EVP_PKEY **key,
                                 struct proa_error *err)
{
    FILE *in = fopen(path, "re");

    if (in == NULL)
        return proa_fail(err, PROA_IO, 0, "%.200s: %s", path, strerror(errno));
    *key = PEM_read_PrivateKey(in, NULL, NULL, NULL);
    (void)fclose(in);
    if (*key != NULL && EVP_PKEY_get_id(*key) == EVP_PKEY_ED25519)
        return PROA_OK;
    EVP_PKEY_free(*key);
    return proa_fail(err, PROA_USAGE, 0,
                     "%.200s holds no private Ed25519 key in PEM form", path);
}

static enum proa_status sign(EVP_PKEY *key, const char *text,
                             uint8_t signature[PROA_USAGE_SIGNATURE_SIZE],
                             struct proa_error *err)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    size_t size = PROA_USAGE_SIGNATURE_SIZE;
    bool is_good =
        context != NULL &&
        EVP_DigestSignInit(context, NULL, NULL, NULL, key) == 1 &&
        EVP_DigestSign(context, signature, &size, (const unsigned char *)text,
                       strlen(text)) == 1 &&
        size == PROA_USAGE_SIGNATURE_SIZE;

    EVP_MD_CTX_free(context);
    return is_good ? PROA_OK
                   : proa_fail(err, PROA_NOMEM, 0, "OpenSSL cannot sign");
}

enum proa_status proa_usage_sign(const char *key_path, const char *text,
                                 uint8_t signature[PROA_USAGE_SIGNATURE_SIZE],
                                 struct proa_error *err)
{
    EVP_PKEY *key = NULL;
    enum proa_status status = key_read(key_path, &key, err);

    if (status != PROA_OK)
        return status;
    status = sign(key, text, signature, err);
    EVP_PKEY_free(key);
    return status;
}
