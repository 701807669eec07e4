/*
 * mm/alloc_slow.c - what an allocation tries when no zone is above its low watermark.
 *
 * THEORY
 *
 * The passes get more and more expensive, and each goes deeper than the one before:
 *
 *     1  low    every zone of the list above its low mark                      (mm/page_alloc.c)
 *     2         kswapd of all nodes concerned is woken; it works while we go on
 *     3  min    every zone above its min mark; urgent requests below it:
 *                   __GFP_HIGH    half of min        __GFP_ATOMIC    a quarter more
 *                   __GFP_MEMALLOC, and who is within reclaim: no mark at all
 *     3a        all CPUs give back what they have in their lists, then 3 again; also after 4
 *     4         direct reclaim: we free pages ourselves, then 3 again, as long as that helps
 *     5  high   somebody else's OOM kill may have helped already; then the OOM killer, then 3 again
 *     6         NULL, and a line in the log
 *
 * Where a request stops depends on its flags:
 *
 *     GFP_ATOMIC, GFP_NOWAIT       after 3: they cannot sleep
 *     __GFP_NORETRY                after one round of 4
 *     orders above 3               after a round of 4: blocks that large may never come
 *     __GFP_RETRY_MAYFAIL          tries 4 as long as it helps, but never 5
 *     __GFP_THISNODE               never 5: other nodes may have plenty
 *     __GFP_NOFAIL                 never: begins anew, in the end without any mark
 *
 * LOCKING  None of its own; may sleep if __GFP_DIRECT_RECLAIM says so.
 * SOURCES  Linux 6.1, Documentation/core-api/memory-allocation.rst, "Memory Allocation Guide".
 * NOT HERE What reclaim does (mm/vmscan.c); who is killed (mm/oom.c).
 */
#include "kernel/lib/nodemask.h"
#include "kernel/lib/seqbuf.h"
#include "kernel/printk.h"
#include "kernel/sched.h"
#include "kernel/timer.h"
#include "mm/oom.h"
#include "mm/page_alloc_internal.h"
#include "mm/pcp.h"
#include "mm/vmscan.h"
#include "mm/watermark.h"
#include "mm/zonelist.h"
#include <arch/clock.h>

#define PAGE_ALLOC_COSTLY_ORDER 3 /* Linux's: what lies above is not fought for */
#define NOFAIL_PAUSE_NS         (20ULL * 1000 * 1000) /* between two tries that found nothing */

/* A line in the log for every failure would bury what matters: so many in so long a time. */
#define WARN_BURST     10
#define WARN_PERIOD_NS (5ULL * 1000 * 1000 * 1000)

/* Each node that could have served is short of memory. */
static void wake_kswapds(const struct alloc_context *ac)
{
    const struct zoneref *ref;
    int last = NUMA_NO_NODE;

    for_each_zone_in (ref, ac->list, ac->highest) {
        if (ref->zone->zone_pgdat->node_id != last)
            wakeup_kswapd(ref->zone, ac->order, ac->highest);
        last = ref->zone->zone_pgdat->node_id;
    }
    alloc_note_step(ac, "kswapd is woken");
}

/* How deep into the reserves? */
static unsigned reserve_flags(gfp_t gfp)
{
    unsigned flags = WMARK_MIN;

    if (gfp & __GFP_HIGH)
        flags |= ALLOC_HIGH;
    if (gfp & __GFP_NOMEMALLOC)
        return flags;
    if (gfp & __GFP_ATOMIC)
        flags |= ALLOC_HARDER;
    if ((gfp & __GFP_MEMALLOC) || in_reclaim())
        flags |= ALLOC_NO_WATERMARKS;
    return flags;
}

/* May this thread free pages itself, here and now? */
static bool may_reclaim(const struct alloc_context *ac)
{
    return (ac->gfp & __GFP_DIRECT_RECLAIM) && sched_is_running() && !in_reclaim();
}

/*
 * Could a block come, if all that can be reclaimed were? File pages are counted by node, so a zone may
 * hope for those of another; that ends with the retries.
 */
static bool reclaim_may_help(const struct alloc_context *ac)
{
    const struct zoneref *ref;

    for_each_zone_in (ref, ac->list, ac->highest) {
        int nid = ref->zone->zone_pgdat->node_id;
        unsigned long hoped = READ_ONCE(ref->zone->nr_free_pages) +
                              node_page_state(nid, NR_ACTIVE_FILE) +
                              node_page_state(nid, NR_INACTIVE_FILE);

        if (zone_watermark_test(ref->zone, 0, wmark_pages(ref->zone, WMARK_MIN), ac->highest, 0,
                                hoped) == WATERMARK_OK)
            return true;
    }
    return false;
}

/* Has the request any business with the OOM killer? Not for low memory: what a victim has is seldom there. */
static bool may_oom(const struct alloc_context *ac)
{
    return ac->order <= PAGE_ALLOC_COSTLY_ORDER && ac->highest >= ZONE_NORMAL &&
           !(ac->gfp & (__GFP_RETRY_MAYFAIL | __GFP_THISNODE | __GFP_NORETRY));
}

