/*
 * tests/kernel/test_zones.c - zones: borders, and counts worked out anew from memblock.
 */
#include "kernel/ktest.h"
#include "kernel/lib/string.h"
#include "mm/memblock.h"
#include "mm/movable.h"
#include "mm/node.h"
#include "mm/vmemmap.h"

static const struct {
    const char *name;
    uint64_t start, end;
} want_bounds[MAX_NR_ZONES] = {
    [ZONE_DMA] = {"DMA", 0, MiB(16)},
    [ZONE_DMA32] = {"DMA32", MiB(16), GiB(4)},
    [ZONE_NORMAL] = {"Normal", GiB(4), UINT64_MAX},
    [ZONE_MOVABLE] = {"Movable", 0, UINT64_MAX}, /* from the node's border on */
    [ZONE_DEVICE] = {"Device", 0, 0},
};

/* The part of the region, of one node, that lies between the zone's bounds; false if there is none. */
static bool clip(const struct memblock_region *r, int type, uint64_t *start, uint64_t *end)
{
    uint64_t border = (uint64_t)zone_movable_pfn[r->nid] << PAGE_SHIFT;

    *start = max(r->start, want_bounds[type].start);
    *end = min(r->end, want_bounds[type].end);
    if (type == ZONE_MOVABLE)
        *start = border ? max(*start, border) : UINT64_MAX;
    else if (border)
        *end = min(*end, border);
    return *start < *end;
}

/* The node from its first to its last byte, as a region. */
static struct memblock_region whole_node(int nid)
{
    struct memblock_region whole = {.start = UINT64_MAX, .end = 0, .nid = nid};

    for (unsigned i = 0; i < memblock.memory.nr; i++) {
        if (memblock.memory.regions[i].nid != nid)
            continue;
        whole.start = min(whole.start, memblock.memory.regions[i].start);
        whole.end = max(whole.end, memblock.memory.regions[i].end);
    }
    return whole;
}

/* Tools sum these up and compare them with the machine's memory; Linux shows the same. */
KTEST(zones, spanned_and_start_are_the_nodes_span_between_the_borders)
{
    int nid;

    for_each_node (nid) {
        struct memblock_region whole = whole_node(nid);

        for (int type = 0; type < MAX_NR_ZONES; type++) {
            const struct zone *zone = &NODE_DATA(nid)->node_zones[type];
            uint64_t start, end;
            bool any = clip(&whole, type, &start, &end);

            if (type == ZONE_DEVICE)
                continue; /* it has no RAM */
            KEXPECT_EQ(any ? (end - start) >> PAGE_SHIFT : 0, zone->spanned_pages);
            KEXPECT_EQ(any ? start >> PAGE_SHIFT : 0, zone->zone_start_pfn);
        }
    }
}

/* Present pages of all zones are the machine's RAM: one page twice or not at all is memory that
 * doesn't exist or is never used. */
KTEST(zones, present_is_the_nodes_ram_between_the_borders)
{
    int nid;

    for_each_node (nid) {
        for (int type = 0; type < MAX_NR_ZONES; type++) {
            uint64_t bytes = 0, start, end;

            for (unsigned i = 0; i < memblock.memory.nr; i++)
                if (memblock.memory.regions[i].nid == nid &&
                    clip(&memblock.memory.regions[i], type, &start, &end))
                    bytes += end - start;
            KEXPECT_EQ(bytes >> PAGE_SHIFT, NODE_DATA(nid)->node_zones[type].present_pages);
        }
    }
}

/* Managed is what boot didn't keep: less is a leak from the start, more is a page with two owners. */
KTEST(zones, managed_is_the_ram_that_memblock_left_free)
{
    int nid;

    for_each_node (nid) {
        for (int type = 0; type < MAX_NR_ZONES; type++) {
            uint64_t cursor = 0, nr = 0, start, end;
            struct memblock_region r = {.nid = nid};

            while (memblock_next_free(&memblock, &cursor, nid, &r.start, &r.end)) {
                r.start = ALIGN_UP(r.start, PAGE_SIZE);
                r.end = ALIGN_DOWN(r.end, PAGE_SIZE);
                if (clip(&r, type, &start, &end))
                    nr += (end - start) >> PAGE_SHIFT;
            }
            KEXPECT_EQ(nr, NODE_DATA(nid)->node_zones[type].managed_pages);
        }
    }
}

