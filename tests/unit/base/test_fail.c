/* SPDX-License-Identifier: Apache-2.0 */
#include "base/fail.h"

#include "../check.h"

static enum proa_status fail(struct proa_error *err, const char *text)
{
    return proa_fail(err, PROA_INVALID, 7, "%s", text);
}

int main(void)
{
    struct proa_error err = { 0 };
    char longer[1000];

    CHECK_EQ(fail(&err, "first\nline\x1b[31m"), PROA_INVALID);
    CHECK_EQ(proa_fail(&err, PROA_IO, 9, "second"), PROA_IO);
    CHECK_EQ(err.status, PROA_INVALID); /* the first error wins */
    CHECK_EQ(err.offset, 7);
    CHECK_EQ(strcmp(err.text, "first?line?[31m"), 0); /* one line, no escapes */

    err = (struct proa_error){ 0 };
    memset(longer, 'y', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    CHECK_EQ(fail(&err, longer), PROA_INVALID);
    CHECK_EQ(strlen(err.text), sizeof err.text - 1);

    for (int status = PROA_OK; status <= PROA_EXIT; status++)
        CHECK_EQ(proa_status_name((enum proa_status)status) != NULL, 1);
    CHECK_EQ(strcmp(proa_status_name((enum proa_status)99), "unknown status"),
             0);
    return 0;
}
