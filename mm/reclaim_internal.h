/*
 * mm/reclaim_internal.h - one round of reclaim, and those who order it.
 */
#ifndef MM_RECLAIM_INTERNAL_H
#define MM_RECLAIM_INTERNAL_H

#include "mm/node.h"

#define SWAP_CLUSTER_MAX 32 /* pages that are looked at in one go */
#define DEF_PRIORITY                                                                               \
    12 /* a round looks at 1 page in 2^priority; each that is not enough, at more */

/* Who reclaims, for what, and how it went so far. */
struct scan_control {
    unsigned long nr_to_reclaim;
    gfp_t gfp;              /* of the allocation; says whether pages may be written back */
    enum zone_type highest; /* pages of higher zones are left alone */
    int order;
    int priority;
    bool is_kswapd;
    bool may_writepage;
    bool ignore_references; /* pages that were used go as well */

    unsigned long nr_scanned;
    unsigned long nr_reclaimed;
};

/* High orders need neighbours to merge with: so many pages are freed for a block of @order. */
static inline unsigned long reclaim_gap(int order)
{
    return 2ul << order;
}

bool shrink_node(pg_data_t *pgdat, struct scan_control *sc);
unsigned long drop_node_pages(pg_data_t *pgdat);
bool reclaim_begin(void);
void reclaim_end(bool was_in_reclaim);

#endif
