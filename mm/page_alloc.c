/*
 * mm/page_alloc.c - pages for everyone: the ways in and out.
 *
 * THEORY
 *
 * A request names what it needs: how many pages (2^order), from which zones (GFP_DMA, GFP_DMA32,
 * __GFP_MOVABLE), near which node, whether another node will do (__GFP_THISNODE says no), and how much
 * may be done to get it. Most often this CPU has such a block in its lists (mm/pcp.h), and that is all.
 * Else the zones of that node's list are asked in their order, each of which serves, and fills this CPU's
 * list, as long as it stays above its low watermark (mm/alloc_walk.c); only then it gets expensive
 * (mm/alloc_slow.c). A block that is freed goes the same way back.
 *
 * Every allocation is counted twice, once by where the memory was wanted (numa_hit, or numa_miss
 * here and numa_foreign there) and once by where the CPU was (numa_local or numa_other).
 *
 * LOCKING  Takes no lock, or one zone's at a time, interrupts off; callable from anywhere but under it.
 * UNITS    Pages by order.
 * NOT HERE Blocks (mm/buddy.c); the order of nodes (mm/zonelist.c).
 */
#include "mm/page_alloc.h"
#include "kernel/cpu.h"
#include "kernel/lib/string.h"
#include "kernel/printk.h"
#include "kernel/sched.h"
#include "kernel/trace.h"
#include "mm/buddy.h"
#include "mm/explain.h"
#include "mm/fault_inject.h"
#include "mm/kasan.h"
#include "mm/page_alloc_internal.h"
#include "mm/page_check.h"
#include "mm/pcp.h"

static void count(struct zone *zone, enum numa_stat_item item)
{
    __atomic_fetch_add(&zone->numa_stat[item], 1, __ATOMIC_RELAXED);
}

/* @zone served a request from this CPU, near or far. */
static void count_distance(struct zone *zone)
{
    if (likely(zone->zone_pgdat->node_id == numa_node_id()))
        count(zone, NUMA_LOCAL);
    else
        count(zone, NUMA_OTHER);
}

/* @zone served a request that would have liked @preferred best. */
static void count_placement(struct zone *preferred, struct zone *zone)
{
    if (zone->zone_pgdat == preferred->zone_pgdat) {
        count(zone, NUMA_HIT);
    } else {
        count(zone, NUMA_MISS);
        count(preferred, NUMA_FOREIGN);
    }
    count_distance(zone);
}

/* take_from_buddy - contract in mm/page_alloc_internal.h. */
struct page *take_from_buddy(struct zone *zone, unsigned order, enum migrate_type type)
{
    unsigned long irq_flags = irq_save();
    struct page *page;

    zone_lock(zone);
    page = buddy_alloc(zone, order, type);
    zone_unlock(zone);
    irq_restore(irq_flags);
    if (page)
        page->refcount = 1;
    return page;
}

/*
 * rmqueue - contract in mm/page_alloc_internal.h. By way of this CPU's list, if the order is low.
 *
 * Context: any; may take the zone's lock.
 */
struct page *rmqueue(const struct alloc_context *ac, struct zone *zone)
{
    enum migrate_type type = gfp_migratetype(ac->gfp);
    struct page *page;

    if (ac->order < PCP_ORDERS)
        page = pcp_take(zone, ac->order, type);
    else
        page = take_from_buddy(zone, ac->order, type);
    if (page)
        count_placement(ac->preferred, zone);
    return page;
}

static __noinline struct page *refuse(int nid, unsigned order)
{
    if (order >= MAX_ORDER)
        pr_warn("alloc_pages: order %u is above the highest, %d", order, MAX_ORDER - 1);
    else
        pr_warn("alloc_pages_node: node %d does not exist", nid);
    return NULL;
}

