/*
 * The lab's API in C: what is answered, apart from how it is served. The same
 * file is compiled into the native server and into the WebAssembly program.
 * bench/lab/API.md is the contract.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef LAB_ITEMS_H
#define LAB_ITEMS_H

#include <stddef.h>

struct lab_text {
    const char *bytes;
    size_t size;
};

struct lab_answer {
    int status;
    const char *allow; /* value of the field Allow, or NULL */
    const char *body;  /* JSON */
    size_t size;
    char *owned; /* what to free, or NULL */
};

/*
 * Answer one request; the body is only read. Free with lab_answer_deinit().
 */
struct lab_answer lab_answer(struct lab_text method, struct lab_text path,
                             struct lab_text query, struct lab_text body);
void lab_answer_deinit(struct lab_answer *answer);

#endif
