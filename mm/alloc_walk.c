/*
 * mm/alloc_walk.c - one walk along the zonelist: which zone serves?
 *
 * THEORY
 *
 * The walk asks the zones of a list in their order. Which watermark counts, and how far below it the
 * request may go, is the caller's to say (mm/alloc_slow.c); the first zone that stays above it serves.
 *
 *     alloc_pages_node(1, GFP_KERNEL, 0), list of node 1:  1:Normal  1:DMA32  0:DMA32  0:DMA
 *                                                          below low  serves
 *
 * With node_reclaim_mode on, a zone that refuses is first asked to give back a little of what it only
 * keeps for speed, before the walk goes to a node farther away.
 *
 * LOCKING  None; rmqueue() takes the zone's.
 */
#include "kernel/lib/errno.h"
#include "mm/numa.h"
#include "mm/page_alloc_internal.h"
#include "mm/vmscan.h"
#include "mm/watermark.h"
#include "mm/zonelist.h"

/* Nodes farther away than that are not worth reclaiming for: Linux's RECLAIM_DISTANCE. */
#define RECLAIM_DISTANCE 30

/* alloc_context_init - @nid exists. Context: any. */
void alloc_context_init(struct alloc_context *ac, int nid, gfp_t gfp, unsigned order)
{
    const struct zoneref *ref;

    *ac = (struct alloc_context){
        .gfp = gfp,
        .order = order,
        .nid = nid,
        .list = node_zonelist(nid, gfp & __GFP_THISNODE),
        .highest = gfp_zone(gfp),
    };
    for_each_zone_in (ref, ac->list, ac->highest) {
        ac->preferred = ref->zone;
        break;
    }
}

/* Would @zone serve, by its marks? */
static enum alloc_verdict judge(const struct alloc_context *ac, const struct zone *zone,
                                unsigned alloc_flags)
{
    if (!zone->managed_pages)
        return ZONE_EMPTY;
    if (alloc_flags & ALLOC_NO_WATERMARKS)
        return ZONE_SERVED;
    switch (zone_watermark_test(
        zone, ac->order, wmark_pages(zone, (enum zone_watermarks)(alloc_flags & ALLOC_WMARK_MASK)),
        ac->highest, alloc_flags, READ_ONCE(zone->nr_free_pages))) {
    case WATERMARK_BELOW:
        return ZONE_BELOW_MARK;
    case WATERMARK_RESERVED:
        return ZONE_RESERVED;
    case WATERMARK_FRAGMENTED:
        return ZONE_FRAGMENTED;
    case WATERMARK_OK:
        break;
    }
    return ZONE_SERVED;
}

/* Is it worth reclaiming here rather than going farther? */
static bool worth_reclaiming(const struct alloc_context *ac, const struct zone *zone)
{
    return node_reclaim_mode != 0 && zone->managed_pages != 0 &&
           node_distance(ac->preferred->zone_pgdat->node_id, zone->zone_pgdat->node_id) <=
               RECLAIM_DISTANCE;
}

/* A block of @zone, if its marks allow it. */
static struct page *ask(const struct alloc_context *ac, struct zone *zone, unsigned alloc_flags)
{
    enum alloc_verdict verdict = judge(ac, zone, alloc_flags);
    struct page *page = NULL;

    if (verdict != ZONE_SERVED && worth_reclaiming(ac, zone) &&
        node_reclaim(zone->zone_pgdat, ac->gfp, ac->order))
        verdict = judge(ac, zone, alloc_flags);
    if (verdict == ZONE_SERVED) {
        page = rmqueue(ac, zone);
        if (!page)
            verdict = ZONE_RACED;
    }
    alloc_note(ac, zone, alloc_flags, verdict);
    return page;
}

/*
 * get_page_from_list - contract in mm/page_alloc_internal.h.
 *
 * Context: any; with node_reclaim_mode as ac->gfp says. O(zones of the list).
 */
struct page *get_page_from_list(const struct alloc_context *ac, unsigned alloc_flags)
{
    for (const struct zoneref *ref = ac->list->zonerefs; ref->zone; ref++) {
        struct page *page;

        if (ref->zone_idx > (int)ac->highest) {
            alloc_note(ac, ref->zone, alloc_flags, ZONE_ABOVE);
            continue;
        }
        page = ask(ac, ref->zone, alloc_flags);
        if (page)
            return page;
    }
    return NULL;
}
