/*
 * mm/pcp_lists.h - one CPU's lists of pages of one zone.
 */
#ifndef MM_PCP_LISTS_H
#define MM_PCP_LISTS_H

#include "mm/buddy.h"

#define PCP_ORDERS 4 /* blocks of orders 0..3; larger ones go to the buddy at once */
#define PCP_TYPES  4 /* a power of two; the last one's lists stay empty */
#define PCP_LISTS  (PCP_ORDERS * PCP_TYPES)

/* Its CPU's alone, interrupts off; others may look. */
struct pcp {
    struct list_head lists[PCP_LISTS]; /* heads by page.lru, marked PAGE_PCP; by pcp_index() */
    long room;                         /* high - pages in the lists; below 0 it is time to drain */
    struct zone *zone;                 /* NULL: not a real one, always empty and always full */
    int high;                          /* pages, */
    int batch;       /* and how many move at once; the zone's, as of the last pcp_update() */
    int free_factor; /* drains since the last refill: each one moves twice as much */
    unsigned long nr_served[PCP_ORDERS]; /* blocks that pcp_alloc() handed out */
    /* Pages that came from the zone, without those that were handed out in other ways. */
    unsigned long nr_refilled;
    unsigned long nr_put_off; /* drains, because another CPU had the zone's lock */
};

/* The list of an order and a type; PCP_LISTS or more if there is none. */
static inline unsigned long pcp_index(unsigned order, unsigned long type)
{
    return (unsigned long)order * PCP_TYPES + type;
}

/* Pages in the lists. */
static inline int pcp_count(const struct pcp *pcp)
{
    return READ_ONCE(pcp->high) - (int)READ_ONCE(pcp->room);
}

/* The first block of a list that is not empty; room and flags are the caller's. */
static __always_inline struct page *pcp_pop(struct list_head *list)
{
    struct list_head *first = list->next, *next = first->next;

    list->next = next;
    next->prev = list;
    return list_entry(first, struct page, lru);
}

void pcp_lists_init(struct pcp *pcp, struct zone *zone);
void pcp_set_limits(struct pcp *pcp, int high, int batch);
bool pcp_refill_locked(struct pcp *pcp, unsigned order, enum migrate_type type)
    __must_hold(pcp->zone->lock);
void pcp_drain_locked(struct pcp *pcp, int nr_pages, unsigned long last_list)
    __must_hold(pcp->zone->lock);
int pcp_nr_to_drain(struct pcp *pcp);
unsigned pcp_lists_verify(const struct pcp *pcp);

/* The arithmetic of Linux 6.1, in pages. */
int zone_batchsize(unsigned long managed_pages);
int zone_highsize(unsigned long low_wmark_pages, int batch, unsigned nr_cpus);

#endif
