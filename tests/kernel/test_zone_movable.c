/*
 * tests/kernel/test_zone_movable.c - ZONE_MOVABLE, whatever this machine was booted with.
 */
#include "kernel/ktest.h"
#include "mm/memblock.h"
#include "mm/movable.h"
#include "mm/pcp.h"
#include "mm/vmemmap.h"
#include "mm/watermark.h"
#include "mm/zonelist.h"
#include "tests/kernel/mm_helpers.h"

#define NO_MOVABLE  "no node has ZONE_MOVABLE; boot with kernelcore= or movablecore="

#define TO_THE_LAST (__GFP_MEMALLOC | __GFP_NOWARN) /* watermarks don't hold it back */

static struct hoard hoard;

/* The next node above @nid whose ZONE_MOVABLE has free pages, or MAX_NUMNODES. */
static int next_movable(int nid)
{
    do {
        nid = nodemask_next(&node_states[N_MEMORY], nid);
    } while (nid < MAX_NUMNODES && !NODE_DATA(nid)->node_zones[ZONE_MOVABLE].nr_free_pages);
    return nid;
}

/* What lies in the CPUs' lists counts, too. */
static unsigned long movable_free(int nid)
{
    drain_all_pages(NULL);
    return READ_ONCE(NODE_DATA(nid)->node_zones[ZONE_MOVABLE].nr_free_pages);
}

/* A border in the middle of a block would make the buddy look for a buddy in another zone. */
KTEST(zone_movable, border_is_whole_blocks_and_inside_its_node)
{
    for (int nid = 0; nid < MAX_NUMNODES; nid++) {
        uint64_t start, end;

        if (!zone_movable_pfn[nid])
            continue;
        KEXPECT_EQ(0, zone_movable_pfn[nid] % MAX_ORDER_PAGES);
        KASSERT(memblock_node_span(&memblock, nid, &start, &end));
        KEXPECT(zone_movable_pfn[nid] < end >> PAGE_SHIFT);
        KEXPECT(NODE_DATA(nid)->node_zones[ZONE_MOVABLE].spanned_pages > 0);
    }
}

/* The kernel's code would be said to be movable. */
KTEST(zone_movable, kernel_image_lies_below_every_border)
{
    int nid = memblock_nid_of(&memblock, virt_to_phys(&hoard));

    KASSERT(nid != NUMA_NO_NODE);
    KEXPECT(!zone_movable_pfn[nid] || page_zonenum(virt_to_page(&hoard)) != ZONE_MOVABLE);
}

/* Who says that its page can be moved is served from where only such pages are, as long as there is any. */
KTEST(zone_movable, movable_page_comes_from_zone_movable)
{
    KSKIP_IF(next_movable(-1) == MAX_NUMNODES, NO_MOVABLE);
    for (int nid = next_movable(-1); nid < MAX_NUMNODES; nid = next_movable(nid)) {
        unsigned long before = movable_free(nid);
        struct page *page = alloc_pages_node(nid, GFP_USER | __GFP_MOVABLE, 3);

        KASSERT(page != NULL);
        KEXPECT_EQ(nid, page_to_nid(page));
        KEXPECT_EQ(ZONE_MOVABLE, page_zonenum(page));
        KEXPECT_EQ(before - 8, movable_free(nid));
        __free_pages(page, 3);
        KEXPECT_EQ(before, movable_free(nid));
    }
}

/* One page that cannot be moved, and the memory stays in the machine for ever. */
KTEST(zone_movable, other_pages_never_come_from_zone_movable)
{
    KSKIP_IF(next_movable(-1) == MAX_NUMNODES, NO_MOVABLE);
    KSKIP_IF(hoarding_is_slow(), "a debug build would fill more than 2 GiB");
    for (int nid = next_movable(-1); nid < MAX_NUMNODES; nid = next_movable(nid)) {
        unsigned long before = movable_free(nid);
        struct page *page;

        hoard_init(&hoard);
        while ((page = alloc_pages_node(nid, __GFP_THISNODE | TO_THE_LAST, MAX_ORDER - 1)))
            hoard_add(&hoard, page);
        while ((page = alloc_pages_node(nid, __GFP_THISNODE | TO_THE_LAST, 0)))
            hoard_add(&hoard, page);
        KEXPECT_EQ(before, movable_free(nid));
        KEXPECT_EQ(0, kernel_free_pages(nid));
        /* And the movable page is still to be had. */
        page = alloc_pages_node(nid, __GFP_MOVABLE | __GFP_THISNODE | TO_THE_LAST, 0);
        KEXPECT(page != NULL && page_zonenum(page) == ZONE_MOVABLE);
        if (page)
            __free_pages(page, 0);
        hoard_release(&hoard);
    }
}

