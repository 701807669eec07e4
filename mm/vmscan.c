/*
 * mm/vmscan.c - getting pages back.
 *
 * THEORY
 *
 * Two reclaim: kswapd, a thread for each node, before memory runs out (mm/kswapd.c), and an allocation
 * that found nothing, for itself: *direct* reclaim. Both go over a node in rounds of falling priority
 * (mm/reclaim_math.c), until they have what they need:
 *
 *     priority 12   1/4096 of the inactive list    and of each shrinker's objects
 *     priority 11   1/2048
 *     ...
 *     priority 0    all of it
 *
 * A round takes pages off the tail of the inactive list in batches of 32, decides on each without the
 * list's lock, and puts back those that stay:
 *
 *     locked by somebody               stays
 *     left its file meanwhile          is freed when its last user puts it
 *     used since the last look         stays, once
 *     dirty                            is written back, if writing is allowed, and dropped
 *     somebody has a reference         stays
 *     else                             is dropped
 *
 * Direct reclaim goes over the nodes of the zonelist, nearest first, and stops as soon as it has enough:
 * what is far is dropped only if near there was too little. (Linux takes a share from all nodes in each
 * round.)
 *
 * What reclaim itself allocates, in write_page() or in a shrinker, must not reclaim in turn: in_reclaim()
 * is true for the thread, and such allocations use the reserves instead.
 *
 * LOCKING  None of its own. No page's lock is waited for.
 * UNITS    Pages.
 * NOT HERE kswapd (mm/kswapd.c), near before far (mm/node_reclaim.c), on demand (mm/drop_caches.c).
 */
#include "mm/vmscan.h"
#include "kernel/sched.h"
#include "kernel/trace.h"
#include "mm/filemap.h"
#include "mm/lru.h"
#include "mm/page_ref.h"
#include "mm/page_wait.h"
#include "mm/reclaim_internal.h"
#include "mm/reclaim_math.h"
#include "mm/shrinker.h"
#include "mm/zonelist.h"

/* Linux's RECLAIM_WB_FILE and RECLAIM_WB_ASYNC, as the trace event shows them. */
#define RECLAIM_WB_FILE  0x2
#define RECLAIM_WB_ASYNC 0x4

/* What became of one batch. */
struct batch_result {
    unsigned nr_reclaimed;
    unsigned nr_dirty;    /* were dirty when they were looked at */
    unsigned nr_ref_keep; /* stay because they were used */
};

enum verdict { KEEP, KEEP_USED, DROPPED, ORPHAN };

/* in_reclaim - contract in the header. An interrupt is nobody's thread. */
bool in_reclaim(void)
{
    return sched_is_running() && !cpu_in_interrupt() && current->in_reclaim;
}

/* reclaim_begin - this thread is in reclaim until reclaim_end(), which gets what this returns. */
bool reclaim_begin(void)
{
    bool was = current->in_reclaim;

    current->in_reclaim = true;
    return was;
}

/* reclaim_end - see reclaim_begin(). */
void reclaim_end(bool was_in_reclaim)
{
    current->in_reclaim = was_in_reclaim;
}

/* mm_account_reclaimed_pages - contract in the header. */
void mm_account_reclaimed_pages(unsigned long nr_pages)
{
    if (in_reclaim())
        current->nr_reclaimed += nr_pages;
}

/* ---- one page, one batch ---------------------------------------------------------------------- */

/* Make @page clean, if that may be done. */
static bool clean(struct page *page, const struct scan_control *sc, struct batch_result *result)
{
    if (!page_flag_test(page, PAGE_DIRTY))
        return true;
    result->nr_dirty++;
    if (!sc->may_writepage || !page->mapping->a_ops->write_page)
        return false;
    return filemap_write_page(page) == 0;
}

/* @page is isolated and locked; unless it is DROPPED it stays locked. */
static enum verdict judge_locked(struct page *page, const struct scan_control *sc,
                                 struct batch_result *result)
{
    if (!page->mapping)
        return ORPHAN;
    if (!sc->ignore_references && page_flag_test_and_clear(page, PAGE_REFERENCED))
        return KEEP_USED;
    if (!clean(page, sc, result))
        return KEEP;
    return filemap_drop_clean(page) ? DROPPED : KEEP;
}

