/*
 * tests/kernel/soak_tight.c - the soak's workers that ask for memory where it is hard to come by: from
 * interrupts, never to fail, in large blocks; and one that turns all knobs meanwhile.
 */
#include "kernel/fs/vfs.h"
#include "kernel/lib/seqbuf.h"
#include "kernel/lib/string.h"
#include "kernel/timer.h"
#include "mm/slab.h"
#include "mm/vmalloc.h"
#include "tests/kernel/soak.h"
#include <arch/clock.h>

/* ---- from interrupts ------------------------------------------------------------------------- */

#define MAX_URGENT   24
#define URGENT_ORDER 4 /* below this */
#define BURST        4 /* operations of one interrupt */
#define PERIOD_NS    (300 * NS_PER_US)

/* The timer's, while it is set. */
struct urgent {
    struct hrtimer timer;
    struct rng rng;
    struct page *blocks[MAX_URGENT]; /* NULL: none */
    void *objects[MAX_URGENT];
    unsigned long nr_calls, nr_failed, nr_wrong;
    bool stops;
};

/* A block that says whose it is, or NULL: GFP_ATOMIC may fail. Now and then the log may say so. */
static struct page *take_urgent(struct urgent *u)
{
    gfp_t gfp = GFP_ATOMIC | (rng_next(&u->rng) % 64 ? __GFP_NOWARN : 0);
    struct page *page = alloc_pages(gfp, (unsigned)(rng_next(&u->rng) % URGENT_ORDER));

    if (page)
        *(struct page **)page_address(page) = page;
    else
        u->nr_failed++;
    return page;
}

static void free_urgent(struct urgent *u, struct page *page)
{
    u->nr_wrong += *(struct page **)page_address(page) != page;
    __free_pages(page, page_order(page));
}

static void toggle_block(struct urgent *u, struct page **place)
{
    struct page *page = *place;

    *place = page ? NULL : take_urgent(u);
    if (page)
        free_urgent(u, page);
}

static void toggle_object(struct urgent *u, void **place)
{
    if (*place) {
        kfree(*place);
        *place = NULL;
    } else {
        *place = kmalloc(1 + rng_next(&u->rng) % 2000, GFP_ATOMIC | __GFP_NOWARN);
    }
}

static void ring(struct hrtimer *t)
{
    struct urgent *u = container_of(t, struct urgent, timer);

    for (int i = 0; i < BURST; i++) {
        toggle_block(u, &u->blocks[rng_next(&u->rng) % MAX_URGENT]);
        toggle_object(u, &u->objects[rng_next(&u->rng) % MAX_URGENT]);
    }
    WRITE_ONCE(u->nr_calls, u->nr_calls + 1);
    if (!READ_ONCE(u->stops))
        hrtimer_start(t, clock_ns() + PERIOD_NS);
}

static bool begin_urgent(struct soak_worker *w)
{
    struct urgent *u = soak_data(w, struct urgent);

    u->rng.state = rng_next(&w->rng);
    hrtimer_init(&u->timer, ring);
    return true;
}

/* Set anew now and then, so that it comes to other CPUs, wherever the worker is. */
static bool step_urgent(struct soak_worker *w)
{
    struct urgent *u = soak_data(w, struct urgent);

    hrtimer_cancel(&u->timer);
    if (u->nr_wrong > 0)
        soak_fail(w, "a block that an interrupt held was somebody else's, too");
    hrtimer_start(&u->timer, clock_ns() + PERIOD_NS);
    usleep(soak_random(w, 20000));
    return soak_goes_on();
}

static void end_urgent(struct soak_worker *w)
{
    struct urgent *u = soak_data(w, struct urgent);

    WRITE_ONCE(u->stops, true);
    hrtimer_cancel(&u->timer);
    for (int i = 0; i < MAX_URGENT; i++) {
        if (u->blocks[i])
            free_urgent(u, u->blocks[i]);
        kfree(u->objects[i]);
    }
    if (u->nr_wrong > 0)
        soak_fail(w, "a block that an interrupt held was somebody else's, too");
}

const struct soak_kind soak_urgent = {
    .name = "urgent",
    .cpus_each = 4,
    .least = 1,
    .most = 6,
    .begin = begin_urgent,
    .step = step_urgent,
    .end = end_urgent,
};

/* ---- never to fail, and in large blocks ------------------------------------------------------ */

#define MAX_BLOCKS     8
#define SHARE          64 /* all workers hold at most so small a part of what is free */
#define MAX_AREA_PAGES 256

struct tight {
    struct page *blocks[MAX_BLOCKS];
    unsigned long nr_pages;
};

static unsigned long pages_each; /* fixed before they start */

static int prepare_tight(int nr)
{
    unsigned long nr_free = 0;
    int nid;

    for_each_online_node (nid)
        nr_free += node_free_pages(nid);
    pages_each = max(nr_free / SHARE / (unsigned)nr, 16ul);
    return 0;
}

/* One or two pages, whatever happens. */
static struct page *take_surely(struct soak_worker *w)
{
    gfp_t gfp = (soak_one_in(w, 4) ? GFP_NOFS : GFP_KERNEL) | __GFP_NOFAIL;
    struct page *page = alloc_pages_node(soak_random_node(w), gfp, (unsigned)soak_random(w, 2));

    if (!page)
        soak_fail(w, "an allocation with __GFP_NOFAIL has failed");
    return page;
}

