/*
 * Parsing a command's arguments by its table: `--name VALUE`, `--name=VALUE`,
 * `-x VALUE`, `-xVALUE`; `--` ends the options.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "cli/options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/quantity.h"
#include "serve/config_tree.h" /* proa_config_guess() */

enum { ARGUMENTS_MAX = 100000, WORDS_SIZE = 2048, NAME_SIZE = 40 };

struct parser {
    const struct proa_command *command;
    const char *const *argv;
    int argc;
    int next; /* index of the next argument */
    struct proa_parsed *parsed;
    struct proa_error *err;
};

static bool is_list(const struct proa_option *option)
{
    return option->kind == PROA_OPTION_LIST ||
           option->kind == PROA_OPTION_FOLDERS;
}

static void *place_of(const struct parser *parser,
                      const struct proa_option *option)
{
    return (char *)parser->parsed->settings + option->place;
}

static bool list_add(const struct parser *parser,
                     const struct proa_option *option, const char *value)
{
    struct proa_list *list = place_of(parser, option);

    if (list->items == NULL)
        list->items = calloc((size_t)parser->argc, sizeof *list->items);
    if (list->items == NULL)
        return false;
    list->items[list->count++] = value;
    return true;
}

static bool count_parse(const char *text, uint32_t *count)
{
    char *end = NULL;
    unsigned long value = strtoul(text, &end, 10);

    if (text[0] < '0' || text[0] > '9' || *end != '\0' || value > 1000000)
        return false;
    *count = (uint32_t)value;
    return true;
}

static bool amount_parse(const char *text, uint64_t *amount)
{
    char *end = NULL;
    unsigned long long value;

    errno = 0;
    value = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 ||
        value == 0 || value > INT64_MAX)
        return false;
    *amount = value;
    return true;
}

/* Which of the words, apart by spaces, `text` is. */
static bool choice_parse(const char *words, const char *text, uint32_t *choice)
{
    size_t size = strlen(text);

    for (uint32_t i = 0; *words != '\0'; i++) {
        size_t word_size = strcspn(words, " ");

        if (word_size == size && strncmp(words, text, size) == 0) {
            *choice = i;
            return true;
        }
        words += word_size;
        words += *words == ' ';
    }
    return false;
}

/* False: the value is none of the option's kind. */
static bool value_set(const struct parser *parser,
                      const struct proa_option *option, const char *value)
{
    void *place = place_of(parser, option);

    switch (option->kind) {
    case PROA_OPTION_FLAG:
        *(bool *)place = true;
        return true;
    case PROA_OPTION_TEXT:
    case PROA_OPTION_FILE:
    case PROA_OPTION_FOLDER:
        *(const char **)place = value;
        return true;
    case PROA_OPTION_BYTES:
        return proa_quantity_bytes(value, place);
    case PROA_OPTION_DURATION:
        return proa_quantity_ns(value, place);
    case PROA_OPTION_COUNT:
        return count_parse(value, place);
    case PROA_OPTION_AMOUNT:
        return amount_parse(value, place);
    case PROA_OPTION_CHOICE:
        return choice_parse(option->words, value, place);
    case PROA_OPTION_LEVEL:
        if (value[0] < '0' || value[0] > '3' || value[1] != '\0')
            return false;
        *(int *)place = value[0] - '0' + 1;
        return true;
    case PROA_OPTION_LIST:
    case PROA_OPTION_FOLDERS:
        return list_add(parser, option, value);
    }
    return false;
}

static enum proa_status bad_value(const struct parser *parser,
                                  const struct proa_option *option,
                                  const char *value)
{
    const char *wanted = option->words != NULL ? "one of: " : "another value";

    if (option->kind == PROA_OPTION_BYTES)
        wanted = "a size such as 64M";
    else if (option->kind == PROA_OPTION_DURATION)
        wanted = "a time such as 500ms or 30s";
    else if (option->kind == PROA_OPTION_COUNT)
        wanted = "a whole number up to 1000000";
    else if (option->kind == PROA_OPTION_AMOUNT)
        wanted = "a whole number above 0";
    return proa_fail(parser->err, PROA_USAGE, 0,
                     "--%s: '%.100s' is no %s; write %s%s", option->name, value,
                     option->value, wanted,
                     option->words != NULL ? option->words : "");
}

static enum proa_status option_take(struct parser *parser,
                                    const struct proa_option *option,
                                    const char *value)
{
    if (option->kind == PROA_OPTION_FLAG) {
        if (value != NULL)
            return proa_fail(parser->err, PROA_USAGE, 0, "--%s takes no value",
                             option->name);
    } else if (value == NULL) {
        if (parser->next == parser->argc)
            return proa_fail(parser->err, PROA_USAGE, 0,
                             "--%s needs a value: %s", option->name,
                             option->value);
        value = parser->argv[parser->next++];
    }
    if (!value_set(parser, option, value))
        return bad_value(parser, option, value);
    return PROA_OK;
}

