/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/config_tree.h"

#include <string.h>
#include <yaml.h>

struct anchor {
    struct anchor *next;
    const char *name;
    const struct proa_config_node *node;
    bool is_open; /* its node is not complete */
};

/* A list or map that is being read. */
struct level {
    struct proa_config_node *node;
    struct proa_config_entry **end;     /* where its next entry goes */
    const struct proa_config_node *key; /* of a map: one that waits for its
                                           value */
    struct anchor *anchor;              /* NULL: none */
    uint32_t count;
};

struct reader {
    yaml_parser_t parser;
    struct proa_config_faults *faults;
    struct proa_arena *arena;
    struct anchor *anchors;
    struct level levels[PROA_CONFIG_DEPTH_MAX];
    uint32_t depth;
    uint32_t node_count;
    uint32_t alias_count;
    const struct proa_config_node *root;
    bool is_bad;
};

static struct proa_config_place place_of(yaml_mark_t mark)
{
    return (struct proa_config_place){ (uint32_t)mark.line + 1,
                                       (uint32_t)mark.column + 1 };
}

static void stop(struct reader *reader, yaml_mark_t mark, const char *text)
{
    proa_config_blame(reader->faults, place_of(mark), "%s", text);
    reader->is_bad = true;
}

static void stop_without_memory(struct reader *reader)
{
    reader->faults->is_exhausted = true;
    reader->is_bad = true;
}

static struct anchor *add_anchor(struct reader *reader, const yaml_char_t *name,
                                 const struct proa_config_node *node)
{
    struct anchor *anchor;

    if (name == NULL)
        return NULL;
    anchor = proa_arena_alloc(reader->arena, sizeof *anchor);
    const char *kept = proa_arena_strndup(reader->arena, (const char *)name,
                                          strlen((const char *)name));
    if (anchor == NULL || kept == NULL) {
        stop_without_memory(reader);
        return NULL;
    }
    *anchor =
        (struct anchor){ .next = reader->anchors, .name = kept, .node = node };
    reader->anchors = anchor;
    return anchor;
}

static struct proa_config_node *add_node(struct reader *reader,
                                         const yaml_event_t *event,
                                         const yaml_char_t *tag)
{
    struct proa_config_node *node;

    if (tag != NULL)
        stop(reader, event->start_mark,
             "a tag (!) is nothing that is known here; leave it out");
    if (++reader->node_count > PROA_CONFIG_NODES_MAX) {
        stop(reader, event->start_mark,
             "more than 100000 values; split what is served");
        return NULL;
    }
    node = proa_arena_alloc(reader->arena, sizeof *node);
    if (node == NULL) {
        stop_without_memory(reader);
        return NULL;
    }
    node->place = place_of(event->start_mark);
    return node;
}

static bool has_key(const struct proa_config_node *map, const char *text)
{
    for (const struct proa_config_entry *e = map->first; e != NULL; e = e->next)
        if (strcmp(e->key->text, text) == 0)
            return true;
    return false;
}

/* A key of the map on top, or NULL when it cannot be one. */
static void take_key(struct reader *reader, struct level *level,
                     const struct proa_config_node *node)
{
    if (node->kind != PROA_CONFIG_SCALAR) {
        proa_config_blame(reader->faults, node->place,
                          "a name is a single word here, no list and no map");
        reader->is_bad = true;
        return;
    }
    if (has_key(level->node, node->text))
        proa_config_blame(reader->faults, node->place,
                          "'%.64s' is here twice; leave one of them out",
                          node->text);
    level->key = node;
}

/* A complete scalar or alias, or a list or map that begins. */
static void place_node(struct reader *reader,
                       const struct proa_config_node *node)
{
    struct level *level;
    struct proa_config_entry *entry;

    if (reader->depth == 0) {
        reader->root = node;
        return;
    }
    level = &reader->levels[reader->depth - 1];
    if (level->node->kind == PROA_CONFIG_MAP && level->key == NULL) {
        take_key(reader, level, node);
        return;
    }
    if (++level->count > PROA_CONFIG_ENTRIES_MAX) {
        proa_config_blame(reader->faults, node->place,
                          "more than %d entries in one list or map",
                          PROA_CONFIG_ENTRIES_MAX);
        reader->is_bad = true;
        return;
    }
    entry = proa_arena_alloc(reader->arena, sizeof *entry);
    if (entry == NULL) {
        stop_without_memory(reader);
        return;
    }
    *entry = (struct proa_config_entry){ .key = level->key, .value = node };
    level->key = NULL;
    *level->end = entry;
    level->end = &entry->next;
}

static void take_scalar(struct reader *reader, const yaml_event_t *event)
{
    const yaml_char_t *value = event->data.scalar.value;
    size_t size = event->data.scalar.length;
    struct proa_config_node *node =
        add_node(reader, event, event->data.scalar.tag);

    if (node == NULL)
        return;
    if (memchr(value, '\0', size) != NULL) {
        stop(reader, event->start_mark,
             "this text holds a zero byte; leave it out");
        return;
    }
    node->kind = PROA_CONFIG_SCALAR;
    node->is_plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    node->text = proa_arena_strndup(reader->arena, (const char *)value, size);
    if (node->text == NULL) {
        stop_without_memory(reader);
        return;
    }
    (void)add_anchor(reader, event->data.scalar.anchor, node);
    place_node(reader, node);
}