/* As much as may be, in ways that give up soon, late, or dig deep. */
static struct page *take_large(struct soak_worker *w)
{
    static const gfp_t ways[] = {GFP_KERNEL | __GFP_NORETRY,
                                 GFP_KERNEL | __GFP_RETRY_MAYFAIL,
                                 GFP_NOWAIT,
                                 GFP_KERNEL,
                                 GFP_ATOMIC,
                                 GFP_NOWAIT | __GFP_MEMALLOC,
                                 GFP_KERNEL | __GFP_MOVABLE,
                                 GFP_KERNEL | __GFP_RECLAIMABLE};
    gfp_t gfp = ways[soak_random(w, ARRAY_SIZE(ways))] | (soak_one_in(w, 4) ? __GFP_THISNODE : 0);

    return alloc_pages_node(soak_random_node(w), gfp | __GFP_NOWARN,
                            (unsigned)soak_random(w, MAX_ORDER));
}

static void free_held(struct soak_worker *w, struct page **place)
{
    struct tight *t = soak_data(w, struct tight);
    struct page *page = *place;

    if (*(struct page **)page_address(page) != page)
        soak_fail(w, "a block of order %u was somebody else's, too", page_order(page));
    t->nr_pages -= 1ul << page_order(page);
    *place = NULL;
    __free_pages(page, page_order(page));
}

static void toggle_held(struct soak_worker *w)
{
    struct tight *t = soak_data(w, struct tight);
    struct page **place = &t->blocks[soak_random(w, MAX_BLOCKS)];

    if (*place) {
        free_held(w, place);
        return;
    }
    *place = soak_one_in(w, 2) ? take_surely(w) : take_large(w);
    if (!*place)
        return;
    *(struct page **)page_address(*place) = *place;
    t->nr_pages += 1ul << page_order(*place);
    if (t->nr_pages > pages_each)
        free_held(w, place);
}

/* Every page of an area is there, and nobody else's. */
static void try_area(struct soak_worker *w)
{
    unsigned long nr = 1 + soak_random(w, min(pages_each, (unsigned long)MAX_AREA_PAGES));
    size_t stride = PAGE_SIZE / sizeof(unsigned long);
    unsigned long *area = vmalloc_node(nr * PAGE_SIZE, soak_random_node(w));

    if (!area)
        return;
    for (unsigned long i = 0; i < nr; i++)
        area[i * stride] = (uintptr_t)&area[i * stride];
    if (soak_one_in(w, 4))
        msleep(1);
    for (unsigned long i = 0; i < nr; i++) {
        if (area[i * stride] != (uintptr_t)&area[i * stride]) {
            soak_fail(w, "page %lu of an area was somebody else's, too", i);
            break;
        }
    }
    vfree(area);
}

static bool step_tight(struct soak_worker *w)
{
    if (soak_one_in(w, 16))
        try_area(w);
    else
        toggle_held(w);
    return soak_goes_on();
}

static void end_tight(struct soak_worker *w)
{
    struct tight *t = soak_data(w, struct tight);

    for (int i = 0; i < MAX_BLOCKS; i++)
        if (t->blocks[i])
            free_held(w, &t->blocks[i]);
}

const struct soak_kind soak_tight = {
    .name = "tight",
    .cpus_each = 4,
    .least = 1,
    .most = 6,
    .prepare = prepare_tight,
    .step = step_tight,
    .end = end_tight,
};

/* ---- the knobs ------------------------------------------------------------------------------- */

#define NR_KNOBS  6
#define TEXT_SIZE 64

/* What each file may be told; a NULL is what it said at first. */
static const struct {
    const char *path;
    const char *texts[4];
} knobs[NR_KNOBS] = {
    {"/proc/sys/vm/min_free_kbytes", {NULL, "256", "4096", "1024"}},
    {"/proc/sys/vm/watermark_scale_factor", {NULL, "1", "50", "200"}},
    {"/proc/sys/vm/lowmem_reserve_ratio", {NULL, "64 64 16 0 0", "256 256 32 0 0", "1 1 1 0 0"}},
    {"/proc/sys/vm/zone_reclaim_mode", {NULL, "0", "1", "3"}},
    {"/proc/sys/vm/min_unmapped_ratio", {NULL, "0", "10", "1"}},
    {"/proc/sys/vm/drop_caches", {"1", "2", "3", "1"}},
};

struct turner {
    char first[NR_KNOBS][TEXT_SIZE];
};

static void turn(struct soak_worker *w, uint64_t knob, const char *text)
{
    const struct turner *t = soak_data(w, struct turner);
    const char *value = text ? text : t->first[knob];
    int err = vfs_write(knobs[knob].path, value, strlen(value));

    if (err)
        soak_fail(w, "%s doesn't take '%s': %s", knobs[knob].path, value, vfs_strerror(err));
}

static bool begin_knobs(struct soak_worker *w)
{
    struct turner *t = soak_data(w, struct turner);

    for (int i = 0; i < NR_KNOBS; i++) {
        struct seqbuf s;

        seqbuf_init(&s, t->first[i], TEXT_SIZE);
        if (vfs_read(knobs[i].path, &s))
            return false;
        seqbuf_str(&s);
    }
    return true;
}

static bool step_knobs(struct soak_worker *w)
{
    uint64_t knob = soak_random(w, NR_KNOBS);

    turn(w, knob, knobs[knob].texts[soak_random(w, 4)]);
    msleep(soak_random(w, 500));
    return soak_goes_on();
}

/* As it was. */
static void end_knobs(struct soak_worker *w)
{
    for (uint64_t i = 0; i < NR_KNOBS; i++)
        if (!knobs[i].texts[0])
            turn(w, i, NULL);
}

const struct soak_kind soak_knobs = {
    .name = "knobs",
    .cpus_each = NR_CPUS,
    .least = 1,
    .most = 1,
    .begin = begin_knobs,
    .step = step_knobs,
    .end = end_knobs,
};