/* The block is the caller's now; @pc is the instruction that asked. */
static __always_inline struct page *hand_over(struct page *page, gfp_t gfp, unsigned order,
                                              uintptr_t pc)
{
    kasan_unpoison_pages(page, order);
    page_check_poison(page, order, pc);
    if (gfp & __GFP_ZERO)
        memset(page_address(page), 0, PAGE_SIZE << order);
    return page;
}

/* What is seldom to be done with a block that came from a list at once. */
static __noinline struct page *hand_over_slow(struct page *page, gfp_t gfp, unsigned order,
                                              uintptr_t pc)
{
    trace(mm_page_alloc, .pfn = page_to_pfn(page), .order = order,
          .migratetype = gfp_migratetype(gfp), .gfp_flags = gfp);
    return hand_over(page, gfp, order, pc);
}

/*
 * The first zone of the list, if it has plenty: the first pass for nearly all blocks that are too large
 * for the CPUs' lists. NULL says nothing.
 */
static struct page *take_large(int nid, gfp_t gfp, unsigned order)
{
    unsigned long place = pcp_place(nid, gfp), owner = place >> PAGE_ZONE_BITS, least;
    struct zone *zone;
    struct page *page;

    if (place == PCP_PLACE_NONE || ((gfp & __GFP_THISNODE) && owner != (unsigned)nid))
        return NULL;
    zone = &NODE_DATA(owner)->node_zones[place % (1 << PAGE_ZONE_BITS)];
    least = READ_ONCE(zone->watermark[WMARK_LOW]) + READ_ONCE(zone->lowmem_reserve[gfp_zone(gfp)]);
    if (READ_ONCE(zone->nr_free_pages) <= least + (1UL << order))
        return NULL;
    page = take_from_buddy(zone, order, gfp_migratetype(gfp));
    if (page) {
        count(zone, NUMA_HIT);
        count_distance(zone);
    }
    return page;
}

/* All passes, the steps told in @explain if that is wanted. */
static __noinline struct page *take(int nid, gfp_t gfp, unsigned order, struct seqbuf *explain)
{
    struct alloc_context ac;
    struct page *page;

    alloc_context_init(&ac, nid, gfp, order);
    ac.explain = explain;
    page = get_page_from_list(&ac, WMARK_LOW);
    return page ? page : alloc_pages_slow(&ac);
}

/* What this CPU's lists don't serve at once, and what is no proper request. */
static __noinline struct page *alloc_slow(int nid, gfp_t gfp, unsigned order,
                                          struct seqbuf *explain, uintptr_t pc)
{
    struct page *page = NULL;

    if (nid == NUMA_NO_NODE)
        nid = numa_node_id();
    if (unlikely(order >= MAX_ORDER || (unsigned)nid >= MAX_NUMNODES || !NODE_DATA(nid)))
        return refuse(nid, order);
    if (!should_fail_alloc_page(gfp, order)) {
        if (order >= PCP_ORDERS && !explain && !trace_is_enabled(mm_page_alloc_zone))
            page = take_large(nid, gfp, order);
        if (!page)
            page = take(nid, gfp, order, explain);
    }
    trace(mm_page_alloc, .pfn = page ? page_to_pfn(page) : -1UL, .order = order,
          .migratetype = gfp_migratetype(gfp), .gfp_flags = gfp);
    return likely(page) ? hand_over(page, gfp, order, pc) : NULL;
}

/* The body of all forms. */
static __always_inline struct page *alloc_for(int nid, gfp_t gfp, unsigned order, uintptr_t pc)
{
    struct page *page;

    might_sleep_if(gfp & __GFP_DIRECT_RECLAIM);
    if (unlikely(!pcp_alloc(nid, gfp, order, &page)))
        return alloc_slow(nid, gfp, order, NULL, pc);
    if (unlikely(trace_is_enabled(mm_page_alloc)) || unlikely(gfp & __GFP_ZERO))
        return hand_over_slow(page, gfp, order, pc);
    return hand_over(page, 0, order, pc);
}

