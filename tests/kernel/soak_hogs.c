/*
 * tests/kernel/soak_hogs.c - the soak's workers that bring the machine to its knees, and let it get up again.
 *
 * THEORY
 *
 * A hog goes round three phases:
 *
 *     FILLING  blocks as large as it can get, then smaller ones, at last single pages with all that an
 *              allocation may do: kswapd wakes, it reclaims, and the OOM killer looks for somebody
 *     FULL     it holds on for a moment, in which all others work with what is left
 *     RESTING  it has given all back, and others find memory again
 *
 * Half of the time it wants one node alone (__GFP_THISNODE: no OOM killer), half of the time the machine. It
 * is a registered victim, and mostly the largest: when it is chosen the thread oom_reaper takes its blocks
 * from under it, and it rests. So nobody is without memory for long, however long the soak is.
 *
 * Blocks hang in a list that is changed by atomic operations alone, as in mm/memhog.c. Each is marked with
 * its own address, so that a block that is given out twice is found.
 */
#include "kernel/timer.h"
#include "mm/oom.h"
#include "sched/sched.h"
#include "tests/kernel/soak.h"
#include <arch/clock.h>

#define MAX_HOGS    4
#define FILL_BLOCKS 256               /* in one step */
#define NICE        (-15)             /* or it would never get all */
#define MAX_FULL_NS (300 * NS_PER_MS) /* the bound */
#define MAX_REST_NS NS_PER_S

enum phase { RESTING, FILLING, FULL };

struct hog {
    struct oom_victim victim;

    /* The worker's. */
    enum phase phase;
    int nid;         /* of FILLING: this one alone, or NUMA_NO_NODE */
    unsigned order;  /* of the next block */
    uint64_t end_ns; /* of FULL and RESTING */

    /* Atomic. */
    bool was_chosen;
    struct page *blocks;               /* linked by page->private[0] */
    unsigned long nr_on[MAX_NUMNODES]; /* pages by node */
};

static struct hog hogs[MAX_HOGS];
static unsigned long nr_wrong; /* atomic; blocks whose mark was gone */

static struct hog *hog_of(struct oom_victim *v)
{
    return container_of(v, struct hog, victim);
}

static void push(struct hog *h, struct page *page)
{
    struct page *head = __atomic_load_n(&h->blocks, __ATOMIC_RELAXED);

    *(unsigned long *)page_address(page) = (uintptr_t)page;
    __atomic_fetch_add(&h->nr_on[page_to_nid(page)], 1ul << page_order(page), __ATOMIC_RELAXED);
    do
        page->private[0] = (unsigned long)head;
    while (!__atomic_compare_exchange_n(&h->blocks, &head, page, true, __ATOMIC_SEQ_CST,
                                        __ATOMIC_RELAXED));
}

/* By the worker or the reaper: who takes the list frees it. Returns how many pages. */
static unsigned long drop(struct hog *h)
{
    struct page *page = __atomic_exchange_n(&h->blocks, NULL, __ATOMIC_SEQ_CST);
    unsigned long nr = 0;

    while (page) {
        struct page *next = (struct page *)page->private[0];
        unsigned order = page_order(page);

        if (*(unsigned long *)page_address(page) != (uintptr_t)page)
            __atomic_fetch_add(&nr_wrong, 1, __ATOMIC_RELAXED);
        __atomic_fetch_sub(&h->nr_on[page_to_nid(page)], 1ul << order, __ATOMIC_RELAXED);
        nr += 1ul << order;
        __free_pages(page, order);
        page = next;
    }
    return nr;
}

static unsigned long victim_pages(struct oom_victim *v, const nodemask_t *nodes)
{
    unsigned long nr = 0;
    int nid;

    for_each_node_mask (nid, nodes)
        nr += READ_ONCE(hog_of(v)->nr_on[nid]);
    return nr;
}

static unsigned long victim_release(struct oom_victim *v)
{
    __atomic_store_n(&hog_of(v)->was_chosen, true, __ATOMIC_SEQ_CST);
    return drop(hog_of(v));
}

static void rest(struct soak_worker *w, struct hog *h)
{
    drop(h);
    h->phase = RESTING;
    h->end_ns = clock_ns() + soak_random(w, MAX_REST_NS);
}

static void hold(struct soak_worker *w, struct hog *h)
{
    h->phase = FULL;
    h->end_ns = clock_ns() + soak_random(w, MAX_FULL_NS);
}

/* Who had nothing when he was asked isn't asked again, so each filling is a new victim's. */
static void begin_filling(struct soak_worker *w, struct hog *h)
{
    oom_victim_unregister(&h->victim);
    __atomic_store_n(&h->was_chosen, false, __ATOMIC_SEQ_CST);
    h->nid = soak_one_in(w, 2) ? NUMA_NO_NODE : soak_random_node(w);
    h->order = MAX_ORDER - 1 - (soak_one_in(w, 4) ? (unsigned)soak_random(w, MAX_ORDER) : 0);
    h->victim.oom_score_adj = (int)soak_random(w, 500);
    h->phase = FILLING;
    oom_victim_register(&h->victim);
}

/* Large blocks are taken lightly; for single pages everything is tried. */
static struct page *take_block(struct soak_worker *w, const struct hog *h)
{
    gfp_t gfp = GFP_KERNEL | __GFP_NOWARN | (h->order ? __GFP_NORETRY : 0) |
                (soak_one_in(w, 2) ? __GFP_MOVABLE : 0);

    if (h->nid == NUMA_NO_NODE)
        return alloc_pages_node(soak_random_node(w), gfp, h->order);
    return alloc_pages_node(h->nid, gfp | __GFP_THISNODE, h->order);
}

static void fill(struct soak_worker *w, struct hog *h)
{
    for (int i = 0; i < FILL_BLOCKS; i++) {
        struct page *page = take_block(w, h);

        if (page)
            push(h, page);
        else if (h->order > 0)
            h->order--;
        else
            hold(w, h);
        if (!page)
            return;
    }
}

static bool begin_hogs(struct soak_worker *w)
{
    struct hog *h = &hogs[w->index];

    *h = (struct hog){.victim = {.name = w->task->comm,
                                 .pid = w->task->pid,
                                 .pages = victim_pages,
                                 .release = victim_release}};
    oom_victim_register(&h->victim);
    rest(w, h);
    set_user_nice(current, NICE);
    return true;
}

static bool step_hogs(struct soak_worker *w)
{
    struct hog *h = &hogs[w->index];

    if (h->phase != RESTING && __atomic_load_n(&h->was_chosen, __ATOMIC_SEQ_CST))
        rest(w, h);
    else if (h->phase == FILLING)
        fill(w, h);
    else if (clock_ns() < h->end_ns)
        msleep(5);
    else if (h->phase == FULL)
        rest(w, h);
    else
        begin_filling(w, h);
    if (__atomic_exchange_n(&nr_wrong, 0, __ATOMIC_RELAXED) > 0)
        soak_fail(w, "a block that a hog held was somebody else's, too");
    return soak_goes_on();
}

static void end_hogs(struct soak_worker *w)
{
    struct hog *h = &hogs[w->index];

    oom_victim_unregister(&h->victim);
    drop(h);
}

const struct soak_kind soak_hogs = {
    .name = "hogs",
    .cpus_each = 4,
    .least = 2,
    .most = MAX_HOGS,
    .begin = begin_hogs,
    .step = step_hogs,
    .end = end_hogs,
};
