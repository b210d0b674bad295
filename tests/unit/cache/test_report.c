/* SPDX-License-Identifier: Apache-2.0 */
#include "cache/report.h"

#include "../check.h"

struct report_case {
    const char *bytes;
    bool has_progress;
    uint64_t done;
    uint64_t all;
    enum proa_status status;
    uint64_t offset;
    const char *text;
};

static const struct report_case cases[] = {
    { "progress 3 10\n", true, 3, 10, PROA_OK, 0, "" },
    { "progress 3 10\nprogress 10 10\n", true, 10, 10, PROA_OK, 0, "" },
    { "error 1 18 unexpected end\n", false, 0, 0, PROA_MALFORMED, 18,
      "unexpected end" },
    { "progress 1 2\nerror 2 7 type mismatch\n", true, 1, 2, PROA_INVALID, 7,
      "type mismatch" },
    { "error 1 1 first\nerror 2 2 second\n", false, 0, 0, PROA_MALFORMED, 1,
      "first" },
    { "error 1 5\n", false, 0, 0, PROA_MALFORMED, 5, "" },
    /* What makes no sense is left out, or is the compiler's fault. */
    { "error 0 0 all is well\n", false, 0, 0, PROA_COMPILER, 0, "all is well" },
    { "error 11 0 a trap\n", false, 0, 0, PROA_COMPILER, 0, "a trap" },
    { "error 4000000000 0 x\n", false, 0, 0, PROA_COMPILER, 0, "x" },
    { "error -1 0 x\n", false, 0, 0, PROA_OK, 0, "" },
    { "error 1 x x\n", false, 0, 0, PROA_OK, 0, "" },
    { "error 1 99999999999999999999999 x\n", false, 0, 0, PROA_OK, 0, "" },
    { "error\n", false, 0, 0, PROA_OK, 0, "" },
    { "error 1 1 no end of line", false, 0, 0, PROA_OK, 0, "" },
    { "progress 11 10\n", false, 0, 0, PROA_OK, 0, "" },
    { "progress 1\n", false, 0, 0, PROA_OK, 0, "" },
    { "progress 1 2x\n", false, 0, 0, PROA_OK, 0, "" },
    { "hello\n\n\n", false, 0, 0, PROA_OK, 0, "" },
};

static void check(const struct report_case *c, size_t step)
{
    struct proa_report report;
    size_t size = strlen(c->bytes);
    uint8_t *bytes = exact_copy((const uint8_t *)c->bytes, size);
    bool has_progress = false;

    proa_report_init(&report);
    for (size_t i = 0; i < size; i += step)
        has_progress |= proa_report_add(&report, (char *)bytes + i,
                                        size - i < step ? size - i : step);
    CHECK_EQ(has_progress, c->has_progress);
    CHECK_EQ(report.done_bytes, c->done);
    CHECK_EQ(report.all_bytes, c->all);
    CHECK_EQ(report.status, c->status);
    CHECK_EQ(report.offset, c->offset);
    CHECK_EQ(strcmp(report.text, c->text), 0);
    free(bytes);
}

static void a_line_without_end_takes_no_room(void)
{
    struct proa_report report;
    char bytes[1000];

    proa_report_init(&report);
    memset(bytes, 'a', sizeof bytes);
    memcpy(bytes, "error 1 2 ", 10);
    for (int i = 0; i < 100; i++)
        CHECK_EQ(proa_report_add(&report, bytes, sizeof bytes), 0);
    proa_report_add(&report, "\n", 1);
    CHECK_EQ(report.status, PROA_MALFORMED);
    CHECK_EQ(strlen(report.text), sizeof report.text - 1);
    for (int i = 0; i < 100; i++)
        proa_report_add_stderr(&report, bytes, sizeof bytes);
    CHECK_EQ(strcmp(report.said, ""), 0);
    proa_report_add_stderr(&report, "\n\n", 2);
    CHECK_EQ(strlen(report.said), sizeof report.said - 1);
}

static void the_last_line_of_stderr_is_kept(void)
{
    struct proa_report report;
    static const char said[] = "warning\nLLVM ERROR: out of memory\n\nhalf";

    proa_report_init(&report);
    for (size_t i = 0; i < sizeof said - 1; i++)
        proa_report_add_stderr(&report, &said[i], 1);
    CHECK_EQ(strcmp(report.said, "LLVM ERROR: out of memory"), 0);
}

int main(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        check(&cases[i], 1);
        check(&cases[i], 7);
        check(&cases[i], 1000);
    }
    a_line_without_end_takes_no_room();
    the_last_line_of_stderr_is_kept();
    return 0;
}
