/*
 * mm/zonelist.c - in which order the nodes are asked for a page.
 *
 * THEORY
 *
 * Each node keeps a list of all zones with memory, nearest node first, and per node the highest
 * zone first. The allocator walks the list of the node that is preferred and takes the first zone
 * that can serve, so this order is the whole of "local first, then as near as possible".
 *
 * Example: four sockets, each linked to every other (10 local, 20 remote). All neighbours tie. With
 * "lowest number wins" nodes 1, 2 and 3 would all overflow onto node 0. Two rules spread them:
 *
 *   next one    a node with a lower number than the one that asks counts as one unit farther;
 *   load        a node that was already the first of a distance for another node waits behind one
 *               that was not.
 *
 *     node 0: 0 1 2 3      node 2: 2 3 0 1
 *     node 1: 1 2 3 0      node 3: 3 0 1 2
 *
 * The first rule is in units of distance: a lower node at 20 ties with a higher one at 21, and then
 * the load decides. The lists are built for node 0, 1, 2 ... in turn, and the load is carried
 * along; nodes without memory ask, and so add load, but are never asked.
 *
 * INVARIANTS
 *   Z1  The first node is the node itself, if it has memory.
 *   Z2  Every zone that has memory appears once, and no other.
 *   Z3  Distances along the list never decrease by more than the one unit of the first rule.
 *
 * LOCKING  None. Built on the boot CPU before the others start, read-only afterwards.
 * UNITS    Distances are SLIT units: 10 is local, 20 costs twice as much.
 * SOURCES  ACPI 6.4, 5.2.17 "System Locality Information Table (SLIT)". The order is that of Linux
 *          6.1, found by booting it on many machines ("Fallback order for Node" in its log).
 * NOT HERE What a zone is (mm/zone.c); the walk (mm/page_alloc.c).
 */
#include "mm/zonelist.h"
#include "kernel/bug.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/seqbuf.h"
#include "kernel/lib/string.h"
#include "kernel/printk.h"

/* Is @a a better next node than @b? Penalties and loads as the theory says; ties to the lower one.
 */
static bool better(int a, int b, int from, const uint8_t *dist, const unsigned *load, int nr_nodes)
{
    unsigned far_a = dist[from * nr_nodes + a] + (a < from);
    unsigned far_b = dist[from * nr_nodes + b] + (b < from);

    return far_a != far_b ? far_a < far_b : load[a] < load[b];
}

/* The best node that has memory and is not in @used, or -1. */
static int next_best(int from, const uint8_t *dist, const nodemask_t *memory,
                     const nodemask_t *used, const unsigned *load, int nr_nodes)
{
    int best = -1;

    for (int nid = 0; nid < nr_nodes; nid++) {
        if (!nodemask_test(memory, nid) || nodemask_test(used, nid))
            continue;
        if (best < 0 || better(nid, best, from, dist, load, nr_nodes))
            best = nid;
    }
    return best;
}

/*
 * zonelist_order - fill @order with every node that has memory, in the order that @from asks them.
 *
 * @order   out, room for nr_nodes entries; untouched on error.
 * @from    0..nr_nodes-1.
 * @dist    nr_nodes x nr_nodes, row-major: dist[i * nr_nodes + j] is the SLIT distance from i to j.
 * @memory  the nodes that have memory.
 * @load    in and out, nr_nodes entries: how often each node was already the first of a distance.
 *
 * Returns the number of entries, 0 if no node has memory, or -EINVAL if an argument is out of
 * range. Context: any; takes no lock, allocates nothing. O(nr_nodes^2).
 */
int zonelist_order(int *order, int from, const uint8_t *dist, const nodemask_t *memory,
                   unsigned *load, int nr_nodes)
{
    nodemask_t used;
    int nr = 0, last = from;

    if (nr_nodes < 1 || nr_nodes > MAX_NUMNODES || from < 0 || from >= nr_nodes)
        return -EINVAL;
    nodemask_zero(&used);
    nodemask_set(&used, from);
    if (nodemask_test(memory, from))
        order[nr++] = from;
    for (;;) {
        int nid = next_best(from, dist, memory, &used, load, nr_nodes);

        if (nid < 0)
            return nr;
        if (dist[from * nr_nodes + nid] != dist[from * nr_nodes + last])
            load[nid]++;
        nodemask_set(&used, nid);
        order[nr++] = nid;
        last = nid;
    }
}

/* Append the populated zones of @nid, highest first. Returns the place behind them. */
static struct zoneref *append_node(struct zoneref *ref, int nid)
{
    pg_data_t *pgdat = NODE_DATA(nid);

    for (int i = MAX_NR_ZONES - 1; i >= 0; i--) {
        if (populated_zone(&pgdat->node_zones[i]))
            *ref++ = (struct zoneref){.zone = &pgdat->node_zones[i], .zone_idx = i};
    }
    return ref;
}

/*
 * zonelist_build - write both lists of @pgdat.
 *
 * @order  @nr nodes with memory, as zonelist_order gave them.
 */
void zonelist_build(pg_data_t *pgdat, const int *order, int nr)
{
    struct zoneref *all = pgdat->node_zonelists[ZONELIST_FALLBACK].zonerefs;
    struct zoneref *own = pgdat->node_zonelists[ZONELIST_NOFALLBACK].zonerefs;

    for (int i = 0; i < nr; i++)
        all = append_node(all, order[i]);
    all->zone = NULL;
    own = append_node(own, pgdat->node_id);
    own->zone = NULL;
}

/* Log the order as Linux does; a node without memory stands first in its own line all the same. */
static void print_order(int nid, const int *order, int nr)
{
    char text[4 * MAX_NUMNODES + 64];
    struct seqbuf s;

    seqbuf_init(&s, text, sizeof(text));
    if (nr == 0 || order[0] != nid)
        seq_printf(&s, "%d ", nid);
    for (int i = 0; i < nr; i++)
        seq_printf(&s, "%d ", order[i]);
    pr_info("Fallback order for Node %d: %s", nid, seqbuf_str(&s));
}

/*
 * zonelists_build_all - the lists of every possible node.
 *
 * @dist  nr_node_ids x nr_node_ids.
 *
 * Context: boot, when the zones of all nodes are known.
 */
void zonelists_build_all(const uint8_t *dist)
{
    unsigned load[MAX_NUMNODES] = {0};
    int order[MAX_NUMNODES];
    int nid;

    for_each_node (nid) {
        int nr = zonelist_order(order, nid, dist, &node_states[N_MEMORY], load, nr_node_ids);

        BUG_ON(nr < 1);
        zonelist_build(NODE_DATA(nid), order, nr);
        print_order(nid, order, nr);
    }
}

static void show_list(struct seqbuf *s, int nid, const char *name, const struct zonelist *list)
{
    seq_printf(s, "node %d %s:", nid, name);
    for (const struct zoneref *ref = list->zonerefs; ref->zone; ref++)
        seq_printf(s, " %d:%s", ref->zone->zone_pgdat->node_id, ref->zone->name);
    seq_putc(s, '\n');
}

/* zonelists_show - /sys/kernel/debug/zonelists: a line a node and list. */
void zonelists_show(struct seqbuf *s)
{
    int nid;

    for_each_online_node (nid) {
        show_list(s, nid, "fallback", node_zonelist(nid, false));
        show_list(s, nid, "thisnode", node_zonelist(nid, true));
    }
}
