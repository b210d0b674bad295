/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/area.h"

#include <string.h>

#include "base/fail.h"
#include "platform/map.h"

enum {
    PAGE = PROA_HOST_PAGE_SIZE,
    LOOK_EVERY = 16,  /* uses: what was written is looked at */
    FORGET_EVERY = 8, /* looks: what counts as lately */
    /* More than this many times what is written is too much to keep ... */
    KEEP_FACTOR = 4,
    KEEP_LEAST = 64 * PAGE, /* ... but this much is nothing */
};

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* A walk upwards through what an area begins with. */
struct walk {
    const struct proa_area *area;
    uint32_t file;
    uint32_t owned;
};

/* The piece that holds `at`; else NULL, and *end is cut to where one begins. */
static const struct proa_area_piece *
piece_at(const struct proa_area_pieces *pieces, uint32_t *index, uint64_t at,
         uint64_t *end)
{
    while (*index < pieces->count && pieces->items[*index].end <= at)
        ++*index;
    if (*index == pieces->count)
        return NULL;
    const struct proa_area_piece *piece = &pieces->items[*index];
    *end = least(*end, piece->start <= at ? piece->end : piece->start);
    return piece->start <= at ? piece : NULL;
}

/* What [at, *end) begins with, *end being lowered to where that is one thing.
 * NULL: zero. */
static const uint8_t *source_at(struct walk *walk, uint64_t at, uint64_t *end)
{
    const struct proa_area_piece *piece =
        piece_at(&walk->area->owned, &walk->owned, at, end);

    if (piece == NULL)
        piece = piece_at(&walk->area->files, &walk->file, at, end);
    return piece == NULL ? NULL : piece->bytes + (at - piece->start);
}

static bool is_zero(const uint8_t *bytes, uint64_t size)
{
    return bytes[0] == 0 && memcmp(bytes, bytes + 1, size - 1) == 0;
}

static bool is_same(const uint8_t *bytes, const uint8_t *source, uint64_t size)
{
    return source == NULL ? is_zero(bytes, size)
                          : memcmp(bytes, source, size) == 0;
}

static void put(uint8_t *bytes, const uint8_t *source, uint64_t size)
{
    if (source == NULL)
        memset(bytes, 0, size);
    else
        memcpy(bytes, source, size);
}

static void run_restore(struct walk *walk, struct proa_page_run run)
{
    for (uint64_t at = run.start; at < run.end;) {
        uint64_t end = run.end;
        const uint8_t *source = source_at(walk, at, &end);
        put(walk->area->base + at, source, end - at);
        at = end;
    }
}

/* The same, page by page, and only those that differ; how many bytes did. */
static uint64_t run_compare(struct walk *walk, struct proa_page_run run)
{
    uint64_t written = 0;

    for (uint64_t at = run.start; at < run.end; at += PAGE) {
        uint64_t end = least(at + PAGE, run.end);
        const uint8_t *source = source_at(walk, at, &end);
        uint8_t *bytes = walk->area->base + at;
        if (is_same(bytes, source, end - at))
            continue;
        put(bytes, source, end - at);
        written += end - at;
    }
    return written;
}

/* --- what it begins with ------------------------------------------------- */

struct capture {
    struct walk walk;
    struct proa_arena *arena;
    struct proa_area_piece *items;
    uint32_t count;
    uint32_t room;
};

static bool capture_add(struct capture *capture, uint64_t start, uint64_t end)
{
    struct proa_area_piece *last = NULL;
    uint8_t *bytes = proa_arena_alloc(capture->arena, end - start);

    if (bytes == NULL)
        return false;
    memcpy(bytes, capture->walk.area->base + start, end - start);
    if (capture->count > 0)
        last = &capture->items[capture->count - 1];
    /* Pages one after the other tend to lie so in the arena as well. */
    if (last != NULL && last->end == start &&
        last->bytes + (last->end - last->start) == bytes) {
        last->end = end;
        return true;
    }
    if (capture->count == capture->room) {
        uint32_t room = capture->room == 0 ? 16 : capture->room * 2;
        struct proa_area_piece *items =
            proa_arena_array(capture->arena, room, sizeof *items);
        if (items == NULL)
            return false;
        if (capture->count > 0)
            memcpy(items, capture->items, capture->count * sizeof *items);
        capture->items = items;
        capture->room = room;
    }
    capture->items[capture->count++] =
        (struct proa_area_piece){ start, end, bytes };
    return true;
}

static bool capture_run(struct capture *capture, struct proa_page_run run)
{
    const uint8_t *base = capture->walk.area->base;

    for (uint64_t at = run.start; at < run.end; at += PAGE) {
        uint64_t end = least(at + PAGE, run.end);
        const uint8_t *source = source_at(&capture->walk, at, &end);
        if (!is_same(base + at, source, end - at) &&
            !capture_add(capture, at, end))
            return false;
    }
    return true;
}

enum proa_status proa_area_capture(struct proa_area *area,
                                   struct proa_arena *arena,
                                   const struct proa_area_policy *policy,
                                   struct proa_error *err)
{
    struct proa_page_run runs[PROA_PAGES_RUNS_MAX];
    struct capture capture = { .walk.area = area, .arena = arena };
    bool is_good = true;
    uint64_t at = 0;

