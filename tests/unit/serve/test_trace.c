/*
 * Whose trace a request belongs to.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "serve/trace.h"

#include "../check.h"

#define TRACE "0af7651916cd43dd8448eb211c80319c"
#define SPAN "b7ad6b7169203331"

struct trace_case {
    const char *fields[2]; /* values of traceparent */
    bool is_new;
    const char *flags; /* of what is passed on */
};

static const struct trace_case cases[] = {
    { { NULL }, true, "01" },
    { { "00-" TRACE "-" SPAN "-01" }, false, "01" },
    { { "00-" TRACE "-" SPAN "-00" }, false, "00" },
    { { "00-" TRACE "-" SPAN "-ff" }, false, "ff" },
    /* A later version may have more behind it, this one may not. */
    { { "01-" TRACE "-" SPAN "-01-more" }, false, "01" },
    { { "cc-" TRACE "-" SPAN "-01" }, false, "01" },
    { { "01-" TRACE "-" SPAN "-01more" }, true, "01" },
    { { "00-" TRACE "-" SPAN "-01-" }, true, "01" },
    { { "ff-" TRACE "-" SPAN "-01" }, true, "01" },
    { { "" }, true, "01" },
    { { "00-" TRACE "-" SPAN "-0" }, true, "01" },
    { { "00-" TRACE "-" SPAN "-0g" }, true, "01" },
    { { "00-" TRACE "-B7AD6B7169203331-01" }, true, "01" },
    { { "00_" TRACE "-" SPAN "-01" }, true, "01" },
    { { "00-" TRACE "_" SPAN "-01" }, true, "01" },
    { { "00-00000000000000000000000000000000-" SPAN "-01" }, true, "01" },
    { { "00-" TRACE "-0000000000000000-01" }, true, "01" },
    /* Two are none. */
    { { "00-" TRACE "-" SPAN "-01", "00-" TRACE "-" SPAN "-01" }, true, "01" },
};

static void check_case(struct proa_trace_source *source,
                       const struct trace_case *c)
{
    struct proa_http_field fields[2];
    struct proa_http_request request = { .fields = fields };
    struct proa_trace trace;
    uint8_t *copies[2] = { NULL, NULL };

    for (int i = 0; i < 2 && c->fields[i] != NULL; i++) {
        size_t size = strlen(c->fields[i]);
        copies[i] = exact_copy((const uint8_t *)c->fields[i], size);
        fields[i] = (struct proa_http_field){ proa_http_text_of("Traceparent"),
                                              { (char *)copies[i], size } };
        request.field_count++;
    }
    proa_trace_make(source, &request, &trace);
    CHECK_EQ(strlen(trace.parent), PROA_TRACE_SIZE - 1);
    CHECK_EQ(trace.is_new, c->is_new);
    CHECK_EQ(memcmp(trace.parent, "00-", 3), 0);
    CHECK_EQ(memcmp(trace.parent + 3, TRACE, 32) == 0, !c->is_new);
    /* The span is the request's own in any case. */
    CHECK_EQ(memcmp(trace.parent + 36, SPAN, 16) != 0, true);
    CHECK_EQ(strcmp(trace.parent + 53, c->flags), 0);
    free(copies[0]);
    free(copies[1]);
}

static void identifiers_differ(void)
{
    enum { COUNT = 1000 };
    static char seen[COUNT][PROA_TRACE_SIZE];
    const struct proa_http_request request = { 0 };
    struct proa_trace_source source;

    proa_trace_source_init(&source);
    for (int i = 0; i < COUNT; i++) {
        struct proa_trace trace;
        proa_trace_make(&source, &request, &trace);
        memcpy(seen[i], trace.parent, PROA_TRACE_SIZE);
        for (int j = 0; j < i; j++) {
            CHECK_EQ(memcmp(seen[i] + 3, seen[j] + 3, 32) != 0, true);
            CHECK_EQ(memcmp(seen[i] + 36, seen[j] + 36, 16) != 0, true);
        }
    }
}

int main(void)
{
    struct proa_trace_source source;

    proa_trace_source_init(&source);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check_case(&source, &cases[i]);
    identifiers_differ();
    return 0;
}
