/*
 * Tables and globals.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_RUNTIME_TABLE_H
#define PROA_RUNTIME_TABLE_H

#include "artifact/abi.h"
#include "proa/store.h"

struct proa_table {
    struct proa_store *store;
    struct proa_table *next; /* of the store */
    struct proa_tabletype type;
    void *entries; /* struct proa_table_entry, or void * for externref */
    uint64_t count;
    uint64_t count_max; /* elements; growth ends here */
    uint64_t row_size;
    uint64_t reservation_size; /* 0: the entries are in the store's arena */
    uint64_t committed_size;
};

struct proa_global {
    struct proa_store *store;
    struct proa_globaltype type;
    union proa_value *value; /* in a context, or in the store's arena */
};

/* The reference in a row, and a reference put into `count` rows: inside. */
void *proa_table_reference(const struct proa_table *table, uint64_t index);
void proa_table_set(struct proa_table *table, uint64_t index, uint64_t count,
                    void *reference);

/* Old size, or UINT64_MAX when it cannot grow by that. */
uint64_t proa_table_grow(struct proa_table *table, void *reference,
                         uint64_t count);

void proa_table_release_all(struct proa_table *tables);

#endif
