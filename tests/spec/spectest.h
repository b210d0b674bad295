/*
 * The module `spectest` that scripts of the suite import from.
 * https://github.com/WebAssembly/spec/blob/main/interpreter/host/spectest.ml
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_TESTS_SPEC_SPECTEST_H
#define PROA_TESTS_SPEC_SPECTEST_H

#include "proa/store.h"

enum { SPECTEST_EXPORT_COUNT = 14 };

struct spectest {
    const char *names[SPECTEST_EXPORT_COUNT];
    struct proa_extern externs[SPECTEST_EXPORT_COUNT];
    uint32_t count;
};

PROA_NODISCARD enum proa_status spectest_init(struct spectest *spectest,
                                              struct proa_store *store,
                                              struct proa_error *err);

/* false when it has no such export. */
bool spectest_find(const struct spectest *spectest, const char *name,
                   struct proa_extern *found);

#endif
