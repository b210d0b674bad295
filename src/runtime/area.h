/*
 * An area of a slot, the bytes of a memory or a table, and what it is put back
 * to.
 *
 * Pages that were written stay resident: copying one costs a twentieth of
 * faulting one in. Which ones there are the kernel tells; which of them a use
 * really wrote is looked at in some of the uses, so that an area that keeps
 * far more than its uses write gives its pages back.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_RUNTIME_AREA_H
#define PROA_RUNTIME_AREA_H

#include "base/arena.h"
#include "platform/pages.h"
#include "proa/error.h"

/* Where an area does not begin as zero; whole pages. */
struct proa_area_piece {
    uint64_t start; /* from the area's */
    uint64_t end;
    const uint8_t *bytes;
};

struct proa_area_pieces {
    const struct proa_area_piece *items; /* ascending, apart */
    uint32_t count;
};

/* How areas are put back; the same for all of a slot. */
struct proa_area_policy {
    uint64_t resident_bytes_max;
    uint32_t run_max; /* of a scan: 1 to PROA_PAGES_RUNS_MAX */
    bool is_blind;    /* do as if the kernel could not tell */
    /* Only the thread that a use is on writes to the area: while `faults`,
     * which is then told for each restore, has not changed, no page was added.
     */
    bool counts_faults;
    struct proa_page_faults faults;
};

/* The own pages of an area, as the kernel told. */
struct proa_area_seen {
    bool is_all; /* below `size`, when there were `faults` */
    struct proa_page_faults faults;
    uint64_t size;
    int count;
    struct proa_page_run runs[PROA_PAGES_RUNS_MAX];
};

struct proa_area {
    uint8_t *base;
    uint64_t size;                 /* at the beginning of a use */
    uint64_t size_max;             /* that a use ever had */
    struct proa_area_pieces files; /* the mapping shows these by itself */
    struct proa_area_pieces owned; /* win over files */
    uint8_t *shown; /* all that it begins with, and the mapping shows it; else
                     * NULL */
    uint64_t resident_size;    /* bytes, at the last look */
    uint64_t written_size_max; /* bytes, of the uses looked into lately */
    uint32_t use_count;
    struct proa_area_seen seen;
};

/*
 * Take an area as it is now for what it begins with.
 *
 * @param area  base, size and files are set; the rest is zero
 * @param arena gets a copy of what is neither zero nor the file's
 * @return PROA_OK, PROA_NOMEM
 */
PROA_NODISCARD enum proa_status
proa_area_capture(struct proa_area *area, struct proa_arena *arena,
                  const struct proa_area_policy *policy,
                  struct proa_error *err);

/*
 * After proa_area_capture(): let the mapping show all that the area begins
 * with, so that none of it is an own page until it is written to. Pays where
 * much was captured that most uses do not write.
 *
 * @param arena gets what the area's owned pieces are; what the capture's arena
 *              holds is not needed any more
 * @return false: too little to pay, or no memory; the area is as it was
 */
PROA_NODISCARD bool proa_area_show(struct proa_area *area,
                                   struct proa_arena *arena);

/* End what proa_area_show() began; the mapping is left as it is. */
void proa_area_hide(struct proa_area *area);

/* Put the first `size` bytes back to what they were, or to zero. */
void proa_area_restore(struct proa_area *area, uint64_t size,
                       const struct proa_area_policy *policy);

#endif