static enum verdict judge(struct page *page, const struct scan_control *sc,
                          struct batch_result *result)
{
    enum verdict verdict;

    if (!trylock_page(page))
        return KEEP;
    verdict = judge_locked(page, sc, result);
    if (verdict != DROPPED)
        unlock_page(page);
    return verdict;
}

/* An isolated page goes where @verdict says. */
static void settle(struct page *page, enum verdict verdict)
{
    if (verdict == KEEP || verdict == KEEP_USED) {
        lru_putback(page);
        return;
    }
    mod_node_page_state(page_to_nid(page), NR_ISOLATED_FILE, -1);
    if (verdict == DROPPED)
        page_release(page);
    else
        put_page(page);
}

static struct batch_result shrink_pages(struct list_head *pages, const struct scan_control *sc)
{
    struct batch_result result = {0};
    struct page *page, *next;

    list_for_each_entry_safe (page, next, pages, lru) {
        enum verdict verdict;

        list_del(&page->lru);
        verdict = judge(page, sc, &result);
        result.nr_reclaimed += verdict == DROPPED;
        result.nr_ref_keep += verdict == KEEP_USED;
        settle(page, verdict);
    }
    return result;
}

static void note_batch(const pg_data_t *pgdat, struct scan_control *sc, unsigned long nr_scanned,
                       const struct batch_result *result)
{
    count_vm_events(sc->is_kswapd ? PGSCAN_KSWAPD : PGSCAN_DIRECT, nr_scanned);
    count_vm_events(sc->is_kswapd ? PGSTEAL_KSWAPD : PGSTEAL_DIRECT, result->nr_reclaimed);
    sc->nr_scanned += nr_scanned;
    sc->nr_reclaimed += result->nr_reclaimed;
    trace(mm_vmscan_lru_shrink_inactive, .nid = pgdat->node_id, .nr_scanned = nr_scanned,
          .nr_reclaimed = result->nr_reclaimed, .nr_dirty = result->nr_dirty,
          .nr_ref_keep = result->nr_ref_keep, .priority = sc->priority,
          .reclaim_flags = RECLAIM_WB_FILE | RECLAIM_WB_ASYNC);
}

/* Up to @nr pages of the inactive list. Returns how many were looked at. */
static unsigned long shrink_inactive(pg_data_t *pgdat, struct scan_control *sc, unsigned long nr)
{
    struct batch_result result;
    struct list_head pages;
    unsigned long taken;

    list_init(&pages);
    taken = lru_isolate(pgdat, LRU_INACTIVE_FILE, nr, sc->highest, &pages);
    if (taken == 0)
        return 0;
    result = shrink_pages(&pages, sc);
    note_batch(pgdat, sc, taken, &result);
    return taken;
}

/* ---- a node ----------------------------------------------------------------------------------- */

static bool needs_aging(struct lruvec *lruvec, const struct scan_control *sc)
{
    return inactive_is_low(lru_size(lruvec, LRU_INACTIVE_FILE, sc->highest),
                           lru_size(lruvec, LRU_ACTIVE_FILE, sc->highest));
}

static bool has_enough(const struct scan_control *sc)
{
    return sc->nr_reclaimed >= sc->nr_to_reclaim;
}

static unsigned long scan_target(struct lruvec *lruvec, enum lru_list list,
                                 const struct scan_control *sc)
{
    return lru_scan_target(lru_size(lruvec, list, sc->highest), sc->priority);
}

/* A round's share of both lists, in batches by turns, until there is enough. */
static void shrink_lruvec(pg_data_t *pgdat, struct scan_control *sc)
{
    struct lruvec *lruvec = &pgdat->lruvec;
    unsigned long inactive = scan_target(lruvec, LRU_INACTIVE_FILE, sc);
    unsigned long active = scan_target(lruvec, LRU_ACTIVE_FILE, sc);

    while ((inactive || active) && !has_enough(sc)) {
        unsigned long nr = min(active, (unsigned long)SWAP_CLUSTER_MAX);

        if (nr && needs_aging(lruvec, sc))
            lru_age_active(pgdat, nr, sc->highest);
        active -= nr;
        nr = min(inactive, (unsigned long)SWAP_CLUSTER_MAX);
        if (nr && shrink_inactive(pgdat, sc, nr) == 0)
            nr = inactive; /* there are no more */
        inactive -= nr;
    }
    /* Have inactive ones at hand the next time; meanwhile they can prove that they are used. */
    if (needs_aging(lruvec, sc))
        lru_age_active(pgdat, SWAP_CLUSTER_MAX, sc->highest);
}

