/*
 * tests/kernel/mm_helpers.h - what the tests of memory share.
 */
#ifndef TESTS_KERNEL_MM_HELPERS_H
#define TESTS_KERNEL_MM_HELPERS_H

#include "mm/node.h"
#include "mm/page_alloc.h"
#include "mm/pcp.h"

#ifdef CONFIG_DEBUG
#define FREE_FILLS_PAGES true /* mm/page_check.c: every page that is freed is written to */
#else
#define FREE_FILLS_PAGES false
#endif

/* Down to the last page, the reserves too; nobody is woken who would free something. */
#define GFP_LAST_PAGE (__GFP_MEMALLOC | __GFP_NOWARN)

/* Pages that a test holds, linked through page->lru, so that a whole machine needs no room. */
struct hoard {
    struct list_head blocks;
    unsigned long nr_pages;
};

void hoard_init(struct hoard *h);
void hoard_add(struct hoard *h, struct page *page);
/* Take all that is in the zones of @gfp, the reserves too, on this node or on all, largest blocks first; from
 * ZONE_MOVABLE, too, unless @gfp names a lower zone. */
void hoard_node(struct hoard *h, int nid, gfp_t gfp);
void hoard_machine(struct hoard *h, gfp_t gfp);
void hoard_release(struct hoard *h);

/* True if taking and freeing all memory would have a debug build fill gigabytes. */
bool hoarding_is_slow(void);

/* Free pages of all nodes by node; what changed since. */
struct free_counts {
    unsigned long pages[MAX_NUMNODES];
};

/* Free pages of a node, when all CPUs have given back what lies in their lists. */
unsigned long exact_free_pages(int nid);
/* Those of them that a request with @gfp may have. */
unsigned long exact_free_pages_for(int nid, gfp_t gfp);
void free_counts_take(struct free_counts *c);
/* The only node whose free pages fell since @before, and by @nr_pages; -1 if there is none. */
int free_counts_fell(const struct free_counts *before, unsigned long nr_pages);

/* Free pages that GFP_KERNEL may take: those of ZONE_MOVABLE don't count. */
unsigned long kernel_free_pages(int nid);
/* The next node above @nid (-1: the first) that has such pages, or MAX_NUMNODES. */
int next_node_with_free(int nid);

/*
 * The nodes with memory in the order in which @from should ask them, by the rules of the theory of
 * mm/zonelist.c, worked out anew without its code. Returns how many.
 */
int model_node_order(int *order, int from);

/* A sequence of numbers that is the same in every run. */
struct rng {
    uint64_t state; /* not 0 */
};

uint64_t rng_next(struct rng *r);

#endif