/* An option that is nearly the same; "" when there is none. */
static void guess(const struct proa_command *command, const char *text,
                  char *near, size_t size)
{
    char words[WORDS_SIZE] = "", name[NAME_SIZE];
    size_t used = 0;

    near[0] = '\0';
    for (uint32_t i = 0; i < command->option_count && used < sizeof words; i++)
        used += (size_t)snprintf(words + used, sizeof words - used, "%s ",
                                 command->options[i].name);
    (void)snprintf(name, sizeof name, "%.*s", (int)strcspn(text, "="), text);
    if (used < sizeof words)
        (void)proa_config_guess(words, name, near, size);
}

static enum proa_status unknown(const struct parser *parser, const char *text)
{
    char near[NAME_SIZE];

    guess(parser->command, text + strspn(text, "-"), near, sizeof near);
    if (text[1] == '-' && near[0] != '\0')
        return proa_fail(parser->err, PROA_USAGE, 0,
                         "unknown option '%.100s'; did you mean --%s?", text,
                         near);
    return proa_fail(parser->err, PROA_USAGE, 0,
                     "unknown option '%.100s'; see: proa %s --help", text,
                     parser->command->name);
}

/* "--name" or "--name=VALUE". */
static enum proa_status long_parse(struct parser *parser, const char *text)
{
    size_t size = strcspn(text + 2, "=");
    const char *value = text[2 + size] == '=' ? text + 2 + size + 1 : NULL;

    for (uint32_t i = 0; i < parser->command->option_count; i++) {
        const struct proa_option *option = &parser->command->options[i];

        if (strlen(option->name) == size &&
            strncmp(option->name, text + 2, size) == 0)
            return option_take(parser, option, value);
    }
    return unknown(parser, text);
}

/* "-x", "-x VALUE" or "-xVALUE". */
static enum proa_status letter_parse(struct parser *parser, const char *text)
{
    for (uint32_t i = 0; i < parser->command->option_count; i++) {
        const struct proa_option *option = &parser->command->options[i];

        if (option->letter != 0 && option->letter == text[1])
            return option_take(parser, option,
                               text[2] != '\0' ? text + 2 : NULL);
    }
    return unknown(parser, text);
}

static enum proa_status argument_parse(struct parser *parser,
                                       bool *is_past_options)
{
    struct proa_parsed *parsed = parser->parsed;
    const char *text = parser->argv[parser->next++];

    if (!*is_past_options && strcmp(text, "--") == 0) {
        *is_past_options = true;
        return PROA_OK;
    }
    if (!*is_past_options && text[0] == '-' && text[1] != '\0') {
        if (strcmp(text, "--help") == 0 || strcmp(text, "-h") == 0) {
            parsed->wants_help = true;
            return PROA_OK;
        }
        return text[1] == '-' ? long_parse(parser, text)
                              : letter_parse(parser, text);
    }
    parsed->operands[parsed->operand_count++] = text;
    if (parser->command->ends_at_operand)
        *is_past_options = true;
    return PROA_OK;
}

static enum proa_status operands_check(const struct parser *parser)
{
    const struct proa_command *command = parser->command;
    uint32_t count = parser->parsed->operand_count;

    if (count < command->operand_min)
        return proa_fail(parser->err, PROA_USAGE, 0,
                         "%s is missing; usage: proa %s [OPTIONS] %s",
                         count == 0 ? "an argument" : "a further argument",
                         command->name, command->operands);
    if (count > command->operand_max)
        return proa_fail(parser->err, PROA_USAGE, 0,
                         "'%.100s' is one argument too many; usage: proa %s "
                         "[OPTIONS] %s",
                         parser->parsed->operands[command->operand_max],
                         command->name, command->operands);
    return PROA_OK;
}

enum proa_status proa_options_parse(const struct proa_command *command,
                                    int argc, const char *const *argv,
                                    struct proa_parsed *parsed,
                                    struct proa_error *err)
{
    struct proa_parsed made = { 0 };
    struct parser parser = { command, argv, argc, 0, &made, err };
    enum proa_status status = PROA_OK;
    bool is_past_options = false;

    if (argc > ARGUMENTS_MAX)
        return proa_fail(err, PROA_USAGE, 0, "more than %d arguments",
                         ARGUMENTS_MAX);
    made.settings = calloc(1, command->settings_size + 1);
    made.operands = calloc((size_t)argc + 1, sizeof *made.operands);
    if (made.settings == NULL || made.operands == NULL)
        status = proa_fail(err, PROA_NOMEM, 0, "out of memory");
    while (status == PROA_OK && !made.wants_help && parser.next < argc)
        status = argument_parse(&parser, &is_past_options);
    if (status == PROA_OK && !made.wants_help)
        status = operands_check(&parser);
    if (status != PROA_OK) {
        proa_parsed_deinit(command, &made);
        return status;
    }
    *parsed = made;
    return PROA_OK;
}

void proa_parsed_deinit(const struct proa_command *command,
                        struct proa_parsed *parsed)
{
    for (uint32_t i = 0; i < command->option_count; i++) {
        const struct proa_option *option = &command->options[i];

        if (parsed->settings != NULL && is_list(option)) {
            struct proa_list *list =
                (void *)((char *)parsed->settings + option->place);

            free((void *)list->items);
        }
    }
    free(parsed->settings);
    free((void *)parsed->operands);
}
