/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/options.h"

#include "../check.h"

struct settings {
    bool flag;
    const char *text;
    uint64_t bytes;
    uint64_t ns;
    uint32_t count;
    int level;
    struct proa_list list;
};

static const struct proa_option options[] = {
    { "flag", 'f', PROA_OPTION_FLAG, NULL, offsetof(struct settings, flag), "",
      NULL },
    { "text", 't', PROA_OPTION_TEXT, "TEXT", offsetof(struct settings, text),
      "", NULL },
    { "bytes", 0, PROA_OPTION_BYTES, "BYTES", offsetof(struct settings, bytes),
      "", NULL },
    { "time", 0, PROA_OPTION_DURATION, "DURATION",
      offsetof(struct settings, ns), "", NULL },
    { "count", 0, PROA_OPTION_COUNT, "COUNT", offsetof(struct settings, count),
      "", NULL },
    { "level", 'O', PROA_OPTION_LEVEL, "LEVEL",
      offsetof(struct settings, level), "", NULL },
    { "list", 'l', PROA_OPTION_LIST, "ITEM", offsetof(struct settings, list),
      "", NULL },
};

static const struct proa_command command = {
    .name = "test",
    .operands = "A [B]",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .settings_size = sizeof(struct settings),
    .operand_min = 1,
    .operand_max = 2,
};

enum { ARGS_MAX = 10 };

struct good_case {
    const char *args[ARGS_MAX];
    struct settings settings; /* but for the list */
    uint32_t list_count;
    const char *last; /* of the list */
    uint32_t operand_count;
    const char *operand; /* the last one */
};

static const struct good_case good_cases[] = {
    { { "a" }, { 0 }, 0, NULL, 1, "a" },
    { { "a", "b" }, { 0 }, 0, NULL, 2, "b" },
    { { "-" }, { 0 }, 0, NULL, 1, "-" },
    { { "a", "--flag" }, { .flag = true }, 0, NULL, 1, "a" },
    { { "-f", "a" }, { .flag = true }, 0, NULL, 1, "a" },
    { { "--text", "x", "a" }, { .text = "x" }, 0, NULL, 1, "a" },
    { { "--text=x=y", "a" }, { .text = "x=y" }, 0, NULL, 1, "a" },
    { { "--text=", "a" }, { .text = "" }, 0, NULL, 1, "a" },
    { { "--text", "--flag", "a" }, { .text = "--flag" }, 0, NULL, 1, "a" },
    { { "-tx", "a" }, { .text = "x" }, 0, NULL, 1, "a" },
    { { "-t", "x", "a", "--text=y" }, { .text = "y" }, 0, NULL, 1, "a" },
    { { "--bytes", "4K", "--time=2s", "--count", "7", "-O0", "a" },
      { .bytes = 4096, .ns = 2000000000, .count = 7, .level = 1 },
      0,
      NULL,
      1,
      "a" },
    { { "-O", "3", "a" }, { .level = 4 }, 0, NULL, 1, "a" },
    { { "--level=2", "a" }, { .level = 3 }, 0, NULL, 1, "a" },
    { { "--list", "1", "-l2", "a", "--list=3" }, { 0 }, 3, "3", 1, "a" },
    { { "--", "--flag" }, { 0 }, 0, NULL, 1, "--flag" },
    { { "a", "--", "--" }, { 0 }, 0, NULL, 2, "--" },
};

struct bad_case {
    const char *args[ARGS_MAX];
    const char *text;
};

