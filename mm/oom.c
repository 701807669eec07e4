/*
 * mm/oom.c - out of memory: who gives up theirs.
 *
 * THEORY
 *
 * Reclaim has found nothing, kswapd has found nothing, and still somebody needs a page to go on. Then
 * memory must be taken from somebody who has much. Clients of the kernel that could do without theirs are
 * registered as victims. Which one is it? First, where is memory short:
 *
 *     machine   any node would have done, and none has anything
 *     thisnode  __GFP_THISNODE: one node has nothing, whatever the others have
 *     policy    the caller's set of nodes has nothing
 *     zone      GFP_DMA, GFP_DMA32: low memory has nothing
 *
 * What a victim has elsewhere doesn't help. So its score is its pages on the nodes concerned, and its
 * oom_score_adj thousandths of those nodes' memory. With 100000 pages on the nodes 0 and 1:
 *
 *     victim   pages on 0, 1   adj    score of the machine     score of node 1 alone (50000)
 *     A         30000,   100      0   30100                      100
 *     B          5000, 20000      0   25000                    20000   chosen
 *     C             0, 12000    200   32000   chosen           22000 -> 12000 + 10000, chosen over B
 *     D         40000, 40000  -1000   never                    never
 *
 * The allocator comes here from its last pass (mm/alloc_slow.c), and not for requests that may fail: orders
 * above 3, __GFP_NORETRY, __GFP_RETRY_MAYFAIL, __GFP_THISNODE, and those for low memory, since what they
 * lack is seldom what a victim has. So the allocator's cases are the machine's, for now; memory policies
 * will bring sets of nodes, and callers of out_of_memory() may name anything.
 *
 * A release may take long, and who is short of memory may hold any lock. So it doesn't run here but in the
 * thread oom_reaper; we wait for it a moment, and then let the allocation try again. Until it has returned,
 * nobody is chosen: not the same victim twice, and no second one for what the first is about to give. If it
 * takes longer than OVERDUE_NS it may be waiting for a lock of ours: then the allocation fails, and its
 * caller lets go of what it holds. A victim that had nothing to give isn't asked any more.
 *
 * LOCKING  oom_lock, a mutex: one call decides at a time; who finds it taken waits a tick and goes on. It
 *          also protects the list of victims, which so cannot vanish while they are looked at. is_chosen is
 *          set under it, and cleared by the reaper without.
 * UNITS    Pages.
 * SOURCES  Linux 6.1, Documentation/filesystems/proc.rst, 3.1 "/proc/<pid>/oom_adj &
 *          /proc/<pid>/oom_score_adj"; Documentation/admin-guide/sysctl/vm.rst, "panic_on_oom".
 * NOT HERE The report (mm/oom_report.c); a victim to try it with (mm/memhog.c).
 */
#include "mm/oom.h"
#include "kernel/bug.h"
#include "kernel/kthread.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/seqbuf.h"
#include "kernel/mutex.h"
#include "kernel/printk.h"
#include "kernel/sched.h"
#include "kernel/sysctl.h"
#include "kernel/timer.h"
#include "kernel/trace.h"
#include "kernel/wait.h"
#include "mm/oom_internal.h"
#include <arch/clock.h>

#define PATIENCE_NS      (100 * NS_PER_MS) /* that a call waits for its victim's pages */
#define OVERDUE_NS       (5 * NS_PER_S)    /* a release that takes longer may never end */
#define VAIN_REPORT_NS   (10 * NS_PER_S)   /* between reports that nobody has anything to give */
#define MAX_PANIC_ON_OOM 2

static DEFINE_MUTEX(oom_lock);
static struct list_head victims = LIST_HEAD_INIT(victims); /* by link; protected by oom_lock */
static unsigned panic_on_oom;
static struct task *reaper;

static unsigned nr_chosen;          /* victims that have not been released; atomic */
static DEFINE_WAIT_QUEUE(work);     /* the reaper waits for one */
static DEFINE_WAIT_QUEUE(released); /* others wait for the reaper */

/* ---- the constraint -------------------------------------------------------------------------- */

/* The zones of @list that the request could have been served from; for @c the sum of them. */
static void add_zones_of(struct oom_case *c, const struct zonelist *list)
{
    for (const struct zoneref *ref = list->zonerefs; ref->zone; ref++) {
        int nid = ref->zone->zone_pgdat->node_id;

        if (ref->zone_idx > (int)c->highest ||
            (c->oc->nodemask && !nodemask_test(c->oc->nodemask, nid)) ||
            ((c->oc->gfp & __GFP_THISNODE) && nid != c->oc->nid))
            continue;
        nodemask_set(&c->nodes, nid);
        c->total_pages += ref->zone->managed_pages;
    }
}

