/*
 * How the settings of a map are read: by tables of keys.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_SERVE_CONFIG_READ_H
#define PROA_SERVE_CONFIG_READ_H

#include "serve/config.h"

enum proa_config_value {
    PROA_CONFIG_TEXT,     /* const char * */
    PROA_CONFIG_PATH,     /* const char *, made relative to the file's folder */
    PROA_CONFIG_ADDRESS,  /* const char * */
    PROA_CONFIG_BYTES,    /* uint64_t */
    PROA_CONFIG_DURATION, /* uint64_t ns */
    PROA_CONFIG_AMOUNT,   /* uint64_t, from 1 */
    PROA_CONFIG_COUNT,    /* uint32_t, from 1 */
    PROA_CONFIG_WAITING,  /* uint32_t; 0 becomes PROA_ADMISSION_NONE */
    PROA_CONFIG_RATE,     /* a struct proa_admission_limits: "100/s" */
    PROA_CONFIG_FLAG,     /* bool */
    PROA_CONFIG_UNFLAG,   /* bool: true is false */
    PROA_CONFIG_CHOICE,   /* uint32_t: the index in `words`, and 1 */
    PROA_CONFIG_LISTED,   /* struct proa_config_texts: a text or a list */
    PROA_CONFIG_PATHS,    /* the same of paths, as PROA_CONFIG_PATH */
    PROA_CONFIG_NODE,     /* const struct proa_config_node *: read elsewhere */
    PROA_CONFIG_SECTION,  /* a map of its own, by `table` */
};

struct proa_config_table;

struct proa_config_key {
    const char *name;
    enum proa_config_value value;
    size_t place; /* in the struct that is filled; 0 for a section: its keys
                     have places there too */
    const char *words;                     /* of a choice */
    const struct proa_config_table *table; /* of a section */
};

struct proa_config_table {
    const char *title; /* "the configuration", "a function" */
    const struct proa_config_key *keys;
    uint32_t count;
};

struct proa_config_reader {
    struct proa_config_faults *faults;
    struct proa_arena *arena;
    const char *folder;
    uint32_t visit_count; /* of values: aliases may show one many times */
};

/* Settings that a function has, and those that `defaults` may have. */
extern const struct proa_config_table proa_config_function_table;
extern const struct proa_config_table proa_config_defaults_table;
/* The whole file. */
extern const struct proa_config_table proa_config_file_table;

/* What the tables above fill. */
struct proa_config_function_draft {
    struct proa_function_settings settings;
    uint32_t abi; /* the word's index and 1 */
    struct proa_config_texts args;
    const struct proa_config_node *env;
    const struct proa_config_node *dirs;
};

struct proa_config_file_draft {
    struct proa_config config;
    const struct proa_config_node *defaults;
    const struct proa_config_node *routes;
};

/* Fill what `out` points to from a map. What is wrong goes to the faults. */
void proa_config_fill(struct proa_config_reader *reader,
                      const struct proa_config_node *map,
                      const struct proa_config_table *table, void *out);

/* One value. Nothing is written when it is none of its kind. */
void proa_config_value_read(struct proa_config_reader *reader,
                            const struct proa_config_key *key,
                            const struct proa_config_node *node, void *out);

/* False, and told once, when the file means more than a limit. */
bool proa_config_visit(struct proa_config_reader *reader,
                       const struct proa_config_node *node);

/* NULL, and told that `wanted` is wanted, when it is no text or an empty one.
 */
const char *proa_config_text(struct proa_config_reader *reader,
                             const char *name,
                             const struct proa_config_node *node,
                             const char *wanted);

/* The path from the file's folder; NULL when there is no memory. */
const char *proa_config_path(struct proa_config_reader *reader,
                             const char *text);

#endif