static const struct bad_case bad_cases[] = {
    { { NULL }, "an argument is missing; usage: proa test [OPTIONS] A [B]" },
    { { "a", "b", "c" },
      "'c' is one argument too many; usage: proa test [OPTIONS] A [B]" },
    { { "--none", "a" }, "unknown option '--none'; see: proa test --help" },
    { { "--fla", "a" }, "unknown option '--fla'; did you mean --flag?" },
    { { "--flagg", "a" }, "unknown option '--flagg'; did you mean --flag?" },
    { { "-x" }, "unknown option '-x'; see: proa test --help" },
    { { "--flag=1", "a" }, "--flag takes no value" },
    { { "-fx", "a" }, "--flag takes no value" },
    { { "a", "--text" }, "--text needs a value: TEXT" },
    { { "--bytes=4Q", "a" },
      "--bytes: '4Q' is no BYTES; write a size such as 64M" },
    { { "--time=", "a" },
      "--time: '' is no DURATION; write a time such as 500ms or 30s" },
    { { "--count=-1", "a" },
      "--count: '-1' is no COUNT; write a whole number up to 1000000" },
    { { "--count=1000001", "a" },
      "--count: '1000001' is no COUNT; write a whole number up to 1000000" },
    { { "--count=1x", "a" },
      "--count: '1x' is no COUNT; write a whole number up to 1000000" },
    { { "-O4", "a" }, "--level: '4' is no LEVEL; write another value" },
    { { "-O22", "a" }, "--level: '22' is no LEVEL; write another value" },
    /* What was taken before the error is given back. */
    { { "--list=1", "--none" },
      "unknown option '--none'; see: proa test "
      "--help" },
};

static int count_args(const char *const *args)
{
    int count = 0;

    while (count < ARGS_MAX && args[count] != NULL)
        count++;
    return count;
}

static bool same(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static void good_ones_are_taken(void)
{
    for (size_t i = 0; i < sizeof good_cases / sizeof good_cases[0]; i++) {
        const struct good_case *c = &good_cases[i];
        struct proa_parsed parsed;
        struct proa_error err = { 0 };
        const struct settings *settings;

        CHECK_EQ(proa_options_parse(&command, count_args(c->args), c->args,
                                    &parsed, &err),
                 PROA_OK);
        settings = parsed.settings;
        CHECK_EQ(settings->flag, c->settings.flag);
        CHECK_EQ(same(settings->text, c->settings.text), 1);
        CHECK_EQ(settings->bytes, c->settings.bytes);
        CHECK_EQ(settings->ns, c->settings.ns);
        CHECK_EQ(settings->count, c->settings.count);
        CHECK_EQ(settings->level, c->settings.level);
        CHECK_EQ(settings->list.count, c->list_count);
        if (c->list_count > 0)
            CHECK_EQ(same(settings->list.items[c->list_count - 1], c->last), 1);
        CHECK_EQ(parsed.operand_count, c->operand_count);
        CHECK_EQ(same(parsed.operands[c->operand_count - 1], c->operand), 1);
        CHECK_EQ(parsed.wants_help, 0);
        proa_parsed_deinit(&command, &parsed);
    }
}

static void bad_ones_are_refused(void)
{
    for (size_t i = 0; i < sizeof bad_cases / sizeof bad_cases[0]; i++) {
        const struct bad_case *c = &bad_cases[i];
        struct proa_parsed parsed = { .operand_count = 7 };
        struct proa_error err = { 0 };

        CHECK_EQ(proa_options_parse(&command, count_args(c->args), c->args,
                                    &parsed, &err),
                 PROA_USAGE);
        if (!same(err.text, c->text))
            fprintf(stderr, "%s\n", err.text);
        CHECK_EQ(same(err.text, c->text), 1);
        CHECK_EQ(parsed.operand_count, 7);
    }
}

static void the_guests_arguments_are_not_ours(void)
{
    static const char *const args[] = { "--flag", "a",      "--flag",
                                        "--",     "--none", "--help" };
    struct proa_command ends = command;
    struct proa_parsed parsed;
    struct proa_error err = { 0 };

    ends.ends_at_operand = true;
    ends.operand_max = UINT32_MAX;
    CHECK_EQ(proa_options_parse(&ends, 6, args, &parsed, &err), PROA_OK);
    CHECK_EQ(parsed.operand_count, 5);
    CHECK_EQ(same(parsed.operands[2], "--"), 1);
    CHECK_EQ(parsed.wants_help, 0);
    proa_parsed_deinit(&ends, &parsed);
}

static void help_is_told_whatever_follows(void)
{
    static const char *const args[] = { "--help", "--none" };
    struct proa_parsed parsed;
    struct proa_error err = { 0 };

    CHECK_EQ(proa_options_parse(&command, 2, args, &parsed, &err), PROA_OK);
    CHECK_EQ(parsed.wants_help, 1);
    proa_parsed_deinit(&command, &parsed);
}

int main(void)
{
    good_ones_are_taken();
    bad_ones_are_refused();
    the_guests_arguments_are_not_ours();
    help_is_told_whatever_follows();
    return 0;
}