/* A device with 24 address lines writes into somebody else's page if this border is wrong. */
KTEST(zones, borders_are_at_16_mib_and_4_gib)
{
    KEXPECT_EQ(ZONE_DMA, zone_type_of_pfn(0));
    KEXPECT_EQ(ZONE_DMA, zone_type_of_pfn((MiB(16) >> PAGE_SHIFT) - 1));
    KEXPECT_EQ(ZONE_DMA32, zone_type_of_pfn(MiB(16) >> PAGE_SHIFT));
    KEXPECT_EQ(ZONE_DMA32, zone_type_of_pfn((GiB(4) >> PAGE_SHIFT) - 1));
    KEXPECT_EQ(ZONE_NORMAL, zone_type_of_pfn(GiB(4) >> PAGE_SHIFT));
}

/* A page's zone decides to which free list it goes back. */
KTEST(zones, every_page_of_ram_knows_its_zone)
{
    for (unsigned i = 0; i < memblock.memory.nr; i++) {
        const struct memblock_region *r = &memblock.memory.regions[i];

        for (uint64_t pa = r->start; pa < r->end; pa += PAGE_SIZE) {
            int type = page_zonenum(pfn_to_page(pa >> PAGE_SHIFT));

            KASSERT(type < MAX_NR_ZONES);
            KASSERT_EQ(zone_type_of(r->nid, pa >> PAGE_SHIFT), type);
            KASSERT(pa >= want_bounds[type].start && pa < want_bounds[type].end);
        }
    }
}

/* Books, tools and our own files know the zones by these names. */
KTEST(zones, zones_know_their_name_and_their_node)
{
    int nid;

    for_each_node (nid) {
        for (int type = 0; type < MAX_NR_ZONES; type++) {
            const struct zone *zone = &NODE_DATA(nid)->node_zones[type];

            KEXPECT_EQ(0, strcmp(want_bounds[type].name, zone->name));
            KEXPECT(zone->zone_pgdat == NODE_DATA(nid));
        }
    }
}

/* Zones from nr_zones on are never looked at: one with memory there is memory lost. */
KTEST(zones, nr_zones_is_just_above_the_highest_zone_with_memory)
{
    int nid;

    for_each_node (nid) {
        int nr = 0;

        for (int type = 0; type < MAX_NR_ZONES; type++)
            if (NODE_DATA(nid)->node_zones[type].present_pages)
                nr = type + 1;
        KEXPECT_EQ(nr, NODE_DATA(nid)->nr_zones);
    }
}

/* A page that cannot be moved in ZONE_MOVABLE keeps the whole zone where it is. */
KTEST(zones, request_names_the_highest_zone_that_will_do)
{
    KEXPECT_EQ(ZONE_NORMAL, gfp_zone(GFP_KERNEL));
    KEXPECT_EQ(ZONE_NORMAL, gfp_zone(GFP_ATOMIC | __GFP_ZERO | __GFP_THISNODE));
    KEXPECT_EQ(ZONE_DMA32, gfp_zone(GFP_KERNEL | GFP_DMA32));
    KEXPECT_EQ(ZONE_DMA, gfp_zone(GFP_KERNEL | GFP_DMA));
    KEXPECT_EQ(ZONE_DMA, gfp_zone(GFP_DMA | GFP_DMA32));
    KEXPECT_EQ(ZONE_MOVABLE, gfp_zone(GFP_KERNEL | __GFP_MOVABLE));
    KEXPECT_EQ(ZONE_DMA32, gfp_zone(GFP_DMA32 | __GFP_MOVABLE));
}
