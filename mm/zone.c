/*
 * mm/zone.c - the part of a node's memory that can serve a kind of request.
 *
 * THEORY
 *
 * Devices differ in how far they can address: old ones 16 MiB, many 4 GiB, the rest everything. So
 * each node's memory is cut at these addresses into zones, and a request names the highest zone
 * that will do. What lies above a node's border is ZONE_MOVABLE whatever its address (mm/movable.c).
 * Three counts tell how much there is:
 *
 *     spanned   from the first to the last page of the zone, holes and other nodes' pages included
 *     present   pages of RAM that belong to this node
 *     managed   present pages that the buddy allocator got: not those that boot kept
 *
 * Example, node 0 of a PC with 512 MiB: the node starts at page 1, so zone DMA spans the pages 1 to
 * 4095, which are 4095; the hole from 636 KiB to 1 MiB leaves 3998 present.
 *
 * LOCKING  Spans and counts are fixed at boot.
 * UNITS    Pages of 4 KiB, page frame numbers.
 * SOURCES  The counts are those that Linux 6.1 shows in /proc/zoneinfo.
 */
#include "mm/zone.h"
#include "mm/memblock.h"
#include "mm/movable.h"
#include "mm/node.h"

unsigned long zone_movable_pfn[MAX_NUMNODES];

/* First and last address, [start, end), of the zones that are cut by address. */
static const struct {
    const char *name;
    uint64_t start, end;
} zone_bounds[MAX_NR_ZONES] = {
    [ZONE_DMA] = {"DMA", 0, ZONE_DMA_END},
    [ZONE_DMA32] = {"DMA32", ZONE_DMA_END, ZONE_DMA32_END},
    [ZONE_NORMAL] = {"Normal", ZONE_DMA32_END, UINT64_MAX},
    [ZONE_MOVABLE] = {"Movable", 0, 0},
    [ZONE_DEVICE] = {"Device", 0, 0},
};

/* zone_name - as Linux prints it. */
const char *zone_name(enum zone_type type)
{
    return zone_bounds[type].name;
}

/* zone_type_of_pfn - the zone that this page's address says; only what is movable lies elsewhere. */
enum zone_type zone_type_of_pfn(unsigned long pfn)
{
    uint64_t pa = (uint64_t)pfn << PAGE_SHIFT;

    if (pa < ZONE_DMA_END)
        return ZONE_DMA;
    return pa < ZONE_DMA32_END ? ZONE_DMA32 : ZONE_NORMAL;
}

/* The node's first movable page, or a page above all. */
static unsigned long movable_border(int nid)
{
    return zone_movable_pfn[nid] ? zone_movable_pfn[nid] : ~0UL;
}

/* zone_type_of - the zone in which this page of RAM of node @nid lies. */
enum zone_type zone_type_of(int nid, unsigned long pfn)
{
    return pfn < movable_border(nid) ? zone_type_of_pfn(pfn) : ZONE_MOVABLE;
}

/* zone_border - where the zone of this page of @nid ends, or @end if that comes first. */
unsigned long zone_border(int nid, unsigned long pfn, unsigned long end)
{
    unsigned long border = movable_border(nid);

    if (pfn >= border)
        return end;
    return min(end,
               min(border, (unsigned long)(zone_bounds[zone_type_of_pfn(pfn)].end >> PAGE_SHIFT)));
}

/* Cut [*start, *end), the node's span, down to what @type may hold. */
static void clip_to_zone(int nid, enum zone_type type, uint64_t *start, uint64_t *end)
{
    uint64_t movable = zone_movable_pfn[nid] ? (uint64_t)zone_movable_pfn[nid] << PAGE_SHIFT : *end;

    if (type == ZONE_MOVABLE) {
        *start = max(*start, movable);
        return;
    }
    *start = max(*start, zone_bounds[type].start);
    *end = min(min(*end, movable), zone_bounds[type].end);
}

/* Span and count the part of the node that lies in this zone. */
static void zone_measure(struct zone *zone, enum zone_type type, const struct memblock *mb)
{
    int nid = zone->zone_pgdat->node_id;
    uint64_t start, end;

    if (!memblock_node_span(mb, nid, &start, &end))
        return;
    clip_to_zone(nid, type, &start, &end);
    if (start >= end)
        return;
    zone->zone_start_pfn = start >> PAGE_SHIFT;
    zone->spanned_pages = (end - start) >> PAGE_SHIFT;
    zone->present_pages = memblock_bytes_in(mb, start, end, nid) >> PAGE_SHIFT;
}

/*
 * zone_init - an empty zone of @pgdat, with its span and counts from @mb.
 *
 * @zone  zeroed memory. managed_pages stays 0 until the buddy gets pages.
 */
void zone_init(struct zone *zone, struct pglist_data *pgdat, enum zone_type type,
               const struct memblock *mb)
{
    zone->name = zone_name(type);
    zone->zone_pgdat = pgdat;
    spin_lock_init(&zone->lock, "zone", LOCK_ZONE);
    for (unsigned order = 0; order < MAX_ORDER; order++) {
        for (int kind = 0; kind < MIGRATE_TYPES; kind++)
            list_init(&zone->free_area[order].free_list[kind]);
    }
    zone_measure(zone, type, mb);
}
