/*
 * mm/zonelist.h - in which order the nodes are asked for a page.
 */
#ifndef MM_ZONELIST_H
#define MM_ZONELIST_H

#include "mm/node.h"

int zonelist_order(int *order, int from, const uint8_t *dist, const nodemask_t *memory,
                   unsigned *load, int nr_nodes);
void zonelist_build(pg_data_t *pgdat, const int *order, int nr);
void zonelists_build_all(const uint8_t *dist);
void zonelists_show(struct seqbuf *s);

/* The list that serves requests for @nid; @thisnode for __GFP_THISNODE. */
static inline const struct zonelist *node_zonelist(int nid, bool thisnode)
{
    return &NODE_DATA(nid)->node_zonelists[thisnode ? ZONELIST_NOFALLBACK : ZONELIST_FALLBACK];
}

/* Walk the zones of @list that lie at or below @highest. */
#define for_each_zone_in(ref, list, highest)                                                       \
    for ((ref) = (list)->zonerefs; (ref)->zone; (ref)++)                                           \
        if ((ref)->zone_idx <= (int)(highest))

#endif
