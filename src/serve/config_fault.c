/*
 * What is wrong with a configuration.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "serve/config_tree.h"

enum { WORD_SIZE_MAX = 32 };

void proa_config_blame(struct proa_config_faults *faults,
                       struct proa_config_place place, const char *format, ...)
{
    va_list args;

    if (faults->items == NULL)
        faults->items = proa_arena_array(faults->arena, PROA_CONFIG_FAULTS_MAX,
                                         sizeof faults->items[0]);
    if (faults->items == NULL) {
        faults->is_exhausted = true;
        faults->more++;
        return;
    }
    if (faults->count == PROA_CONFIG_FAULTS_MAX) {
        faults->more++;
        return;
    }
    struct proa_config_fault *fault = &faults->items[faults->count++];
    fault->place = place;
    va_start(args, format);
    (void)vsnprintf(fault->text, sizeof fault->text, format, args);
    va_end(args);
    /* What came from the file may hold anything; a line is a line. */
    for (char *c = fault->text; *c != '\0'; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = '?';
}

bool proa_config_is_blamed(const struct proa_config_faults *faults,
                           struct proa_config_place place)
{
    for (uint32_t i = 0; i < faults->count; i++)
        if (faults->items[i].place.line == place.line &&
            faults->items[i].place.column == place.column)
            return true;
    return false;
}

static int compare(const void *left, const void *right)
{
    const struct proa_config_fault *a = left, *b = right;

    if (a->place.line != b->place.line)
        return a->place.line < b->place.line ? -1 : 1;
    if (a->place.column != b->place.column)
        return a->place.column < b->place.column ? -1 : 1;
    return strcmp(a->text, b->text);
}

void proa_config_faults_sort(struct proa_config_faults *faults)
{
    if (faults->count > 1)
        qsort(faults->items, faults->count, sizeof faults->items[0], compare);
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

static char folded(char c)
{
    if (c >= 'A' && c <= 'Z')
        return (char)(c + ('a' - 'A'));
    return c == '_' ? '-' : c;
}

/* How many letters are to be put in, taken out, changed or swapped. */
static unsigned distance(const char *a, size_t a_size, const char *b,
                         size_t b_size)
{
    unsigned rows[3][WORD_SIZE_MAX + 1];
    unsigned *above2 = rows[0], *above = rows[1], *row = rows[2];

    for (size_t j = 0; j <= b_size; j++)
        above[j] = (unsigned)j;
    for (size_t i = 1; i <= a_size; i++) {
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= b_size; j++) {
            char x = folded(a[i - 1]), y = folded(b[j - 1]);
            unsigned swap = above[j - 1] + (x != y);
            row[j] = least(swap, least(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && x == folded(b[j - 2]) &&
                y == folded(a[i - 2]))
                row[j] = least(row[j], above2[j - 2] + 1);
        }
        unsigned *oldest = above2;
        above2 = above;
        above = row;
        row = oldest;
    }
    return above[b_size];
}

bool proa_config_guess(const char *words, const char *text, char *word,
                       size_t word_size)
{
    size_t size = strlen(text);
    unsigned best = UINT32_MAX;

    if (size == 0 || size > WORD_SIZE_MAX)
        return false;
    while (*words != '\0') {
        size_t length = strcspn(words, " ");
        if (length > 0 && length <= WORD_SIZE_MAX && length < word_size) {
            unsigned found = distance(text, size, words, length);
            /* A third of the letters may be wrong. */
            if (found < best && found * 3 <= (length > size ? length : size)) {
                best = found;
                (void)snprintf(word, word_size, "%.*s", (int)length, words);
            }
        }
        words += length;
        words += *words == ' ';
    }
    return best != UINT32_MAX;
}