/*
 * alloc_pages - 2^@order pages, as near to this CPU as possible.
 *
 * @gfp    see mm/gfp.h.
 * @order  0..10; more is refused with a line in the log.
 *
 * Returns the block's head, or NULL if all that @gfp allows to do didn't help (a line in the log unless
 * __GFP_NOWARN). Contents are undefined unless __GFP_ZERO.
 * Context: takes zone locks. With __GFP_DIRECT_RECLAIM it may sleep, else any.
 */
struct page *alloc_pages(gfp_t gfp, unsigned order)
{
    return alloc_for(numa_node_id(), gfp, order, (uintptr_t)__builtin_return_address(0));
}

/*
 * alloc_pages_node - the same, as near to node @nid as possible; NUMA_NO_NODE is this CPU's node.
 *
 * With __GFP_THISNODE from that node or NULL. A node that does not exist is refused with a line in
 * the log.
 */
struct page *alloc_pages_node(int nid, gfp_t gfp, unsigned order)
{
    return alloc_for(nid, gfp, order, (uintptr_t)__builtin_return_address(0));
}

/* alloc_pages_explained - contract in mm/explain.h. */
struct page *alloc_pages_explained(int nid, gfp_t gfp, unsigned order, struct seqbuf *out)
{
    might_sleep_if(gfp & __GFP_DIRECT_RECLAIM);
    return alloc_slow(nid, gfp, order, out, (uintptr_t)__builtin_return_address(0));
}

/* __get_free_pages - alloc_pages for those who want the address; 0 instead of NULL. */
unsigned long __get_free_pages(gfp_t gfp, unsigned order)
{
    struct page *page =
        alloc_for(numa_node_id(), gfp, order, (uintptr_t)__builtin_return_address(0));

    return page ? (unsigned long)page_address(page) : 0;
}

/* All of it, for what is no ordinary block, and for mistakes. */
static __noinline void free_slow(struct page *page, unsigned order)
{
    struct zone *zone;
    unsigned long irq_flags;

    if (!page_free_ok(page, order))
        return;
    trace(mm_page_free, .pfn = page_to_pfn(page), .order = order);
    page_poison(page, order);
    kasan_poison_pages(page, 1UL << order);
    if (order < PCP_ORDERS) {
        pcp_free(page, order, pcp_index(order, pageblock_type(page)));
        return;
    }
    zone = &NODE_DATA(page_to_nid(page))->node_zones[page_zonenum(page)];
    irq_flags = irq_save();
    zone_lock(zone);
    buddy_free(zone, page, order);
    zone_unlock(zone);
    irq_restore(irq_flags);
}

/*
 * __free_pages - give a block back.
 *
 * @page, @order  what alloc_pages returned and was asked for. A mistake (free twice, another order,
 *                a page inside of the block, a reserved page, no page at all, one that is still in
 *                use) is reported, with pfn, node, zone and order, and changes nothing.
 *
 * Context: as alloc_pages.
 */
void __free_pages(struct page *page, unsigned order)
{
    unsigned long block = pageblock_of(page), index;

    if (unlikely(block >= nr_pageblocks)) {
        free_slow(page, order);
        return;
    }
    /* One comparison for two questions: is the order low, and is there a descriptor at all? */
    index = pcp_index(order, READ_ONCE(pageblock_map[block]));
    if (unlikely(index >= PCP_LISTS) || unlikely(!page_head_ok(page, order)) ||
        unlikely(trace_is_enabled(mm_page_free))) {
        free_slow(page, order);
        return;
    }
    page_poison(page, order);
    kasan_poison_pages(page, 1UL << order);
    pcp_free(page, order, index);
}

/* free_pages - __free_pages by the address that __get_free_pages returned; 0 is allowed. */
void free_pages(unsigned long addr, unsigned order)
{
    if (addr)
        __free_pages(virt_to_page((const void *)addr), order);
}
