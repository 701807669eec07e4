/*
 * tests/kernel/mm_helpers.c - what the tests of memory share.
 */
#include "tests/kernel/mm_helpers.h"

#define SLOW_PAGES (2UL << 30 >> PAGE_SHIFT)

void hoard_init(struct hoard *h)
{
    list_init(&h->blocks);
    h->nr_pages = 0;
}

/* hoard_add - @page is a block's head; the hoard owns it from now on. */
void hoard_add(struct hoard *h, struct page *page)
{
    list_add(&page->lru, &h->blocks);
    h->nr_pages += 1UL << page_order(page);
}

void hoard_node(struct hoard *h, int nid, gfp_t gfp)
{
    struct page *page;

    if (!(gfp & (__GFP_DMA | __GFP_DMA32)))
        gfp |= __GFP_MOVABLE;
    for (unsigned order = MAX_ORDER; order-- > 0;)
        while ((page = alloc_pages_node(
                    nid, (gfp & ~__GFP_RECLAIM) | GFP_LAST_PAGE | __GFP_THISNODE, order)))
            hoard_add(h, page);
}

void hoard_machine(struct hoard *h, gfp_t gfp)
{
    int nid;

    for_each_online_node (nid)
        hoard_node(h, nid, gfp);
}

void hoard_release(struct hoard *h)
{
    struct page *page, *next;

    list_for_each_entry_safe (page, next, &h->blocks, lru) {
        list_del(&page->lru);
        __free_pages(page, page_order(page));
    }
    h->nr_pages = 0;
    drain_all_pages(NULL);
}

bool hoarding_is_slow(void)
{
    unsigned long nr = 0;
    int nid;

    for_each_online_node (nid)
        nr += node_free_pages(nid);
    return FREE_FILLS_PAGES && nr > SLOW_PAGES;
}

unsigned long exact_free_pages(int nid)
{
    drain_all_pages(NULL);
    return node_free_pages(nid);
}

unsigned long exact_free_pages_for(int nid, gfp_t gfp)
{
    unsigned long nr = 0;

    drain_all_pages(NULL);
    for (int i = 0; i <= (int)gfp_zone(gfp); i++)
        nr += NODE_DATA(nid)->node_zones[i].nr_free_pages;
    return nr;
}

void free_counts_take(struct free_counts *c)
{
    drain_all_pages(NULL);
    for (int nid = 0; nid < MAX_NUMNODES; nid++)
        c->pages[nid] = node_free_pages(nid);
}

int free_counts_fell(const struct free_counts *before, unsigned long nr_pages)
{
    int fell = -1;

    drain_all_pages(NULL);
    for (int nid = 0; nid < MAX_NUMNODES; nid++) {
        if (node_free_pages(nid) == before->pages[nid])
            continue;
        if (fell >= 0 || node_free_pages(nid) + nr_pages != before->pages[nid])
            return -1;
        fell = nid;
    }
    return fell;
}

unsigned long kernel_free_pages(int nid)
{
    unsigned long nr = 0;

    for (int type = ZONE_DMA; type <= ZONE_NORMAL; type++)
        nr += READ_ONCE(NODE_DATA(nid)->node_zones[type].nr_free_pages);
    return nr;
}

int next_node_with_free(int nid)
{
    drain_all_pages(NULL);
    do {
        nid = nodemask_next(&node_states[N_MEMORY], nid);
    } while (nid < MAX_NUMNODES && kernel_free_pages(nid) == 0);
    return nid;
}

/* One number that is smaller the better: distance, a unit more for lower nodes, then the load. */
static unsigned long score(int from, int to, const unsigned *load)
{
    return (unsigned long)(node_distance(from, to) + (to < from ? 1 : 0)) * 1000 + load[to];
}

/* The order for one node, adding to the loads. */
static int order_from(int *order, int from, unsigned *load)
{
    bool taken[MAX_NUMNODES] = {false};
    int nr = 0, previous = from;

    if (node_state(from, N_MEMORY))
        order[nr++] = from;
    taken[from] = true;
    for (;;) {
        int best = -1;

        for (int to = MAX_NUMNODES - 1; to >= 0; to--)
            if (node_state(to, N_MEMORY) && !taken[to] &&
                (best < 0 || score(from, to, load) <= score(from, best, load)))
                best = to;
        if (best < 0)
            return nr;
        if (node_distance(from, best) != node_distance(from, previous))
            load[best]++;
        taken[best] = true;
        order[nr++] = best;
        previous = best;
    }
}

int model_node_order(int *order, int from)
{
    unsigned load[MAX_NUMNODES] = {0};
    int nid, nr = 0;

    /* The loads of the nodes before this one count. */
    for_each_node (nid) {
        nr = order_from(order, nid, load);
        if (nid == from)
            break;
    }
    return nr;
}

/* Marsaglia, "Xorshift RNGs", Journal of Statistical Software 8 (2003), 14: the triple 13, 7, 17. */
uint64_t rng_next(struct rng *r)
{
    r->state ^= r->state << 13;
    r->state ^= r->state >> 7;
    r->state ^= r->state << 17;
    return r->state;
}
