/*
 * A YAML document as a tree of nodes, each of which knows where it stands, and
 * a list of what is wrong with it.
 * https://yaml.org/spec/1.1/
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_SERVE_CONFIG_TREE_H
#define PROA_SERVE_CONFIG_TREE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

enum {
    PROA_CONFIG_BYTES_MAX = 1 << 20,
    PROA_CONFIG_DEPTH_MAX = 16,
    PROA_CONFIG_NODES_MAX = 100000,
    PROA_CONFIG_ENTRIES_MAX = 10000, /* of one list or map */
    PROA_CONFIG_ALIASES_MAX = 1000,
    PROA_CONFIG_VARIABLES_MAX = 1000, /* of one environment */
    PROA_CONFIG_FAULTS_MAX = 50,      /* more are only counted */
};

/* Both from 1; 0: of the file as a whole. */
struct proa_config_place {
    uint32_t line;
    uint32_t column;
};

enum proa_config_kind {
    PROA_CONFIG_SCALAR,
    PROA_CONFIG_LIST,
    PROA_CONFIG_MAP,
};

struct proa_config_entry;

struct proa_config_node {
    enum proa_config_kind kind;
    struct proa_config_place place;
    const char *text;                /* of a scalar: terminated, no NUL in it */
    bool is_plain;                   /* a scalar without quotes */
    struct proa_config_entry *first; /* of a list or map */
};

struct proa_config_entry {
    struct proa_config_entry *next;
    const struct proa_config_node *key; /* a scalar; NULL in a list */
    const struct proa_config_node *value;
};

struct proa_config_fault {
    struct proa_config_place place;
    char text[320];
};

/* Start from `{ .arena = ... }`. */
struct proa_config_faults {
    struct proa_arena *arena; /* borrowed */
    struct proa_config_fault *items;
    uint32_t count;    /* that are told */
    uint32_t more;     /* that are not */
    bool is_exhausted; /* memory was missing */
};

/* Add what is wrong at a place: one line, with what to write instead. */
void proa_config_blame(struct proa_config_faults *faults,
                       struct proa_config_place place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Whether something was told of just this place. */
bool proa_config_is_blamed(const struct proa_config_faults *faults,
                           struct proa_config_place place);

/* In the order of the file. */
void proa_config_faults_sort(struct proa_config_faults *faults);

/*
 * Read a document. An alias stands for its anchor's node itself: such nodes
 * have more than one parent, but never themselves below.
 *
 * @param faults gets what is wrong; the arena is also the tree's
 * @return the root; NULL when something is wrong
 * Trust: the bytes may be anything.
 */
const struct proa_config_node *
proa_config_tree_read(const char *bytes, size_t size,
                      struct proa_config_faults *faults);

/*
 * The word of a list, apart by spaces, that `text` was perhaps meant to be.
 * False when none is near.
 */
bool proa_config_guess(const char *words, const char *text, char *word,
                       size_t word_size);

#endif