    while (is_good && at < area->size) {
        uint64_t next = area->size;
        int count = -1;
        if (!policy->is_blind)
            count = proa_pages_scan(area->base, at, area->size, runs,
                                    policy->run_max, &next);
        if (count < 0) {
            runs[0] = (struct proa_page_run){ at, area->size };
            next = area->size;
            count = 1;
        }
        for (int i = 0; i < count && is_good; i++)
            is_good = capture_run(&capture, runs[i]);
        at = next;
    }
    if (!is_good)
        return proa_fail(err, PROA_NOMEM, 0, "no memory for a slot");
    area->owned.items = capture.items;
    area->owned.count = capture.count;
    area->size_max = area->size;
    return PROA_OK;
}

/* --- back to it ---------------------------------------------------------- */

/* Give all pages back; what is neither zero nor the file's is copied. */
static void discard(struct proa_area *area, uint64_t size)
{
    struct walk walk = { .area = area };

    if (!proa_map_discard(area->base, area->size_max)) {
        run_restore(&walk, (struct proa_page_run){ 0, size });
        return;
    }
    for (uint32_t i = 0; area->shown == NULL && i < area->owned.count; i++) {
        const struct proa_area_piece *piece = &area->owned.items[i];
        memcpy(area->base + piece->start, piece->bytes,
               piece->end - piece->start);
    }
    area->seen.is_all = false;
    area->resident_size = 0;
    area->written_size_max = 0;
    area->use_count = 0;
}

/* What is known of a restore so far. */
struct tally {
    uint64_t size;
    bool is_look;
    uint64_t written;
    uint64_t resident;
};

static void runs_restore(struct walk *walk, const struct proa_page_run *runs,
                         int count, struct tally *tally)
{
    for (int i = 0; i < count; i++) {
        struct proa_page_run run = runs[i];
        tally->resident += run.end - run.start;
        run.end = least(run.end, tally->size);
        if (run.start >= run.end)
            continue;
        if (tally->is_look)
            tally->written += run_compare(walk, run);
        else
            run_restore(walk, run);
    }
}

/* No page has come since the kernel told of all of them. */
static bool is_seen(const struct proa_area *area, uint64_t size,
                    const struct proa_area_policy *policy)
{
    const struct proa_area_seen *seen = &area->seen;

    return policy->counts_faults && seen->is_all && size <= seen->size &&
           seen->faults.thread != NULL &&
           seen->faults.thread == policy->faults.thread &&
           seen->faults.count == policy->faults.count;
}

/* False: the kernel does not tell. */
static bool runs_scan(struct proa_area *area, struct walk *walk,
                      struct tally *tally,
                      const struct proa_area_policy *policy)
{
    struct proa_area_seen *seen = &area->seen;
    /* Those above, which are hidden now, belong to what is remembered. */
    uint64_t size = policy->counts_faults ? area->size_max : tally->size;

    seen->is_all = false;
    for (uint64_t at = 0; at < size;) {
        uint64_t from = at;
        seen->count = proa_pages_scan(area->base, from, size, seen->runs,
                                      policy->run_max, &at);
        if (seen->count < 0)
            return false;
        runs_restore(walk, seen->runs, seen->count, tally);
        seen->is_all = from == 0 && at == size;
    }
    seen->size = size;
    seen->faults = policy->faults;
    return true;
}

/* Every page that is its own; false: the kernel does not tell. */
static bool restore_scanned(struct proa_area *area, uint64_t size,
                            const struct proa_area_policy *policy)
{
    struct walk walk = { .area = area };
    struct tally tally = {
        .size = size,
        .is_look = ++area->use_count % LOOK_EVERY == 0,
    };

    if (is_seen(area, size, policy))
        runs_restore(&walk, area->seen.runs, area->seen.count, &tally);
    else if (!runs_scan(area, &walk, &tally, policy))
        return false;
    area->resident_size = tally.resident;
    if (!tally.is_look)
        return true;
    if (area->use_count % (LOOK_EVERY * FORGET_EVERY) == 0 ||
        tally.written > area->written_size_max)
        area->written_size_max = tally.written;
    return true;
}

static bool keeps_too_much(const struct proa_area *area,
                           const struct proa_area_policy *policy)
{
    uint64_t enough = KEEP_LEAST;

    if (area->resident_size > policy->resident_bytes_max)
        return true;
    if (area->use_count == 0 || area->use_count % LOOK_EVERY != 0)
        return false;
    if (area->written_size_max > enough / KEEP_FACTOR)
        enough = area->written_size_max * KEEP_FACTOR;
    return area->resident_size > enough;
}

void proa_area_restore(struct proa_area *area, uint64_t size,
                       const struct proa_area_policy *policy)
{
    if (area->size_max < size)
        area->size_max = size;
    if (policy->is_blind || !restore_scanned(area, size, policy) ||
        keeps_too_much(area, policy))
        discard(area, size);
}
