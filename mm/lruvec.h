/*
 * mm/lruvec.h - the lists by which a node's pages that can be given up are known; see mm/lru.c.
 */
#ifndef MM_LRUVEC_H
#define MM_LRUVEC_H

#include "kernel/lib/list.h"
#include "kernel/lock.h"
#include "mm/zone.h"

enum lru_list { LRU_INACTIVE_FILE, LRU_ACTIVE_FILE, NR_LRU_LISTS };

#define NR_PAGE_WAIT_QUEUES 16 /* of a node's pages, by pfn; more would be idle */

struct lruvec {
    struct spinlock lock; /* rank LOCK_LRU */

    /* Protected by lock. */
    struct list_head lists[NR_LRU_LISTS];         /* by page.lru, the latest first */
    unsigned long nr[NR_LRU_LISTS][MAX_NR_ZONES]; /* pages, by zone */
};

/* Empty lists. */
static inline void lruvec_init(struct lruvec *lruvec)
{
    spin_lock_init(&lruvec->lock, "lruvec", LOCK_LRU);
    for (int i = 0; i < NR_LRU_LISTS; i++)
        list_init(&lruvec->lists[i]);
}

#endif
