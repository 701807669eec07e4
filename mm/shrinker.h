/*
 * mm/shrinker.h - caches that are no lists of pages, and give back objects when memory is short.
 *
 *     static struct shrinker names = {.count_objects = count, .scan_objects = scan,
 *                                     .seeks = DEFAULT_SEEKS, .flags = SHRINKER_NUMA_AWARE};
 *
 *     register_shrinker(&names, "names");
 */
#ifndef MM_SHRINKER_H
#define MM_SHRINKER_H

#include "kernel/lib/list.h"
#include "kernel/lib/nodemask.h"
#include "mm/gfp.h"

#define DEFAULT_SEEKS       2 /* an object costs as much as a page */
#define SHRINK_BATCH        128
#define SHRINK_STOP         (~0ul)     /* from scan_objects: not now */
#define SHRINK_EMPTY        (~0ul - 1) /* from count_objects: there is nothing */
#define SHRINKER_NUMA_AWARE 0x1u       /* objects are counted by node; else nid is 0, for all */

/* What is asked. */
struct shrink_control {
    gfp_t gfp_mask; /* of the allocation that reclaims: no file system without __GFP_FS */
    int nid;
    unsigned long nr_to_scan; /* objects, */
    unsigned long
        nr_scanned; /* and, set by the shrinker if they were others, how many it looked at */
};

struct shrinker {
    /* How many objects of node nid could be freed: a guess, quickly made. 0: none now. */
    unsigned long (*count_objects)(struct shrinker *s, struct shrink_control *sc);
    /* Look at nr_to_scan of them. Returns how many were freed, or SHRINK_STOP. May sleep. */
    unsigned long (*scan_objects)(struct shrinker *s, struct shrink_control *sc);
    long batch;     /* objects for a call; 0: SHRINK_BATCH */
    int seeks;      /* mm/reclaim_math.c */
    unsigned flags; /* SHRINKER_NUMA_AWARE */

    /* mm/shrinker.c's. */
    const char *name;
    struct list_head link;
    unsigned long nr_deferred[MAX_NUMNODES]; /* atomic; asked for, and not done */
};

void register_shrinker(struct shrinker *s, const char *name);
void unregister_shrinker(struct shrinker *s);
unsigned long shrink_slab(gfp_t gfp, int nid, int priority);

#endif