/* oom_find_constraint - contract in mm/oom_internal.h. */
void oom_find_constraint(struct oom_case *c, const struct oom_control *oc)
{
    int any = nodemask_first(&node_states[N_MEMORY]);

    *c = (struct oom_case){.oc = oc, .highest = gfp_zone(oc->gfp)};
    add_zones_of(c, oc->zonelist ? oc->zonelist : NODE_DATA(any)->node_zonelists);
    if (oc->gfp & __GFP_THISNODE)
        c->constraint = OOM_THISNODE;
    else if (oc->nodemask)
        c->constraint = OOM_POLICY;
    else if (c->highest < ZONE_NORMAL)
        c->constraint = OOM_ZONE;
}

/* ---- the choice ------------------------------------------------------------------------------ */

static bool is_chosen(const struct oom_victim *v)
{
    return __atomic_load_n(&v->is_chosen, __ATOMIC_ACQUIRE);
}

static bool is_candidate(const struct oom_victim *v)
{
    return v->nr_pages > 0 && v->oom_score_adj > OOM_SCORE_ADJ_MIN && !v->is_useless &&
           !is_chosen(v);
}

/* oom_choose - contract in mm/oom_internal.h. Of equals the one that was registered first. */
void oom_choose(struct oom_case *c)
{
    struct oom_victim *v;

    list_for_each_entry (v, c->victims, link) {
        v->nr_pages = v->pages(v, &c->nodes);
        v->points = (long)v->nr_pages + v->oom_score_adj * (long)c->total_pages / 1000;
        if (!is_candidate(v))
            continue;
        c->nr_candidates++;
        if (!c->chosen || v->points > c->chosen->points)
            c->chosen = v;
    }
}

/* The victim that is giving up memory, or is about to; NULL if there is none. */
static const struct oom_victim *find_chosen(void) __must_hold(oom_lock)
{
    struct oom_victim *v;

    list_for_each_entry (v, &victims, link) {
        if (is_chosen(v))
            return v;
    }
    return NULL;
}

/* ---- giving up memory ------------------------------------------------------------------------ */

/* From here on it's the reaper's. */
static void mark(struct oom_victim *v) __must_hold(oom_lock)
{
    v->chosen_ns = clock_ns();
    __atomic_store_n(&v->is_chosen, true, __ATOMIC_RELEASE);
    count_vm_event(OOM_KILL);
    trace(mark_victim, .pid = v->pid);
    __atomic_fetch_add(&nr_chosen, 1, __ATOMIC_SEQ_CST);
    wake_up(&work);
}

/* A victim that was chosen; it isn't unregistered before it is released. */
static struct oom_victim *take_chosen(void)
{
    struct oom_victim *v, *chosen = NULL;

    mutex_lock(&oom_lock);
    list_for_each_entry (v, &victims, link) {
        if (is_chosen(v))
            chosen = v;
    }
    mutex_unlock(&oom_lock);
    return chosen;
}

static void reap(struct oom_victim *v)
{
    unsigned long nr = v->release(v);

    pr_notice("oom_reaper: %s (pid %d) gave up %lu pages, %lu kB", v->name, v->pid, nr,
              nr << (PAGE_SHIFT - 10));
    v->is_useless = nr == 0;
    __atomic_store_n(&v->is_chosen, false, __ATOMIC_RELEASE); /* it may be gone from here on */
    __atomic_fetch_sub(&nr_chosen, 1, __ATOMIC_SEQ_CST);
    wake_up_all(&released);
}

static int reaper_loop(void *arg)
{
    (void)arg;
    for (;;) {
        struct oom_victim *v;

        wait_event_interruptible(&work, READ_ONCE(nr_chosen) > 0);
        v = take_chosen();
        if (v)
            reap(v);
    }
    return 0;
}

/* Wait until nobody gives up memory, but not long: the allocation wants to know. */
static void wait_for_release(void)
{
    (void)wait_event_timeout(&released, READ_ONCE(nr_chosen) == 0, PATIENCE_NS);
}

/* ---- the killer ------------------------------------------------------------------------------ */

/* The machine's owner may prefer a dead machine to one that has lost something. */
static void check_panic(const struct oom_case *c)
{
    unsigned how = READ_ONCE(panic_on_oom);

    if (how == 0 || c->oc->order == OOM_BY_HAND || (how == 1 && c->constraint != OOM_MACHINE))
        return;
    oom_report(c);
    panic("Out of memory: %s panic_on_oom is enabled", how == 2 ? "compulsory" : "system-wide");
}

