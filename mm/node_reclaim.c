/*
 * mm/node_reclaim.c - near before far: reclaim a little here, before memory of another node is taken.
 *
 * THEORY
 *
 * A page of the page cache that nobody used for a while may be worth less than the time that a thread
 * loses by having its memory far away. With node_reclaim_mode on (/proc/sys/vm/zone_reclaim_mode; off
 * by default, as it depends on the load), an allocation that finds its node below the watermark first
 * reclaims there, with an eye on how little it costs:
 *
 *     only if more than min_unmapped_ratio percent of the node is page cache, or min_slab_ratio percent
 *     is reclaimable slab: less is the working set, and would be read again at once;
 *     only on the CPU's own node, or one without CPUs: others look after theirs;
 *     one thread at a time a node; the others go farther meanwhile;
 *     only where the allocation may sleep.
 *
 * Priority 4 at first: a sixteenth of the list, then more, until 32 pages are free.
 *
 * SOURCES  Linux 6.1, Documentation/admin-guide/sysctl/vm.rst, "zone_reclaim_mode", "min_unmapped_ratio",
 *          "min_slab_ratio".
 * NOT HERE How far is too far to bother (mm/alloc_walk.c: RECLAIM_DISTANCE).
 */
#include "kernel/cpu.h"
#include "kernel/lib/seqbuf.h"
#include "kernel/sched.h"
#include "kernel/sysctl.h"
#include "mm/reclaim_internal.h"
#include "mm/vmscan.h"

#define RECLAIM_ZONE          0x1u /* node_reclaim_mode: do it, */
#define RECLAIM_WRITE         0x2u /* and write dirty pages back for it */
#define RECLAIM_UNMAP         0x4u /* taken, without effect: pages are never mapped */
#define NODE_RECLAIM_PRIORITY 4

unsigned node_reclaim_mode;
static unsigned min_unmapped_ratio = 1; /* percent of a node's managed pages */
static unsigned min_slab_ratio = 5;

/* Pages of the cache that could be dropped. */
static unsigned long droppable(int nid)
{
    unsigned long nr =
        node_page_state(nid, NR_INACTIVE_FILE) + node_page_state(nid, NR_ACTIVE_FILE);
    unsigned long dirty = node_page_state(nid, NR_FILE_DIRTY);

    if (!(READ_ONCE(node_reclaim_mode) & RECLAIM_WRITE))
        nr -= min(nr, dirty);
    return nr;
}

static bool has_plenty(int nid)
{
    unsigned long managed = node_managed_pages(nid);

    return droppable(nid) > managed * READ_ONCE(min_unmapped_ratio) / 100 ||
           node_page_state(nid, NR_SLAB_RECLAIMABLE) > managed * READ_ONCE(min_slab_ratio) / 100;
}

/* Is it this CPU's node, or nobody's? */
static bool is_ours(int nid)
{
    cpumask_t cpus = node_online_cpus(nid);

    return nid == numa_node_id() || cpumask_empty(&cpus);
}

static bool may_try(int nid, gfp_t gfp)
{
    return (gfp & __GFP_DIRECT_RECLAIM) && sched_is_running() && !in_reclaim() && is_ours(nid) &&
           has_plenty(nid);
}

static bool reclaim(pg_data_t *pgdat, gfp_t gfp, unsigned order)
{
    unsigned long nr = max((unsigned long)SWAP_CLUSTER_MAX, 1ul << order);
    struct scan_control sc = {
        .nr_to_reclaim = nr,
        .gfp = gfp,
        .highest = gfp_zone(gfp),
        .order = (int)order,
        .priority = NODE_RECLAIM_PRIORITY,
        .may_writepage = (READ_ONCE(node_reclaim_mode) & RECLAIM_WRITE) != 0,
    };
    bool was = reclaim_begin();

    for (; sc.priority >= 0 && sc.nr_reclaimed < sc.nr_to_reclaim; sc.priority--)
        shrink_node(pgdat, &sc);
    reclaim_end(was);
    return sc.nr_reclaimed >= 1ul << order;
}

/* node_reclaim - contract in the header. */
bool node_reclaim(pg_data_t *pgdat, gfp_t gfp, unsigned order)
{
    bool ok;

    if (!may_try(pgdat->node_id, gfp) ||
        __atomic_exchange_n(&pgdat->node_reclaim_busy, 1, __ATOMIC_ACQUIRE))
        return false;
    ok = reclaim(pgdat, gfp, order);
    __atomic_store_n(&pgdat->node_reclaim_busy, 0, __ATOMIC_RELEASE);
    count_vm_event(ok ? ZONE_RECLAIM_SUCCESS : ZONE_RECLAIM_FAILED);
    return ok;
}

/* ---- /proc/sys/vm ----------------------------------------------------------------------------- */

static int store(const char *name, const char *text, unsigned long most, unsigned *value)
{
    unsigned long number;
    int err = sysctl_parse(name, text, 0, most, &number);

    if (!err)
        WRITE_ONCE(*value, (unsigned)number);
    return err;
}

/* zone_reclaim_mode_show - /proc/sys/vm/zone_reclaim_mode. */
void zone_reclaim_mode_show(struct seqbuf *s)
{
    seq_printf(s, "%u\n", READ_ONCE(node_reclaim_mode));
}

/* zone_reclaim_mode_store - the same, written: 0 or -EINVAL, here and below. */
int zone_reclaim_mode_store(const char *text, size_t len)
{
    (void)len;
    return store("zone_reclaim_mode", text, RECLAIM_ZONE | RECLAIM_WRITE | RECLAIM_UNMAP,
                 &node_reclaim_mode);
}

/* min_unmapped_ratio_show - /proc/sys/vm/min_unmapped_ratio. */
void min_unmapped_ratio_show(struct seqbuf *s)
{
    seq_printf(s, "%u\n", READ_ONCE(min_unmapped_ratio));
}

int min_unmapped_ratio_store(const char *text, size_t len)
{
    (void)len;
    return store("min_unmapped_ratio", text, 100, &min_unmapped_ratio);
}

/* min_slab_ratio_show - /proc/sys/vm/min_slab_ratio. */
void min_slab_ratio_show(struct seqbuf *s)
{
    seq_printf(s, "%u\n", READ_ONCE(min_slab_ratio));
}

int min_slab_ratio_store(const char *text, size_t len)
{
    (void)len;
    return store("min_slab_ratio", text, 100, &min_slab_ratio);
}