/*
 * shrink_node - one round at sc->priority over the pages and shrinkers of @pgdat.
 *
 * True if a page or an object was freed; then kswapd has hope for the node again.
 * Context: may sleep; within reclaim_begin().
 */
bool shrink_node(pg_data_t *pgdat, struct scan_control *sc)
{
    unsigned long before = sc->nr_reclaimed, objects;

    shrink_lruvec(pgdat, sc);
    current->nr_reclaimed = 0;
    objects = shrink_slab(sc->gfp, pgdat->node_id, sc->priority);
    sc->nr_reclaimed += current->nr_reclaimed;
    if (sc->nr_reclaimed == before && objects == 0)
        return false;
    WRITE_ONCE(pgdat->kswapd_failures, 0);
    return true;
}

/* Drop what can be dropped of one list, looking at each page once. */
static unsigned long drop_list(pg_data_t *pgdat, enum lru_list list)
{
    const struct scan_control sc = {.highest = MAX_NR_ZONES - 1, .ignore_references = true};
    unsigned long left = lru_size(&pgdat->lruvec, list, sc.highest), nr = 0;

    while (left > 0) {
        struct list_head pages;
        unsigned long taken;

        list_init(&pages);
        taken = lru_isolate(pgdat, list, min(left, (unsigned long)SWAP_CLUSTER_MAX), sc.highest,
                            &pages);
        if (taken == 0)
            break;
        nr += shrink_pages(&pages, &sc).nr_reclaimed;
        left -= taken;
    }
    return nr;
}

/*
 * drop_node_pages - drop every clean page of @pgdat that nobody has, whether it was used or not.
 *
 * Returns how many. Context: as shrink_node().
 */
unsigned long drop_node_pages(pg_data_t *pgdat)
{
    return drop_list(pgdat, LRU_INACTIVE_FILE) + drop_list(pgdat, LRU_ACTIVE_FILE);
}

/* ---- direct reclaim --------------------------------------------------------------------------- */

/* One round over the nodes of @list, nearest first. */
static void shrink_zones(const struct zonelist *list, struct scan_control *sc)
{
    const pg_data_t *last = NULL;
    const struct zoneref *ref;

    for_each_zone_in (ref, list, sc->highest) {
        pg_data_t *pgdat = ref->zone->zone_pgdat;

        if (pgdat == last)
            continue; /* another zone of the same node */
        last = pgdat;
        shrink_node(pgdat, sc);
        if (has_enough(sc))
            return;
    }
}

static void reclaim_for(const struct zonelist *list, struct scan_control *sc)
{
    bool was = reclaim_begin();

    for (; sc->priority >= 0 && !has_enough(sc); sc->priority--)
        shrink_zones(list, sc);
    reclaim_end(was);
}

/*
 * try_to_free_pages - contract in the header.
 *
 * Frees 32 pages, or twice a block of @order. Before threads run there is nothing to be freed.
 */
unsigned long try_to_free_pages(const struct zonelist *list, unsigned order, gfp_t gfp)
{
    unsigned long nr = max((unsigned long)SWAP_CLUSTER_MAX, reclaim_gap((int)order));
    struct scan_control sc = {
        .nr_to_reclaim = nr,
        .gfp = gfp,
        .highest = gfp_zone(gfp),
        .order = (int)order,
        .priority = DEF_PRIORITY,
        .may_writepage = (gfp & (__GFP_IO | __GFP_FS)) == (__GFP_IO | __GFP_FS),
    };

    if (!sched_is_running() || in_reclaim())
        return 0;
    might_sleep();
    count_vm_event((enum vm_event_item)(ALLOCSTALL_DMA + (int)sc.highest));
    trace(mm_vmscan_direct_reclaim_begin, .order = (int)order, .gfp_flags = gfp);
    reclaim_for(list, &sc);
    trace(mm_vmscan_direct_reclaim_end, .nr_reclaimed = sc.nr_reclaimed);
    return sc.nr_reclaimed;
}
