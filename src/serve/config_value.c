/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/quantity.h"
#include "serve/config_read.h"

enum { VISITS_MAX = 200000, COUNT_MAX = 1000000, WORDS_SIZE = 512 };

/* What to write instead, by kind. */
static const char *const advice[] = {
    [PROA_CONFIG_TEXT] = "a text",
    [PROA_CONFIG_PATH] = "the path of a file or folder",
    [PROA_CONFIG_ADDRESS] = "HOST:PORT, such as 127.0.0.1:9090",
    [PROA_CONFIG_BYTES] = "a size above 0, such as 64M",
    [PROA_CONFIG_DURATION] = "a time above 0, such as 500ms or 30s",
    [PROA_CONFIG_AMOUNT] = "a whole number above 0",
    [PROA_CONFIG_COUNT] = "a whole number from 1 to 1000000",
    [PROA_CONFIG_WAITING] = "a whole number from 0 to 1000000",
    [PROA_CONFIG_RATE] = "how many and per what, such as 100/s, 60/m or 1000/h",
    [PROA_CONFIG_FLAG] = "true or false",
    [PROA_CONFIG_UNFLAG] = "true or false",
    [PROA_CONFIG_CHOICE] = "one of its words",
    [PROA_CONFIG_LISTED] = "a text, or a list of them such as [a, b]",
    [PROA_CONFIG_PATHS] = "a folder, or a list of them such as [a, b]",
    [PROA_CONFIG_NODE] = "a map, one NAME: VALUE a line",
    [PROA_CONFIG_SECTION] = "a map, one NAME: VALUE a line",
};

bool proa_config_visit(struct proa_config_reader *reader,
                       const struct proa_config_node *node)
{
    if (++reader->visit_count <= VISITS_MAX)
        return true;
    if (reader->visit_count == VISITS_MAX + 1)
        proa_config_blame(reader->faults, node->place,
                          "with its aliases the file holds more than %d values",
                          VISITS_MAX);
    return false;
}

static bool is_null(const struct proa_config_node *node)
{
    return node->is_plain &&
           (node->text[0] == '\0' || strcmp(node->text, "~") == 0 ||
            strcmp(node->text, "null") == 0);
}

static void blame_value(struct proa_config_reader *reader, const char *name,
                        const struct proa_config_node *node, const char *wanted)
{
    if (node->kind != PROA_CONFIG_SCALAR)
        proa_config_blame(
            reader->faults, node->place, "'%.64s' is a %s; write %s", name,
            node->kind == PROA_CONFIG_MAP ? "map" : "list", wanted);
    else if (is_null(node))
        proa_config_blame(reader->faults, node->place,
                          "'%.64s' has no value; write %s, or leave it out",
                          name, wanted);
    else
        proa_config_blame(reader->faults, node->place,
                          "'%.64s' is \"%.64s\"; write %s", name, node->text,
                          wanted);
}

const char *proa_config_text(struct proa_config_reader *reader,
                             const char *name,
                             const struct proa_config_node *node,
                             const char *wanted)
{
    if (node->kind == PROA_CONFIG_SCALAR && !is_null(node) &&
        node->text[0] != '\0')
        return node->text;
    blame_value(reader, name, node, wanted);
    return NULL;
}

const char *proa_config_path(struct proa_config_reader *reader,
                             const char *text)
{
    size_t folder_size = reader->folder == NULL ? 0 : strlen(reader->folder);
    size_t size = folder_size + strlen(text) + 2;
    char *path;

    if (folder_size == 0 || text[0] == '/' || !proa_plan_is_file(text))
        return text;
    path = proa_arena_alloc(reader->arena, size);
    if (path == NULL)
        reader->faults->is_exhausted = true;
    else
        (void)snprintf(path, size, "%s/%s", reader->folder, text);
    return path;
}

static bool read_count(const char *text, uint32_t least, uint32_t *count)
{
    char *end = NULL;
    unsigned long value = strtoul(text, &end, 10);

    if (text[0] < '0' || text[0] > '9' || *end != '\0' || value < least ||
        value > COUNT_MAX)
        return false;
    *count = (uint32_t)value;
    return true;
}

static bool read_amount(const char *text, uint64_t *amount)
{
    char *end = NULL;

    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 ||
        value == 0 || value > INT64_MAX)
        return false;
    *amount = value;
    return true;
}

static bool read_waiting(const char *text, uint32_t *count)
{
    uint32_t value;

    if (!read_count(text, 0, &value))
        return false;
    *count = value == 0 ? PROA_ADMISSION_NONE : value;
    return true;
}

static bool read_flag(const struct proa_config_node *node, bool is_turned,
                      bool *flag)
{
    bool is_true = strcmp(node->text, "true") == 0;

    if (!node->is_plain || (!is_true && strcmp(node->text, "false") != 0))
        return false;
    *flag = is_true != is_turned;
    return true;
}