/* Has a lower zone of @nid something for a movable page, above its low mark and its reserve? */
static bool lower_serves(int nid)
{
    for (int i = 0; i <= ZONE_NORMAL; i++) {
        const struct zone *zone = &NODE_DATA(nid)->node_zones[i];

        if (zone_watermark_ok(zone, 0, wmark_pages(zone, WMARK_LOW), ZONE_MOVABLE, 0))
            return true;
    }
    return false;
}

/* Take movable pages of @nid, and return the first that isn't in its ZONE_MOVABLE. */
static struct page *first_beside_movable(int nid)
{
    struct page *page;

    while ((page = alloc_pages_node(nid, __GFP_MOVABLE | __GFP_NOWARN, 0)) &&
           page_to_nid(page) == nid && page_zonenum(page) == ZONE_MOVABLE)
        hoard_add(&hoard, page);
    return page;
}

/* When ZONE_MOVABLE is full, the same node's other zones serve before another node does. */
KTEST(zone_movable, movable_page_may_come_from_a_lower_zone)
{
    KSKIP_IF(next_movable(-1) == MAX_NUMNODES, NO_MOVABLE);
    KSKIP_IF(hoarding_is_slow(), "a debug build would fill more than 2 GiB");
    for (int nid = next_movable(-1); nid < MAX_NUMNODES; nid = next_movable(nid)) {
        bool expected = lower_serves(nid);
        struct page *lower;

        hoard_init(&hoard);
        lower = first_beside_movable(nid);
        if (expected)
            KEXPECT(lower && page_to_nid(lower) == nid && page_zonenum(lower) <= ZONE_NORMAL);
        if (lower)
            __free_pages(lower, 0);
        hoard_release(&hoard);
    }
}

/* The order in which Linux asks: the zone that the fewest requests can use comes first. */
KTEST(zone_movable, lists_have_a_nodes_movable_zone_before_its_others)
{
    int nid;

    for_each_node (nid) {
        const struct zone *previous = NULL;
        const struct zoneref *ref;

        for (ref = node_zonelist(nid, false)->zonerefs; ref->zone; ref++) {
            if (ref->zone_idx == ZONE_MOVABLE)
                KEXPECT(!previous || previous->zone_pgdat != ref->zone->zone_pgdat);
            previous = ref->zone;
        }
    }
}

/* has_normal_memory is where the kernel's own data can be; the rest can be pulled out. */
KTEST(zone_movable, node_that_is_all_movable_has_no_normal_memory)
{
    int nid;

    for_each_node_mask (nid, &node_states[N_MEMORY]) {
        unsigned long kernel = 0;

        for (int type = ZONE_DMA; type <= ZONE_NORMAL; type++)
            kernel += NODE_DATA(nid)->node_zones[type].present_pages;
        KEXPECT_EQ(kernel != 0, node_state(nid, N_NORMAL_MEMORY));
    }
}

/* movable_node: memory that is to be pulled out must hold nothing of the kernel's, not even descriptors. */
KTEST(zone_movable, hot_pluggable_ranges_are_free_as_a_whole)
{
    int nr = 0;

    for (unsigned i = 0; i < memblock.memory.nr; i++) {
        const struct memblock_region *r = &memblock.memory.regions[i];
        uint64_t at;

        if (!memblock_first_hotplug(&memblock, r->start, r->end, &at))
            continue;
        nr++;
        for (uint64_t pa = ALIGN_UP(at, PAGE_SIZE); pa < r->end;
             pa += MAX_ORDER_PAGES * PAGE_SIZE) {
            const struct page *page = pfn_to_page(pa >> PAGE_SHIFT);

            KASSERT_EQ(0, page->flags & (PAGE_RESERVED | PAGE_DESCRIPTOR));
        }
    }
    KSKIP_IF(nr == 0, "no hot-pluggable range, or no movable_node on the command line");
}
