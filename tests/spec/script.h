/*
 * One script of the suite: its commands, run in order in one store.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_TESTS_SPEC_SCRIPT_H
#define PROA_TESTS_SPEC_SCRIPT_H

#include <stdbool.h>
#include <stdint.h>

struct tally {
    uint32_t passed;
    uint32_t failed;
    uint32_t skipped; /* modules that need an unbuilt feature, and text */
    uint32_t skipped_text;
};

struct script_options {
    const char *folder; /* holds t.json */
    const char *name;
    const char *needs; /* features some modules may lack; NULL: none */
    bool counts_fuel;  /* with more than any script spends */
    int opt_level;     /* as in struct proa_compile_options, or: */
};

enum { SCRIPT_BASELINE = -1 }; /* the other compiler */

/* Run it; failures and skips are printed, a line each. */
void script_run(const struct script_options *options, struct tally *tally);

#endif
