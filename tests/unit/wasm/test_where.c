/*
 * SPDX-License-Identifier: Apache-2.0
 */
#include "wasm/where.h"

#include "../check.h"

struct name_case {
    const char *name;
    uint32_t size;
    uint32_t text_size;
    const char *text;
};

static const struct name_case cases[] = {
    { "", 0, 8, "" },
    { "main", 4, 8, "main" },
    { "sevench", 7, 8, "sevench" },
    { "eightcha", 8, 8, "eigh..." },
    { "a\nb\x1b[2J\x7f", 8, 20, "a?b?[2J?" },
    { "a\0b", 3, 8, "a?b" },
    { "\xc2\x9b"
      "31m",
      5, 20, "??31m" }, /* a C1 control */
    { "\xc3\xa9t\xc3\xa9", 5, 8, "\xc3\xa9t\xc3\xa9" },
    { "abc\xc3\xa9xyz", 8, 8, "abc..." }, /* not half a character */
};

static void check_name(const struct name_case *c)
{
    char *text = malloc(c->text_size);
    char *bytes = (char *)exact_copy((const uint8_t *)c->name, c->size);
    struct proa_name name = { .bytes = bytes, .size = c->size };

    CHECK_EQ(text != NULL, 1);
    CHECK_EQ(proa_where_name(name, text, c->text_size) == text, 1);
    if (strcmp(text, c->text) != 0) {
        fprintf(stderr, "\"%s\", expected \"%s\"\n", text, c->text);
        exit(1);
    }
    free(bytes);
    free(text);
}

/* However long the words before it, the line ends in the record. */
static void check_full_record(void)
{
    struct proa_wasm_function function = { .name = { "f", 1 } };
    struct proa_wasm_module module = { .functions = &function };
    struct proa_error err = { .status = PROA_INVALID, .text = "type mismatch" };

    proa_where_function(&err, &module, 0);
    CHECK_EQ(strcmp(err.text, "type mismatch, in function 0 \"f\""), 0);
    function.name.size = 0;
    memset(err.text, 'x', sizeof err.text);
    err.text[sizeof err.text - 3] = '\0';
    proa_where_function(&err, &module, 0);
    CHECK_EQ(strlen(err.text), sizeof err.text - 1);
    proa_where_section(&err, "the type section");
    CHECK_EQ(strlen(err.text), sizeof err.text - 1);
}

int main(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check_name(&cases[i]);
    check_full_record();
    return 0;
}