/* Pass 5. *@again: there is a victim, so that another try makes sense. */
static struct page *try_oom(const struct alloc_context *ac, bool *again)
{
    struct oom_control oc = {
        .zonelist = ac->list, .nid = ac->nid, .gfp = ac->gfp, .order = ac->order};
    struct page *page = get_page_from_list(ac, WMARK_HIGH);

    *again = false;
    if (page)
        return page;
    alloc_note_step(ac, "the OOM killer is called");
    *again = out_of_memory(&oc);
    return NULL;
}

/* Passes 2 and 3. */
static struct page *try_reserves(const struct alloc_context *ac)
{
    if (ac->gfp & __GFP_KSWAPD_RECLAIM)
        wake_kswapds(ac);
    return get_page_from_list(ac, reserve_flags(ac->gfp));
}

/* What the CPUs have in their lists may be what is missing, as a page or as the half of a block. */
static struct page *try_drained(const struct alloc_context *ac)
{
    if (!drain_all_pages(NULL))
        return NULL;
    alloc_note_step(ac, "the CPUs' lists are drained");
    return get_page_from_list(ac, reserve_flags(ac->gfp));
}

/* Pass 4 once; *@freed is how many pages it freed, most of which may lie in CPUs' lists. */
static struct page *try_reclaim(const struct alloc_context *ac, unsigned long *freed)
{
    struct page *page;

    alloc_note_step(ac, "direct reclaim");
    *freed = try_to_free_pages(ac->list, ac->order, ac->gfp);
    page = get_page_from_list(ac, reserve_flags(ac->gfp));
    return page ? page : try_drained(ac);
}

/* Passes 4 and 5, until there is a block, or the flags or reason say that it's enough. */
static struct page *try_hard(const struct alloc_context *ac)
{
    bool costly = ac->order > PAGE_ALLOC_COSTLY_ORDER, again = true;
    unsigned idle_rounds = 0;

    while (again) {
        unsigned long freed;
        struct page *page = try_reclaim(ac, &freed);

        if (page || (ac->gfp & __GFP_NORETRY) || (costly && !(ac->gfp & __GFP_RETRY_MAYFAIL)))
            return page;
        idle_rounds = freed && !costly ? 0 : idle_rounds + 1;
        if (idle_rounds <= MAX_RECLAIM_RETRIES && reclaim_may_help(ac))
            continue;
        if (!may_oom(ac))
            return NULL;
        page = try_oom(ac, &again);
        if (page)
            return page;
        idle_rounds = 0;
    }
    return NULL;
}

/* May one more line go to the log? */
static bool warning_is_due(void)
{
    static uint64_t period_start;
    static unsigned nr;
    uint64_t now = clock_ns(), start = __atomic_load_n(&period_start, __ATOMIC_RELAXED);

    if (now - start > WARN_PERIOD_NS || start == 0) {
        __atomic_store_n(&period_start, now, __ATOMIC_RELAXED);
        __atomic_store_n(&nr, 0, __ATOMIC_RELAXED);
    }
    return __atomic_fetch_add(&nr, 1, __ATOMIC_RELAXED) < WARN_BURST;
}

static void warn_failure(const struct alloc_context *ac)
{
    char text[192];
    struct seqbuf s;

    if ((ac->gfp & __GFP_NOWARN) || !warning_is_due())
        return;
    seqbuf_init(&s, text, sizeof(text));
    gfp_print(&s, ac->gfp);
    pr_warn("page allocation failure: order:%u, mode:0x%x(%s), node:%d%s", ac->order, ac->gfp,
            seqbuf_str(&s), ac->nid, ac->gfp & __GFP_THISNODE ? " only" : "");
}

/* __GFP_NOFAIL: all again, now without a mark, as long as it takes. */
static struct page *never_fail(const struct alloc_context *ac)
{
    struct page *page;

    for (;;) {
        page = get_page_from_list(ac, ALLOC_NO_WATERMARKS);
        if (!page)
            page = try_hard(ac);
        if (page)
            return page;
        alloc_note_step(ac, "waiting, as __GFP_NOFAIL demands");
        sleep_ns(NOFAIL_PAUSE_NS);
    }
}

/*
 * alloc_pages_slow - contract in mm/page_alloc_internal.h.
 *
 * Returns NULL, with a line in the log unless __GFP_NOWARN, when all that the flags allow was tried.
 * Context: as the flags say. __GFP_NOFAIL without __GFP_DIRECT_RECLAIM may fail, as in Linux.
 */
struct page *alloc_pages_slow(struct alloc_context *ac)
{
    struct page *page = try_reserves(ac);

    if (!page)
        page = try_drained(ac);
    if (!page && may_reclaim(ac)) {
        page = try_hard(ac);
        if (!page && (ac->gfp & __GFP_NOFAIL))
            page = never_fail(ac);
    }
    if (!page)
        warn_failure(ac);
    return page;
}