static void take_begin(struct reader *reader, const yaml_event_t *event)
{
    bool is_map = event->type == YAML_MAPPING_START_EVENT;
    struct proa_config_node *node =
        add_node(reader, event,
                 is_map ? event->data.mapping_start.tag
                        : event->data.sequence_start.tag);

    if (node == NULL)
        return;
    node->kind = is_map ? PROA_CONFIG_MAP : PROA_CONFIG_LIST;
    if (reader->depth == PROA_CONFIG_DEPTH_MAX) {
        stop(reader, event->start_mark,
             "lists and maps lie more than 16 deep in each other");
        return;
    }
    place_node(reader, node);
    struct anchor *anchor =
        add_anchor(reader,
                   is_map ? event->data.mapping_start.anchor
                          : event->data.sequence_start.anchor,
                   node);
    if (anchor != NULL)
        anchor->is_open = true;
    reader->levels[reader->depth++] = (struct level){
        .node = node,
        .end = &node->first,
        .anchor = anchor,
    };
}

static void take_end(struct reader *reader)
{
    struct level *level = &reader->levels[--reader->depth];

    if (level->anchor != NULL)
        level->anchor->is_open = false;
}

static void take_alias(struct reader *reader, const yaml_event_t *event)
{
    const char *name = (const char *)event->data.alias.anchor;
    const struct anchor *anchor = reader->anchors;

    if (++reader->alias_count > PROA_CONFIG_ALIASES_MAX) {
        stop(reader, event->start_mark, "more than 1000 aliases (*)");
        return;
    }
    while (anchor != NULL && strcmp(anchor->name, name) != 0)
        anchor = anchor->next;
    if (anchor == NULL) {
        proa_config_blame(reader->faults, place_of(event->start_mark),
                          "no anchor '&%.64s' is above '*%.64s'", name, name);
        reader->is_bad = true;
        return;
    }
    if (anchor->is_open) {
        stop(reader, event->start_mark,
             "an alias (*) cannot lie in what it stands for");
        return;
    }
    place_node(reader, anchor->node);
}

static void take(struct reader *reader, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        take_scalar(reader, event);
        break;
    case YAML_ALIAS_EVENT:
        take_alias(reader, event);
        break;
    case YAML_SEQUENCE_START_EVENT:
    case YAML_MAPPING_START_EVENT:
        take_begin(reader, event);
        break;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        take_end(reader);
        break;
    case YAML_DOCUMENT_START_EVENT:
        if (reader->root != NULL)
            stop(reader, event->start_mark,
                 "a second document begins here (---); one file is one "
                 "configuration");
        break;
    default:
        break;
    }
}

/* What libyaml says, at the place it means. */
static void blame_syntax(struct reader *reader)
{
    const yaml_parser_t *parser = &reader->parser;
    struct proa_config_place place = place_of(parser->problem_mark);
    const char *problem = parser->problem != NULL ? parser->problem : "";
    const char *context = parser->context != NULL ? parser->context : "";

    reader->is_bad = true;
    if (parser->error == YAML_MEMORY_ERROR)
        stop_without_memory(reader);
    else if (parser->error == YAML_READER_ERROR)
        proa_config_blame(reader->faults, (struct proa_config_place){ 0 },
                          "byte %zu is no UTF-8 text: %s",
                          parser->problem_offset, problem);
    else if (strstr(problem, "tab character") != NULL)
        proa_config_blame(reader->faults, place,
                          "indent with spaces, not tabs");
    else if (strstr(problem, "cannot start any token") != NULL)
        proa_config_blame(reader->faults, place,
                          "nothing begins with this character; indent with "
                          "spaces, not tabs, and put such a text in quotes");
    else
        proa_config_blame(reader->faults, place, "this is no YAML: %s%s%s",
                          context, *context != '\0' ? ", " : "", problem);
}

static void read_all(struct reader *reader)
{
    bool is_end = false;

    while (!is_end && !reader->is_bad) {
        yaml_event_t event;
        if (!yaml_parser_parse(&reader->parser, &event)) {
            blame_syntax(reader);
            return;
        }
        is_end = event.type == YAML_STREAM_END_EVENT;
        take(reader, &event);
        yaml_event_delete(&event);
    }
}

const struct proa_config_node *
proa_config_tree_read(const char *bytes, size_t size,
                      struct proa_config_faults *faults)
{
    struct reader reader = { .faults = faults, .arena = faults->arena };

    if (size > PROA_CONFIG_BYTES_MAX) {
        proa_config_blame(faults, (struct proa_config_place){ 0 },
                          "larger than 1 MiB: is it a configuration?");
        return NULL;
    }
    if (!yaml_parser_initialize(&reader.parser)) {
        faults->is_exhausted = true;
        return NULL;
    }
    yaml_parser_set_input_string(&reader.parser, (const unsigned char *)bytes,
                                 size);
    read_all(&reader);
    yaml_parser_delete(&reader.parser);
    if (reader.is_bad)
        return NULL;
    if (reader.root == NULL)
        proa_config_blame(faults, (struct proa_config_place){ 0 },
                          "empty; write at least: routes: { /: app.wasm }");
    return reader.root;
}
