/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/kept.h"

#include <stdlib.h>
#include <string.h>

#include "base/fail.h"

const struct proa_input *proa_kept_find(const struct proa_kept *kept,
                                        const char *name)
{
    for (uint32_t i = 0; i < kept->count; i++)
        if (strcmp(kept->items[i].name, name) == 0)
            return &kept->items[i];
    return NULL;
}

enum proa_status proa_kept_add(struct proa_kept *kept, const char *name,
                               struct proa_error *err)
{
    struct proa_input *items;
    char *own_name;

    if (proa_kept_find(kept, name) != NULL)
        return PROA_OK;
    items = realloc(kept->items, ((size_t)kept->count + 1) * sizeof *items);
    own_name = strdup(name);
    if (items != NULL)
        kept->items = items;
    if (items == NULL || own_name == NULL) {
        free(own_name);
        return proa_fail(err, PROA_NOMEM, 0, "out of memory");
    }
    enum proa_status status =
        proa_input_read(own_name, &items[kept->count], err);
    if (status == PROA_OK)
        kept->count++;
    else
        free(own_name);
    return status;
}

void proa_kept_deinit(struct proa_kept *kept)
{
    for (uint32_t i = 0; i < kept->count; i++) {
        free((void *)kept->items[i].name);
        proa_input_deinit(&kept->items[i]);
    }
    free(kept->items);
    *kept = (struct proa_kept){ 0 };
}
