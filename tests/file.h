/*
 * A whole file in memory, for the programs of the suites.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_TESTS_FILE_H
#define PROA_TESTS_FILE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* NULL when it cannot be read; else the caller frees it. */
static inline uint8_t *file_read(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    uint8_t *bytes = NULL;
    long end;

    if (file == NULL)
        return NULL;
    if (fseek(file, 0, SEEK_END) == 0 && (end = ftell(file)) >= 0 &&
        fseek(file, 0, SEEK_SET) == 0) {
        *size = (size_t)end;
        bytes = malloc(*size + 1);
        if (bytes != NULL && fread(bytes, 1, *size, file) != *size) {
            free(bytes);
            bytes = NULL;
        }
    }
    fclose(file);
    return bytes;
}

#endif