/* Nobody has anything to give. This may happen again and again, so it is told now and then. */
static void report_in_vain(const struct oom_case *c) __must_hold(oom_lock)
{
    static uint64_t next_ns;

    if (c->oc->order != OOM_BY_HAND && ((c->oc->gfp & __GFP_NOWARN) || clock_ns() < next_ns))
        return;
    next_ns = clock_ns() + VAIN_REPORT_NS;
    oom_report(c);
}

/* What became of a call. */
enum outcome { IN_VAIN, OVERDUE, UNDER_WAY };

static enum outcome decide(const struct oom_control *oc) __must_hold(oom_lock)
{
    static struct oom_case
        c; /* protected by oom_lock; large for a stack that may be deep already */
    const struct oom_victim *busy = find_chosen();

    if (busy)
        return clock_ns() - busy->chosen_ns < OVERDUE_NS ? UNDER_WAY : OVERDUE;
    oom_find_constraint(&c, oc);
    check_panic(&c);
    c.victims = &victims;
    oom_choose(&c);
    if (!c.chosen || !reaper) {
        report_in_vain(&c);
        return IN_VAIN;
    }
    oom_report(&c);
    mark(c.chosen);
    return UNDER_WAY;
}

/* out_of_memory - contract in the header. */
bool out_of_memory(const struct oom_control *oc)
{
    enum outcome outcome;

    might_sleep();
    if (!mutex_trylock(&oom_lock)) {
        sleep_ns(TICK_NS);
        return true;
    }
    outcome = decide(oc);
    mutex_unlock(&oom_lock);
    if (outcome == UNDER_WAY)
        wait_for_release();
    return outcome == UNDER_WAY;
}

/* ---- victims --------------------------------------------------------------------------------- */

/* oom_victim_register - @v can be chosen from now on. Context: may sleep. */
void oom_victim_register(struct oom_victim *v)
{
    BUG_ON(v->oom_score_adj < OOM_SCORE_ADJ_MIN || v->oom_score_adj > OOM_SCORE_ADJ_MAX);
    v->is_chosen = false;
    v->is_useless = false;
    mutex_lock(&oom_lock);
    list_add_tail(&v->link, &victims);
    mutex_unlock(&oom_lock);
}

/*
 * oom_victim_unregister - @v is nobody's victim any more; if it was chosen, wait until it was released.
 *
 * Context: may sleep; without any lock that the release waits for, and not from within it.
 */
void oom_victim_unregister(struct oom_victim *v)
{
    for (;;) {
        mutex_lock(&oom_lock);
        if (!is_chosen(v))
            break;
        mutex_unlock(&oom_lock);
        wait_event(&released, !is_chosen(v));
    }
    list_del(&v->link);
    mutex_unlock(&oom_lock);
}

/* oom_init - contract in the header. Without memory for the thread nobody is ever chosen. */
void oom_init(void)
{
    reaper = kthread_run(reaper_loop, NULL, "oom_reaper");
    if (!reaper)
        pr_err("oom: no memory for the thread oom_reaper: allocations will fail instead");
}

/* ---- files ----------------------------------------------------------------------------------- */

/* panic_on_oom_show - contract in the header. */
void panic_on_oom_show(struct seqbuf *s)
{
    seq_printf(s, "%u\n", READ_ONCE(panic_on_oom));
}

/* panic_on_oom_store - contract in the header. -EINVAL. */
int panic_on_oom_store(const char *text, size_t len)
{
    unsigned long value;
    int err = sysctl_parse("panic_on_oom", text, 0, MAX_PANIC_ON_OOM, &value);

    (void)len;
    if (!err)
        WRITE_ONCE(panic_on_oom, (unsigned)value);
    return err;
}

/* sysrq_trigger_show - contract in the header. */
void sysrq_trigger_show(struct seqbuf *s)
{
    seq_puts(s, "write f to call the OOM killer, m to log what memory is used for\n");
}

/* sysrq_trigger_store - contract in the header. -EINVAL for other letters. Context: may sleep. */
int sysrq_trigger_store(const char *text, size_t len)
{
    const struct oom_control by_hand = {.gfp = GFP_KERNEL, .order = OOM_BY_HAND};

    (void)len;
    if (*text == 'm') {
        pr_info("sysrq: Show Memory");
        oom_report_memory(&node_states[N_MEMORY]);
        return 0;
    }
    if (*text != 'f')
        return -EINVAL;
    pr_info("sysrq: Manual OOM execution");
    (void)out_of_memory(&by_hand);
    return 0;
}
