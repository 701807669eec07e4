/*
 * mm/kswapd.c - kswapdN, the thread that reclaims for node N before memory runs out.
 *
 * THEORY
 *
 * An allocation that finds no zone of its list above the low watermark wakes the kswapds of the nodes
 * concerned and goes on, down to the min watermark. They reclaim until the node is *balanced*: until one
 * of its zones that the allocation could use has its high watermark free, and a block of the order that
 * was wanted.
 *
 *     free pages of a node
 *        |
 *     high ------------------------------------------- balanced: kswapd sleeps
 *        |                                       /
 *     low  -----------. wake_up               /
 *        |               .                 /   kswapd works; who allocates now doesn't wait
 *     min  ----------------.------------/------------- below: direct reclaim
 *        |                    . . . . /
 *        +----------------------------------------------------> time
 *
 * One balanced zone is enough, as in Linux: the small low zones keep a reserve against requests that could be
 * served higher (lowmem_reserve), often more than they have, so they would never be balanced.
 *
 * kswapd_order and kswapd_highest_zoneidx tell what it was woken for, the most demanding request winning.
 * Once it has freed twice a block of a high order, and there is none yet, more freeing is not what is
 * missing: it goes on for order 0 only.
 *
 * Each round that frees nothing lowers the priority; a run through all priorities that frees nothing is a
 * failure. After MAX_RECLAIM_RETRIES failures in sequence there is nothing in the node that could be had,
 * and kswapd isn't woken for it any more, until somebody's direct reclaim frees a page there, or there are
 * more pages in its lists than when it gave up.
 *
 * The thread is bound to its node's CPUs, since it looks at its node's descriptors all the time. On a node
 * without CPUs it runs anywhere.
 *
 * LOCKING  The words kswapd_* are written without a lock; a request that is lost by two writing at once
 *          comes again with the next allocation that finds too little.
 */
#include "kernel/kthread.h"
#include "kernel/printk.h"
#include "kernel/sched.h"
#include "kernel/timer.h"
#include "kernel/trace.h"
#include "mm/lru.h"
#include "mm/pcp.h"
#include "mm/reclaim_internal.h"
#include "mm/vmscan.h"
#include "mm/watermark.h"

#define NAP_NS (NS_PER_S / 10)

/* What kswapd is to do. */
struct order {
    int order;
    enum zone_type highest; /* MAX_NR_ZONES: nothing */
};

bool node_is_unreclaimable(const pg_data_t *pgdat)
{
    return READ_ONCE(pgdat->kswapd_failures) >= MAX_RECLAIM_RETRIES;
}

/* Could a zone of @pgdat up to @highest give 2^@order pages and stay above its high watermark? */
static bool is_balanced(const pg_data_t *pgdat, int order, enum zone_type highest)
{
    bool has_zone = false;

    for (int i = 0; i <= (int)highest && i < MAX_NR_ZONES; i++) {
        const struct zone *zone = &pgdat->node_zones[i];

        if (!zone->managed_pages)
            continue;
        has_zone = true;
        if (zone_watermark_ok(zone, (unsigned)order, wmark_pages(zone, WMARK_HIGH), highest, 0))
            return true;
    }
    return !has_zone;
}

static unsigned long lru_pages(pg_data_t *pgdat)
{
    return lru_size(&pgdat->lruvec, LRU_INACTIVE_FILE, MAX_NR_ZONES - 1) +
           lru_size(&pgdat->lruvec, LRU_ACTIVE_FILE, MAX_NR_ZONES - 1);
}

/* A run has freed nothing. */
static void note_failure(pg_data_t *pgdat)
{
    WRITE_ONCE(pgdat->kswapd_left, lru_pages(pgdat));
    WRITE_ONCE(pgdat->kswapd_failures, pgdat->kswapd_failures + 1);
}

/* If kswapd has given up: is there more now than there was? */
static void renew_hope(pg_data_t *pgdat)
{
    if (node_is_unreclaimable(pgdat) &&
        lru_pages(pgdat) > READ_ONCE(pgdat->kswapd_left) + SWAP_CLUSTER_MAX)
        WRITE_ONCE(pgdat->kswapd_failures, 0);
}

/* ---- being woken ------------------------------------------------------------------------------ */

/* Note a request, unless a more demanding one is there. */
static void ask_for(pg_data_t *pgdat, int order, enum zone_type highest)
{
    enum zone_type asked = READ_ONCE(pgdat->kswapd_highest_zoneidx);

    if (asked == MAX_NR_ZONES || asked < highest)
        WRITE_ONCE(pgdat->kswapd_highest_zoneidx, highest);
    if (READ_ONCE(pgdat->kswapd_order) < order)
        WRITE_ONCE(pgdat->kswapd_order, order);
}

/* wakeup_kswapd - contract in the header. Costs little while kswapd is at work. */
void wakeup_kswapd(struct zone *zone, unsigned order, enum zone_type highest_zoneidx)
{
    pg_data_t *pgdat = zone->zone_pgdat;

    if (!zone->managed_pages)
        return;
    ask_for(pgdat, (int)order, highest_zoneidx);
    renew_hope(pgdat);
    if (wait_queue_empty(&pgdat->kswapd_wait) || node_is_unreclaimable(pgdat) ||
        is_balanced(pgdat, (int)order, highest_zoneidx))
        return;
    wake_up(&pgdat->kswapd_wait);
}