/* "100/s": an interval between two, and as many at once as are in the unit. */
static bool read_rate(const char *text, struct proa_admission_limits *limits)
{
    const char *slash = strchr(text, '/');
    char number[12];
    uint32_t count;
    uint64_t unit_ns;

    if (slash == NULL || slash == text ||
        (size_t)(slash - text) >= sizeof number || strlen(slash) != 2)
        return false;
    (void)snprintf(number, sizeof number, "%.*s", (int)(slash - text), text);
    if (!read_count(number, 1, &count))
        return false;
    if (slash[1] == 's')
        unit_ns = 1000000000;
    else if (slash[1] == 'm')
        unit_ns = 60000000000;
    else if (slash[1] == 'h')
        unit_ns = 3600000000000;
    else
        return false;
    limits->rate_interval_ns = unit_ns / count;
    if (limits->burst == 0)
        limits->burst = count;
    return true;
}

static bool read_address(const char *text)
{
    const char *colon = strrchr(text, ':');
    uint32_t port;

    if (strcmp(text, "systemd") == 0 ||
        (strncmp(text, "unix:/", 6) == 0 && text[6] != '\0'))
        return true;
    return colon != NULL && colon != text && read_count(colon + 1, 0, &port) &&
           port <= 65535;
}

static void read_choice(struct proa_config_reader *reader,
                        const struct proa_config_key *key,
                        const struct proa_config_node *node, uint32_t *choice)
{
    char wanted[WORDS_SIZE], guess[40];
    uint32_t index = 0;

    for (const char *word = key->words; *word != '\0'; index++) {
        size_t size = strcspn(word, " ");
        if (strlen(node->text) == size &&
            strncmp(word, node->text, size) == 0) {
            *choice = index + 1;
            return;
        }
        word += size;
        word += *word == ' ';
    }
    if (proa_config_guess(key->words, node->text, guess, sizeof guess))
        (void)snprintf(wanted, sizeof wanted, "%s", guess);
    else
        (void)snprintf(wanted, sizeof wanted, "one of: %s", key->words);
    blame_value(reader, key->name, node, wanted);
}

static void read_list(struct proa_config_reader *reader,
                      const struct proa_config_key *key,
                      const struct proa_config_node *node,
                      struct proa_config_texts *texts)
{
    bool is_address = strcmp(key->name, "listen") == 0;
    const char *wanted = is_address ? "HOST:PORT, unix:/PATH or systemd"
                                    : "a text; put it in quotes if it is empty";
    struct proa_config_entry one = { .value = node };
    const struct proa_config_entry *first = &one;
    uint32_t count = 0;

    if (node->kind == PROA_CONFIG_MAP ||
        (node->kind == PROA_CONFIG_SCALAR && is_null(node))) {
        blame_value(reader, key->name, node, advice[PROA_CONFIG_LISTED]);
        return;
    }
    if (node->kind == PROA_CONFIG_LIST)
        first = node->first;
    for (const struct proa_config_entry *e = first; e != NULL; e = e->next)
        count++;
    const char **items =
        proa_arena_array(reader->arena, (size_t)count + 1, sizeof *items);
    if (items == NULL) {
        reader->faults->is_exhausted = true;
        return;
    }
    count = 0;
    for (const struct proa_config_entry *e = first; e != NULL; e = e->next) {
        if (!proa_config_visit(reader, e->value))
            return;
        if (e->value->kind != PROA_CONFIG_SCALAR || is_null(e->value) ||
            (is_address && !read_address(e->value->text)))
            blame_value(reader, key->name, e->value, wanted);
        else
            items[count++] = key->value == PROA_CONFIG_PATHS
                                 ? proa_config_path(reader, e->value->text)
                                 : e->value->text;
    }
    *texts = (struct proa_config_texts){ items, count };
}

static bool read_quantity(enum proa_config_value kind, const char *text,
                          uint64_t *value)
{
    const uint64_t bytes_max = (uint64_t)1 << 50;
    const uint64_t ns_max = (uint64_t)30 * 86400 * 1000000000;
    uint64_t read = 0;
    bool is_bytes = kind == PROA_CONFIG_BYTES;

    if (is_bytes ? !proa_quantity_bytes(text, &read)
                 : !proa_quantity_ns(text, &read))
        return false;
    if (read == 0 || read > (is_bytes ? bytes_max : ns_max))
        return false;
    *value = read;
    return true;
}

