/*
 * https://csrc.nist.gov/pubs/fips/180-4 test vectors.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/sha256.h"

#include "../check.h"

static const struct {
    const char *text;
    const char *digest;
} cases[] = {
    { "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
    { "abc",
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
};

int main(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t digest[PROA_SHA256_SIZE];
        char text[2 * PROA_SHA256_SIZE + 1];
        struct proa_error err = { 0 };

        CHECK_EQ(
            proa_sha256(cases[i].text, strlen(cases[i].text), digest, &err),
            PROA_OK);
        proa_hex(digest, sizeof digest, text);
        CHECK_EQ(strcmp(text, cases[i].digest), 0);
    }
    return 0;
}
