/*
 * mm/page_alloc.c - pages for everyone: the walk along the zonelist.
 *
 * THEORY
 *
 * A request names what it needs: how many pages (2^order), from which zone at most (GFP_DMA,
 * GFP_DMA32), near which node, and whether another node will do (__GFP_THISNODE says no). The walk
 * asks the zones of that node's list in their order, and the first that has a block serves.
 *
 *     alloc_pages_node(1, GFP_KERNEL, 0), list of node 1:  1:Normal  1:DMA32  0:DMA32  0:DMA
 *                                                            empty    serves
 *
 * Every allocation is counted twice, once by where the memory was wanted (numa_hit, or numa_miss
 * here and numa_foreign there) and once by where the CPU was (numa_local or numa_other).
 *
 * LOCKING  Takes one zone's lock at a time, interrupts off; callable from anywhere but under it.
 * UNITS    Pages by order.
 * NOT HERE Blocks (mm/buddy.c); the order of nodes (mm/zonelist.c).
 */
#include "mm/page_alloc.h"
#include "kernel/cpu.h"
#include "kernel/lib/string.h"
#include "kernel/printk.h"
#include "kernel/trace.h"
#include "mm/buddy.h"
#include "mm/kasan.h"
#include "mm/page_check.h"
#include "mm/pcp.h"
#include "mm/zonelist.h"

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

static struct page *take_from_buddy(struct zone *zone, unsigned order, enum migrate_type type)
{
    unsigned long irq_flags;
    struct page *page;

    /* A look without the lock: at worst a block that appears now is not seen. */
    if (!(zone_free_orders(zone) >> order))
        return NULL;
    irq_flags = irq_save();
    zone_lock(zone);
    page = buddy_alloc(zone, order, type);
    zone_unlock(zone);
    irq_restore(irq_flags);
    if (page)
        page->refcount = 1;
    return page;
}

/* A block of just this zone, or NULL: by way of this CPU's list, if the order is low. */
static struct page *rmqueue(struct zone *preferred, struct zone *zone, unsigned order, gfp_t gfp,
                            unsigned alloc_flags)
{
    enum migrate_type type = gfp_migratetype(gfp);
    struct page *page;

    (void)alloc_flags;
    if (order < PCP_ORDERS)
        page = pcp_take(zone, order, type);
    else
        page = take_from_buddy(zone, order, type);
    if (page)
        count_placement(preferred, zone);
    return page;
}

/* The walk from the list's start; the first zone that has a block serves. */
static struct page *walk(const struct zonelist *list, gfp_t gfp, unsigned order)
{
    enum zone_type highest = gfp_zone(gfp);
    struct zone *preferred = NULL;
    const struct zoneref *ref;

    for_each_zone_in (ref, list, highest) {
        struct page *page;

        if (!preferred)
            preferred = ref->zone;
        page = rmqueue(preferred, ref->zone, order, gfp, 0);
        if (page)
            return page;
    }
    return NULL;
}

static __noinline void warn_failure(int nid, gfp_t gfp, unsigned order)
{
    if (!(gfp & __GFP_NOWARN))
        pr_warn("page allocation failure: order:%u, mode:0x%x, node:%d%s", order, gfp, nid,
                gfp & __GFP_THISNODE ? " only" : "");
}

static __noinline struct page *refuse(int nid, unsigned order)
{
    if (order >= MAX_ORDER)
        pr_warn("alloc_pages: order %u is above the highest, %d", order, MAX_ORDER - 1);
    else
        pr_warn("alloc_pages_node: node %d does not exist", nid);
    return NULL;
}

/* What is left to do with a block that a request gets. */
static __always_inline struct page *prepare(struct page *page, gfp_t gfp, unsigned order,
                                            uintptr_t pc)
{
    kasan_unpoison_pages(page, order);
    page_check_poison(page, order, pc);
    if (gfp & __GFP_ZERO)
        memset(page_address(page), 0, PAGE_SIZE << order);
    return page;
}

/* What is seldom to be done with one that came from a list at once. */
static __noinline struct page *prepare_slow(struct page *page, gfp_t gfp, unsigned order,
                                            uintptr_t pc)
{
    trace(mm_page_alloc, .pfn = page_to_pfn(page), .order = order, .gfp_flags = gfp);
    return prepare(page, gfp, order, pc);
}

/* This CPU's list had nothing, or the request isn't an ordinary one. */
static __noinline struct page *alloc_slow(int nid, gfp_t gfp, unsigned order, uintptr_t pc)
{
    struct page *page;

    if (nid == NUMA_NO_NODE)
        nid = numa_node_id();
    if (order >= MAX_ORDER || (unsigned)nid >= MAX_NUMNODES || !NODE_DATA(nid))
        return refuse(nid, order);
    page = walk(node_zonelist(nid, gfp & __GFP_THISNODE), gfp, order);
    if (!page && drain_all_pages(NULL))
        page = walk(node_zonelist(nid, gfp & __GFP_THISNODE), gfp, order);
    trace(mm_page_alloc, .pfn = page ? page_to_pfn(page) : -1UL, .order = order, .gfp_flags = gfp);
    if (!page) {
        warn_failure(nid, gfp, order);
        return NULL;
    }
    return prepare(page, gfp, order, pc);
}

/* The body of all forms; @pc is the instruction that asked. */
static __always_inline struct page *alloc_for(int nid, gfp_t gfp, unsigned order, uintptr_t pc)
{
    struct page *page = pcp_alloc(nid, gfp, order);

    if (unlikely(!page))
        return alloc_slow(nid, gfp, order, pc);
    if (unlikely(trace_is_enabled(mm_page_alloc)) || unlikely(gfp & __GFP_ZERO))
        return prepare_slow(page, gfp, order, pc);
    return prepare(page, 0, order, pc);
}

/*
 * alloc_pages - 2^@order pages, as near to this CPU as possible.
 *
 * @gfp    see mm/gfp.h.
 * @order  0..10; more is refused with a line in the log.
 *
 * Returns the block's head, or NULL if no zone that @gfp allows has a block that large (a line in
 * the log unless __GFP_NOWARN). Contents are undefined unless __GFP_ZERO.
 * Context: any, interrupts on or off; takes zone locks; never sleeps.
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