static bool read_scalar(struct proa_config_reader *reader,
                        const struct proa_config_key *key,
                        const struct proa_config_node *node, void *out)
{
    const char *text = node->text;

    switch (key->value) {
    case PROA_CONFIG_TEXT:
        *(const char **)out = text;
        return text[0] != '\0';
    case PROA_CONFIG_PATH:
        *(const char **)out = proa_config_path(reader, text);
        return text[0] != '\0';
    case PROA_CONFIG_ADDRESS:
        *(const char **)out = text;
        return read_address(text) && strncmp(text, "unix:", 5) != 0;
    case PROA_CONFIG_BYTES:
    case PROA_CONFIG_DURATION:
        return read_quantity(key->value, text, out);
    case PROA_CONFIG_AMOUNT:
        return read_amount(text, out);
    case PROA_CONFIG_COUNT:
        return read_count(text, 1, out);
    case PROA_CONFIG_WAITING:
        return read_waiting(text, out);
    case PROA_CONFIG_RATE:
        return read_rate(text, out);
    case PROA_CONFIG_FLAG:
        return read_flag(node, false, out);
    case PROA_CONFIG_UNFLAG:
        return read_flag(node, true, out);
    default:
        return false;
    }
}

void proa_config_value_read(struct proa_config_reader *reader,
                            const struct proa_config_key *key,
                            const struct proa_config_node *node, void *out)
{
    bool is_text = node->kind == PROA_CONFIG_SCALAR && !is_null(node);

    if (!proa_config_visit(reader, node))
        return;
    if (key->value == PROA_CONFIG_SECTION || key->value == PROA_CONFIG_NODE) {
        if (node->kind != PROA_CONFIG_MAP)
            blame_value(reader, key->name, node, advice[key->value]);
        else if (key->value == PROA_CONFIG_SECTION)
            proa_config_fill(reader, node, key->table, out);
        else
            *(const struct proa_config_node **)out = node;
    } else if (key->value == PROA_CONFIG_LISTED ||
               key->value == PROA_CONFIG_PATHS) {
        read_list(reader, key, node, out);
    } else if (key->value == PROA_CONFIG_CHOICE && is_text) {
        read_choice(reader, key, node, out);
    } else if (!is_text || !read_scalar(reader, key, node, out)) {
        blame_value(reader, key->name, node,
                    key->value == PROA_CONFIG_CHOICE ? key->words
                                                     : advice[key->value]);
    }
}

/* --- maps --------------------------------------------------------------- */

static const struct proa_config_key *
find_key(const struct proa_config_table *table, const char *name)
{
    for (uint32_t i = 0; i < table->count; i++)
        if (strcmp(table->keys[i].name, name) == 0)
            return &table->keys[i];
    return NULL;
}

/* Where else this setting would be one; NULL: nowhere. */
static const char *find_home(const struct proa_config_table *table,
                             const char *name)
{
    const struct proa_config_table *file = &proa_config_file_table;

    if (table != file && find_key(file, name) != NULL)
        return "the top of the file";
    for (uint32_t i = 0; i < file->count; i++)
        if (file->keys[i].table != NULL && file->keys[i].table != table &&
            find_key(file->keys[i].table, name) != NULL)
            return file->keys[i].name;
    if (table != &proa_config_defaults_table &&
        table != &proa_config_function_table &&
        find_key(&proa_config_defaults_table, name) != NULL)
        return "defaults, or a route";
    return NULL;
}

static void blame_key(struct proa_config_reader *reader,
                      const struct proa_config_table *table,
                      const struct proa_config_node *key)
{
    char words[WORDS_SIZE] = "", guess[40];
    const char *home;

    for (uint32_t i = 0; i < table->count; i++) {
        size_t size = strlen(words);
        (void)snprintf(words + size, sizeof words - size, "%s%s",
                       i == 0 ? "" : " ", table->keys[i].name);
    }
    home = find_home(table, key->text);
    if (home != NULL)
        proa_config_blame(reader->faults, key->place,
                          "'%.64s' is no setting of %s; it belongs to %s",
                          key->text, table->title, home);
    else if (proa_config_guess(words, key->text, guess, sizeof guess))
        proa_config_blame(reader->faults, key->place,
                          "'%.64s' is no setting of %s; did you mean '%s'?",
                          key->text, table->title, guess);
    else
        proa_config_blame(reader->faults, key->place,
                          "'%.64s' is no setting of %s; there are: %s",
                          key->text, table->title, words);
}

void proa_config_fill(struct proa_config_reader *reader,
                      const struct proa_config_node *map,
                      const struct proa_config_table *table, void *out)
{
    if (map->kind != PROA_CONFIG_MAP) {
        proa_config_blame(reader->faults, map->place,
                          "%s is %s; write a map, one NAME: VALUE a line",
                          table->title,
                          map->kind == PROA_CONFIG_LIST ? "a list" : "a text");
        return;
    }
    for (const struct proa_config_entry *e = map->first; e != NULL;
         e = e->next) {
        const struct proa_config_key *key = find_key(table, e->key->text);
        if (!proa_config_visit(reader, e->key))
            return;
        if (key == NULL)
            blame_key(reader, table, e->key);
        else
            proa_config_value_read(reader, key, e->value,
                                   (char *)out + key->place);
    }
}