/* ---- sleeping --------------------------------------------------------------------------------- */

static bool may_sleep(const pg_data_t *pgdat, const struct order *done)
{
    return node_is_unreclaimable(pgdat) || is_balanced(pgdat, done->order, done->highest);
}

/* Is there a request, and hope for it? */
static bool has_work(const pg_data_t *pgdat)
{
    struct order asked = {.order = READ_ONCE(pgdat->kswapd_order),
                          .highest = READ_ONCE(pgdat->kswapd_highest_zoneidx)};

    return asked.highest != MAX_NR_ZONES && !may_sleep(pgdat, &asked);
}

/*
 * Sleep if all is well: a short nap first, as who has just been served often asks again, then until
 * woken.
 */
static void try_to_sleep(pg_data_t *pgdat, const struct order *done)
{
    if (!may_sleep(pgdat, done))
        return;
    if (wait_event_common(&pgdat->kswapd_wait, has_work(pgdat) || kthread_should_stop(),
                          TASK_INTERRUPTIBLE, false, NAP_NS) ||
        !may_sleep(pgdat, done))
        return;
    trace(mm_vmscan_kswapd_sleep, .nid = pgdat->node_id);
    wait_event_interruptible(&pgdat->kswapd_wait, has_work(pgdat) || kthread_should_stop());
}

/* What was asked for since the last time. */
static struct order take_order(pg_data_t *pgdat)
{
    struct order o = {.order = READ_ONCE(pgdat->kswapd_order),
                      .highest = READ_ONCE(pgdat->kswapd_highest_zoneidx)};

    WRITE_ONCE(pgdat->kswapd_order, 0);
    WRITE_ONCE(pgdat->kswapd_highest_zoneidx, MAX_NR_ZONES);
    return o;
}

/* ---- working ---------------------------------------------------------------------------------- */

/* So many pages a round: the high watermarks of the zones concerned. */
static unsigned long round_target(const pg_data_t *pgdat, enum zone_type highest)
{
    unsigned long nr = 0;

    for (int i = 0; i <= (int)highest; i++) {
        const struct zone *zone = &pgdat->node_zones[i];

        if (zone->managed_pages)
            nr += max(wmark_pages(zone, WMARK_HIGH), (unsigned long)SWAP_CLUSTER_MAX);
    }
    return nr;
}

/* One round. True if it looked at as many pages as it should have freed. */
static bool work_a_round(pg_data_t *pgdat, struct scan_control *sc)
{
    unsigned long before = sc->nr_scanned;

    sc->nr_to_reclaim = sc->nr_reclaimed + round_target(pgdat, sc->highest);
    shrink_node(pgdat, sc);
    if (sc->order > 0 && sc->nr_reclaimed >= reclaim_gap(sc->order))
        sc->order = 0;
    return sc->nr_scanned - before >= round_target(pgdat, sc->highest);
}

/* Reclaim until the node is balanced for *@o, or all priorities are through; o->order may fall to 0. */
static void balance_node(pg_data_t *pgdat, struct order *o)
{
    struct scan_control sc = {.gfp = GFP_KERNEL,
                              .highest = o->highest,
                              .order = o->order,
                              .priority = DEF_PRIORITY,
                              .is_kswapd = true,
                              .may_writepage = true};

    count_vm_event(PAGEOUTRUN);
    while (sc.priority >= 0 && !kthread_should_stop()) {
        unsigned long before = sc.nr_reclaimed;

        if (is_balanced(pgdat, sc.order, sc.highest))
            break;
        if (!work_a_round(pgdat, &sc) || sc.nr_reclaimed == before)
            sc.priority--;
        drain_local_pages(); /* in this CPU's lists it is nobody's gain */
    }
    if (sc.priority < 0 && sc.nr_reclaimed == 0)
        note_failure(pgdat);
    o->order = sc.order;
}

static int kswapd(void *arg)
{
    pg_data_t *pgdat = arg;
    struct order o = {.order = 0, .highest = MAX_NR_ZONES - 1};

    reclaim_begin();
    while (!kthread_should_stop()) {
        struct order next;

        try_to_sleep(pgdat, &o);
        next = take_order(pgdat);
        if (next.highest != MAX_NR_ZONES)
            o = next; /* else go on with what isn't done */
        if (kthread_should_stop() || may_sleep(pgdat, &o))
            continue;
        trace(mm_vmscan_kswapd_wake, .nid = pgdat->node_id, .zid = (int)o.highest,
              .order = o.order);
        balance_node(pgdat, &o);
    }
    return 0;
}

/* ---- starting --------------------------------------------------------------------------------- */

static void start(pg_data_t *pgdat)
{
    int nid = pgdat->node_id;
    cpumask_t cpus = node_online_cpus(nid);
    struct task *t = kthread_create_on_node(kswapd, pgdat, nid, "kswapd%d", nid);

    if (!t) {
        pr_err("no memory for kswapd%d: allocations reclaim from node %d themselves", nid, nid);
        return;
    }
    if (!cpumask_empty(&cpus))
        kthread_bind_mask(t, &cpus);
    pgdat->kswapd = t;
    kthread_start(t);
}

/* kswapd_init - contract in the header. */
void kswapd_init(void)
{
    int nid;

    for_each_node_mask (nid, &node_states[N_MEMORY])
        start(NODE_DATA(nid));
}
