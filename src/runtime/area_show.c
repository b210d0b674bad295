/*
 * What an area begins with as a file in memory, which its mapping shows.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>
#include <unistd.h>

#include "platform/map.h"
#include "runtime/area.h"

/* Of what was captured: less is copied sooner than it is mapped. */
static const uint64_t bytes_min = 16 * (uint64_t)PROA_HOST_PAGE_SIZE;

static uint64_t size_of(const struct proa_area_pieces *pieces)
{
    uint64_t size = 0;

    for (uint32_t i = 0; i < pieces->count; i++)
        size += pieces->items[i].end - pieces->items[i].start;
    return size;
}

static void write_pieces(uint8_t *shown, const struct proa_area_pieces *pieces)
{
    for (uint32_t i = 0; i < pieces->count; i++) {
        const struct proa_area_piece *piece = &pieces->items[i];
        memcpy(shown + piece->start, piece->bytes, piece->end - piece->start);
    }
}

bool proa_area_show(struct proa_area *area, struct proa_arena *arena)
{
    uint32_t count = area->owned.count;
    struct proa_area_piece *items;
    uint8_t *shown;
    int fd;

    if (size_of(&area->owned) < bytes_min)
        return false;
    items = proa_arena_array(arena, count, sizeof *items);
    shown = proa_map_new_file(area->size, &fd);
    if (items == NULL || shown == NULL) {
        proa_map_release(shown, area->size);
        if (shown != NULL)
            (void)close(fd);
        return false;
    }
    write_pieces(shown, &area->files);
    write_pieces(shown, &area->owned);
    bool is_mapped = proa_map_overlay(area->base, area->size, fd, 0);
    (void)close(fd);
    if (!is_mapped) {
        proa_map_release(shown, area->size);
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        items[i] = area->owned.items[i];
        items[i].bytes = shown + items[i].start;
    }
    area->owned.items = items;
    area->shown = shown;
    return true;
}

void proa_area_hide(struct proa_area *area)
{
    proa_map_release(area->shown, area->size);
    area->shown = NULL;
}
