/*
 * mm/pcp.h - pages from this CPU's own lists: the allocator's fast paths.
 *
 * A request names a node and, by its gfp, zones and a type. pcp_first_place says which zone the walk
 * along the node's zonelist would ask first; the CPU's table has its lists for that zone; and order and
 * type choose one of them:
 *
 *     node 1, GFP_KERNEL      pcp_first_place     CPU's table         struct pcp
 *     [1 * 16 + 0]         -> 1:DMA32          -> [1 << 3 | 1]     -> lists[order * 4 + type]
 *
 * A block that is freed goes to this CPU's lists for the block's own zone: its page says which.
 *
 * No lock is taken and no atomic operation done: only this CPU touches its lists, and with interrupts
 * off nothing comes in between. Whatever isn't the ordinary case (no block in the list, no room, a
 * higher order, a node that doesn't exist) looks like an empty list or a full one, and goes the slow
 * way, which looks more closely.
 *
 * What is counted: pcp_alloc() counts the blocks by order, and nothing else is counted here. numa_hit
 * and numa_local, pgalloc and pgfree are worked out from that when somebody reads them.
 */
#ifndef MM_PCP_H
#define MM_PCP_H

#include "mm/node.h"
#include "mm/pcp_lists.h"
#include <arch/irq.h>
#include <arch/percpu.h>

#define PCP_GFP_ZONES  16 /* values of gfp & GFP_ZONEMASK */
#define PCP_PLACES     (MAX_NUMNODES << PAGE_ZONE_BITS)
#define PCP_PLACE_NONE ((1 << PAGE_ZONE_BITS) - 1) /* no zone has this number */
_Static_assert(MAX_NR_ZONES <= PCP_PLACE_NONE, "a number is left for `none`");
_Static_assert(GFP_ZONEMASK < PCP_GFP_ZONES, "gfp's zones are an index");
_Static_assert(__GFP_MOVABLE == 8 << (MIGRATE_MOVABLE - 1), "and its type, bits 3 and 4,");
_Static_assert(__GFP_RECLAIMABLE == 8 << (MIGRATE_RECLAIMABLE - 1), "is one");

/* Fixed at boot: by node * PCP_GFP_ZONES + gfp's zones, the place of the first zone in the list. */
extern uint16_t pcp_first_place[MAX_NUMNODES * PCP_GFP_ZONES];
/* By place: this CPU's lists of the zone. Never NULL. */
DECLARE_PER_CPU(struct pcp **, pcp_table);

/* Context: interrupts off. */
static inline struct pcp *pcp_of_place(unsigned long place)
{
    return (*raw_cpu_ptr(&pcp_table))[place];
}

/* The place of the zone that node @nid, which is below nr_node_ids, would ask first. */
static __always_inline unsigned long pcp_place(int nid, gfp_t gfp)
{
    return pcp_first_place[(unsigned)nid * (unsigned long)PCP_GFP_ZONES + gfp % PCP_GFP_ZONES];
}

/*
 * pcp_alloc - a block from this CPU's lists of the zone that node @nid would ask first.
 *
 * @nid, @gfp, @order  any values.
 * @block              out: its head, marked as allocated.
 *
 * Returns whether there is one; if not, it doesn't say why. Context: any.
 */
static __always_inline bool pcp_alloc(int nid, gfp_t gfp, unsigned order, struct page **block)
{
    unsigned long index = pcp_index(order, gfp / __GFP_MOVABLE & 3), irq_flags, place;
    struct list_head *list;
    struct pcp *pcp;

    if (unlikely(index >= PCP_LISTS || (unsigned)nid >= (unsigned)nr_node_ids))
        return false;
    place = pcp_place(nid, gfp);
    if ((gfp & __GFP_THISNODE) && unlikely(place >> PAGE_ZONE_BITS != (unsigned)nid))
        return false;
    irq_flags = irq_save();
    pcp = pcp_of_place(place);
    list = &pcp->lists[index];
    if (unlikely(list_empty(list))) {
        irq_restore(irq_flags);
        return false;
    }
    *block = pcp_pop(list);
    pcp->room += 1L << order;
    pcp->nr_served[order]++;
    irq_restore(irq_flags);
    (*block)->flags ^= PAGE_PCP ^ PAGE_ALLOCATED;
    return true;
}

void pcp_free_overflow(struct pcp *pcp, struct page *page, unsigned long index,
                       unsigned long irq_flags);

/*
 * pcp_free - a block goes to this CPU's lists of its zone.
 *
 * @page   the head of an allocated block; all checks are done.
 * @order  the block's.
 * @index  the list's, below PCP_LISTS.
 *
 * Context: any.
 */
static __always_inline void pcp_free(struct page *page, unsigned order, unsigned long index)
{
    unsigned long flags = page->flags ^ (PAGE_ALLOCATED ^ PAGE_PCP), irq_flags;
    struct pcp *pcp;

    page->flags = flags;
    irq_flags = irq_save();
    pcp = pcp_of_place(flags >> PAGE_ZONE_SHIFT);
    pcp->room -= 1L << order;
    if (unlikely(pcp->room < 0)) {
        pcp_free_overflow(pcp, page, index, irq_flags);
        return;
    }
    list_add(&page->lru, &pcp->lists[index]);
    irq_restore(irq_flags);
}

/*
 * pcp_take - a block of 2^@order pages of just this zone, from this CPU's list, which is filled if it
 * is empty. @order is below PCP_ORDERS. NULL if the zone has none.
 *
 * The caller counts it in numa_stat. Context: any; takes the zone's lock if the list is empty.
 */
struct page *pcp_take(struct zone *zone, unsigned order, enum migrate_type type);

/* All blocks in this CPU's lists go back to their zones. Context: any but under a zone's lock. */
void drain_local_pages(void);
/*
 * drain_all_pages - the same on all CPUs; on those only that have pages of @zone (NULL: of any zone).
 *
 * Where others can't be waited for (interrupts off, preemption off, before other CPUs run) only this
 * CPU's lists are drained. Returns whether there was something to drain.
 */
bool drain_all_pages(struct zone *zone);

/* What the lists and the zone have counted together. */
unsigned long zone_numa_stat(const struct zone *zone, enum numa_stat_item item);
unsigned long zone_pgalloc(const struct zone *zone); /* pages handed out since boot */
unsigned long zone_pgfree(const struct zone *zone);  /* pages freed, by boot, too */
/* Pages in the lists of all CPUs. */
unsigned long zone_pcp_pages(const struct zone *zone);
/* @cpu's lists of @zone; pcp->zone is NULL if there are none. */
const struct pcp *pcp_of(int cpu, const struct zone *zone);

/* The CPU whose list holds the block @head, or -1. Context: a thread, no spinlock held. */
int pcp_find(const struct page *head);

/* Lists for every present CPU. Context: boot, after percpu_init(). */
void pcp_init(void);
/* May pcp_alloc() serve? Else every request takes the slow path. Context: any, after pcp_init(). */
void pcp_set_fast(bool on);
/* Limits anew, after memory, watermarks or CPUs have changed. Context: a thread. */
void pcp_update(void);
/* How often a drain was put off, because somebody else had the zone's lock. */
unsigned long zone_pcp_put_off(const struct zone *zone);
/* How often L1 and L2 of mm/pcp_lists.c are broken on all CPUs. Context: a thread. */
unsigned pcp_verify(void);

#endif
