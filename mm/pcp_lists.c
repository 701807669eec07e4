/*
 * mm/pcp_lists.c - one CPU's lists of pages of one zone: filled and drained in batches.
 *
 * THEORY
 *
 * A zone's free lists belong to all CPUs, and so have a lock. To take it for each page would be dear,
 * and with many CPUs very dear. So every CPU has a small stock of each zone: it takes pages from the
 * stock and puts them back there, and only when the stock is empty or too large it takes the lock, once
 * for a whole batch.
 *
 *     buddy of the zone        CPU 0's stock                   CPU 1's stock
 *     | free lists, lock | --> order 0: [ ][ ][ ][ ]  ...      order 0: [ ][ ]
 *                        <--   order 1: [  ]
 *                      batch   high: no more than this together
 *
 * How large a batch is and how high the stock may grow follows from the zone:
 *
 *     batch   a thousandth of the zone, at most 1 MiB, a quarter of that, and then just below a power
 *             of two, so that CPUs that walk through memory in step don't meet in the same cache sets
 *     high    what the low watermark keeps free is shared by the CPUs of the node, 4 batches at least
 *
 * Example, a zone of 1 GiB (262144 pages) with a low watermark of 982 pages, and two CPUs in its node:
 * batch = min(256, 256) / 4 = 64, times 1.5 rounded down to 64, less one: 63; high = max(982 / 2, 252)
 * = 491.
 *
 * A CPU that frees and frees, such as one that eats what another produces, would take the lock for every
 * batch. So each drain without a refill in between moves twice as much as the last one, up to all but
 * one batch of high.
 *
 * INVARIANTS
 *   L1  Every block in lists[order, type] has a head with PAGE_PCP, order, the zone's place, refcount 1.
 *   L2  high - room is the number of pages in all lists.
 *
 * LOCKING  A pcp is its CPU's, interrupts off; what ends in _locked needs the zone's lock, too.
 * UNITS    Pages; blocks by order.
 * NOT HERE Which CPU's (mm/pcp.c); the fast path (mm/pcp.h).
 * SOURCES  batch and high: the numbers that Linux 6.1 shows in /proc/zoneinfo.
 */
#include "mm/pcp_lists.h"
#include "mm/node.h"

#define BATCH_SHARE    1024                   /* of the zone */
#define BATCH_MOST     (MiB(1) >> PAGE_SHIFT) /* before it is divided by */
#define BATCH_DIVISOR  4
#define HIGH_BATCHES   4
#define MOST_DOUBLINGS 16

/* zone_batchsize - how many pages move at once; 1 or more. */
int zone_batchsize(unsigned long managed_pages)
{
    unsigned long batch = min(managed_pages / BATCH_SHARE, (unsigned long)BATCH_MOST);

    batch = max(batch / BATCH_DIVISOR, 1UL);
    batch += batch / 2;
    return max((1 << (63 - __builtin_clzl(batch))) - 1, 1);
}

/*
 * zone_highsize - how many pages one CPU's lists may have.
 *
 * @low_wmark_pages  of the zone.
 * @batch            zone_batchsize() of it.
 * @nr_cpus          that share the zone: those online in its node, or, if there are none, all online.
 */
int zone_highsize(unsigned long low_wmark_pages, int batch, unsigned nr_cpus)
{
    return max((int)(low_wmark_pages / max(nr_cpus, 1U)), batch * HIGH_BATCHES);
}

/* pcp_lists_init - empty lists; limits 0, so that every block that comes goes at once. */
void pcp_lists_init(struct pcp *pcp, struct zone *zone)
{
    *pcp = (struct pcp){.zone = zone, .batch = 1};
    for (int i = 0; i < PCP_LISTS; i++)
        list_init(&pcp->lists[i]);
}

/* pcp_set_limits - from now on; a stock that is too large now is drained when a block is added. */
void pcp_set_limits(struct pcp *pcp, int high, int batch)
{
    pcp->room += high - pcp->high;
    WRITE_ONCE(pcp->high, high);
    WRITE_ONCE(pcp->batch, batch);
}

/*
 * pcp_refill_locked - fetch a batch of blocks for one list, two at least if there are any.
 *
 * The first block that the buddy gave will be the first to be handed out. Returns whether one came.
 */
bool pcp_refill_locked(struct pcp *pcp, unsigned order, enum migrate_type type)
{
    struct list_head *list = &pcp->lists[pcp_index(order, type)];
    int nr = pcp->batch > 1 ? max(pcp->batch >> order, 2) : 1, got = 0;
    enum migrate_type from = page_group_by_mobility_disabled ? MIGRATE_UNMOVABLE : type;

    for (; got < nr; got++) {
        struct page *page = buddy_alloc(pcp->zone, order, from);

        if (!page)
            break;
        page->flags ^= PAGE_ALLOCATED ^ PAGE_PCP;
        page->refcount = 1;
        list_add_tail(&page->lru, list);
    }
    pcp->room -= got << order;
    pcp->nr_refilled += (unsigned long)got << order;
    pcp->free_factor >>= 1;
    return got > 0;
}

/*
 * pcp_drain_locked - give @nr_pages or a few more to the zone, or all there are.
 *
 * @last_list  is the one in use, and drained last; those behind it, in a circle, come first. From each
 *             goes what has been there longest, and so is least likely in this CPU's cache.
 */
void pcp_drain_locked(struct pcp *pcp, int nr_pages, unsigned long last_list)
{
    for (unsigned long i = 1; i <= PCP_LISTS && nr_pages > 0; i++) {
        struct list_head *list = &pcp->lists[(last_list + i) % PCP_LISTS];

        while (nr_pages > 0 && !list_empty(list)) {
            struct page *page = list_last_entry(list, struct page, lru);
            unsigned order = page_order(page);

            list_del(&page->lru);
            buddy_free(pcp->zone, page, order);
            pcp->room += 1 << order;
            nr_pages -= 1 << order;
        }
    }
}

/* pcp_nr_to_drain - how much to give back now that the lists are full. Counts as a drain. */
int pcp_nr_to_drain(struct pcp *pcp)
{
    int least = min(pcp->batch, pcp->high), most = max(pcp->high - pcp->batch, least);
    int nr = pcp->batch << pcp->free_factor;

    if (nr < most && pcp->free_factor < MOST_DOUBLINGS)
        pcp->free_factor++;
    return clamp(nr, max(least, 1), max(most, 1));
}

/* L1 for one block. */
static bool block_is_right(const struct pcp *pcp, const struct page *page, unsigned order)
{
    const pg_data_t *pgdat = pcp->zone->zone_pgdat;

    return (page->flags & PAGE_PCP) && page_order(page) == order && page->refcount == 1 &&
           page_to_nid(page) == pgdat->node_id &&
           &pgdat->node_zones[page_zonenum(page)] == pcp->zone;
}

/* pcp_lists_verify - how often L1 and L2 are broken. Context: the owner's CPU, interrupts off. */
unsigned pcp_lists_verify(const struct pcp *pcp)
{
    unsigned wrong = 0;
    int nr_pages = 0;

    for (unsigned i = 0; i < PCP_LISTS; i++) {
        unsigned order = i / PCP_TYPES;
        const struct page *page;

        list_for_each_entry (page, &pcp->lists[i], lru) {
            wrong += !block_is_right(pcp, page, order);
            nr_pages += 1 << order;
        }
    }
    return wrong + (nr_pages != pcp_count(pcp));
}
