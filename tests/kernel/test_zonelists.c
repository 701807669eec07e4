/*
 * tests/kernel/test_zonelists.c - in which order the nodes are asked: this machine's lists, and the
 * order of machines that are made up.
 */
#include "kernel/ktest.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/seqbuf.h"
#include "kernel/lib/string.h"
#include "mm/zonelist.h"
#include "tests/kernel/mm_helpers.h"

/* The zones with memory of this node. */
static int count_populated(int nid)
{
    int nr = 0;

    for (int i = 0; i < MAX_NR_ZONES; i++)
        nr += NODE_DATA(nid)->node_zones[i].present_pages != 0;
    return nr;
}

/* A zone that is missing is never used when memory is short; one that stands twice is asked twice. */
KTEST(zonelists, fallback_list_has_every_zone_with_memory_once)
{
    int nid, other, total = 0;

    for_each_node (other)
        total += count_populated(other);
    for_each_node (nid) {
        const struct zoneref *list = node_zonelist(nid, false)->zonerefs;
        int nr = 0;

        for (; list[nr].zone; nr++) {
            KEXPECT(list[nr].zone->present_pages > 0);
            KEXPECT(list[nr].zone == &list[nr].zone->zone_pgdat->node_zones[list[nr].zone_idx]);
            for (int i = 0; i < nr; i++)
                KASSERT(list[i].zone != list[nr].zone);
        }
        KEXPECT_EQ(total, nr);
    }
}

/* "Local first" is the whole point. */
KTEST(zonelists, own_node_comes_first)
{
    int nid;

    for_each_node_mask (nid, &node_states[N_MEMORY])
        KEXPECT_EQ(nid, node_zonelist(nid, false)->zonerefs[0].zone->zone_pgdat->node_id);
}

/* A nearer node behind a farther one costs every overflowing allocation the difference. */
KTEST(zonelists, distances_never_decrease_by_more_than_the_tie_unit)
{
    const struct zoneref *ref;
    int nid;

    for_each_node (nid) {
        int last = 0;

        for (ref = node_zonelist(nid, false)->zonerefs; ref->zone; ref++) {
            int distance = node_distance(nid, ref->zone->zone_pgdat->node_id);

            KEXPECT(distance + 1 >= last);
            last = max(last, distance);
        }
    }
}

/* The low zones of a node are few and in demand: they come after its high ones. */
KTEST(zonelists, zones_of_a_node_stand_together_highest_first)
{
    const struct zoneref *ref;
    int nid;

    for_each_node (nid) {
        for (ref = node_zonelist(nid, false)->zonerefs; ref->zone;) {
            int at = ref->zone->zone_pgdat->node_id, last = MAX_NR_ZONES, nr = 0;

            for (; ref->zone && ref->zone->zone_pgdat->node_id == at; ref++, nr++) {
                KEXPECT(ref->zone_idx < last);
                last = ref->zone_idx;
            }
            KASSERT_EQ(count_populated(at), nr);
        }
    }
}

/* __GFP_THISNODE promises this node or nothing. */
KTEST(zonelists, thisnode_list_names_the_node_alone)
{
    const struct zoneref *ref;
    int nid;

    for_each_node (nid) {
        int nr = 0;

        for (ref = node_zonelist(nid, true)->zonerefs; ref->zone; ref++, nr++)
            KEXPECT_EQ(nid, ref->zone->zone_pgdat->node_id);
        KEXPECT_EQ(count_populated(nid), nr);
    }
}

/* The order decides who pays when a node is full; it is Linux's, worked out here a second time. */
KTEST(zonelists, order_of_nodes_equals_the_model)
{
    int order[MAX_NUMNODES], nid;

    for_each_node (nid) {
        const struct zoneref *ref = node_zonelist(nid, false)->zonerefs;
        int nr = model_node_order(order, nid);

        for (int i = 0; i < nr; i++) {
            KASSERT(ref->zone != NULL);
            KASSERT_EQ(order[i], ref->zone->zone_pgdat->node_id);
            while (ref->zone && ref->zone->zone_pgdat->node_id == order[i])
                ref++;
        }
        KEXPECT(ref->zone == NULL);
    }
}

/* ---- machines that are made up -------------------------------------------------------------------- */

/* The orders of all nodes, "0 1 2|1 2 0|...", on a machine where these nodes have memory. */
static const char *orders(const uint8_t *dist, int nr_nodes, unsigned long memory_mask)
{
    static char text[512];
    unsigned load[MAX_NUMNODES] = {0};
    nodemask_t memory = {.bits = {memory_mask}};
    int order[MAX_NUMNODES];
    struct seqbuf s;

    seqbuf_init(&s, text, sizeof(text));
    for (int from = 0; from < nr_nodes; from++) {
        int nr = zonelist_order(order, from, dist, &memory, load, nr_nodes);

        for (int i = 0; i < nr; i++)
            seq_printf(&s, "%s%d", i ? " " : "", order[i]);
        seq_putc(&s, '|');
    }
    return seqbuf_str(&s);
}

static void expect_orders(const char *want, const uint8_t *dist, int nr_nodes,
                          unsigned long memory_mask)
{
    const char *got = orders(dist, nr_nodes, memory_mask);

    if (strcmp(want, got) != 0)
        ktest_fail(__FILE__, __LINE__, "expected \"%s\", got \"%s\"", want, got);
}

/* With "lowest number wins" nodes 1, 2 and 3 would all overflow onto node 0. */
KTEST(zonelists, equal_neighbours_share_the_overflow)
{
    static const uint8_t mesh[] = {10, 20, 20, 20, 20, 10, 20, 20, 20, 20, 10, 20, 20, 20, 20, 10};

    expect_orders("0 1 2 3|1 2 3 0|2 3 0 1|3 0 1 2|", mesh, 4, 0xf);
}

/* Node 2 sees nodes 0, 1 (a unit farther for their lower numbers) and 3 alike. 0 and 1 were a first
 * choice before, so 3 it is; a node that helps everybody first is full when it is needed. */
KTEST(zonelists, node_that_was_a_first_choice_waits_among_equals)
{
    static const uint8_t mixed[] = {10, 20, 20, 20, 15, 10, 20, 20, 20, 20, 10, 21, 20, 20, 20, 10};

    expect_orders("0 1 2 3|1 0 2 3|2 3 0 1|3 1 2 0|", mixed, 4, 0xf);
}

/* Distances from here count, not those back: the matrix may be asymmetric. */
KTEST(zonelists, row_of_the_asking_node_counts)
{
    static const uint8_t asymmetric[] = {10, 40, 20, 20, 10, 40, 40, 20, 10};

    expect_orders("0 2 1|1 0 2|2 1 0|", asymmetric, 3, 0x7);
}

/* Whoever has no memory asks the others; whoever asks never gets one without memory. */
KTEST(zonelists, node_without_memory_asks_and_is_not_asked)
{
    static const uint8_t line[] = {10, 20, 30, 20, 10, 20, 30, 20, 10};

    expect_orders("0 2|2 0|2 0|", line, 3, 0x5);
    expect_orders("1|1|1|", line, 3, 0x2);
    expect_orders("|||", line, 3, 0x0);
}

/* 255 is "unreachable" to ACPI, but memory there is still memory: last, and not lost. */
KTEST(zonelists, farthest_distance_is_last_and_not_lost)
{
    static const uint8_t far[] = {10, 255, 254, 255, 10, 254, 254, 255, 10};

    expect_orders("0 2 1|1 2 0|2 0 1|", far, 3, 0x7);
}

/* The smallest machine. */
KTEST(zonelists, single_node_asks_itself)
{
    static const uint8_t one[] = {10};

    expect_orders("0|", one, 1, 0x1);
}

/* A caller's mistake must not write behind an array. */
KTEST(zonelists, node_out_of_range_is_refused)
{
    static const uint8_t one[] = {10};
    nodemask_t memory = {.bits = {1}};
    unsigned load[MAX_NUMNODES] = {0};
    int order[1] = {77};

    KEXPECT_EQ(-EINVAL, zonelist_order(order, -1, one, &memory, load, 1));
    KEXPECT_EQ(-EINVAL, zonelist_order(order, 1, one, &memory, load, 1));
    KEXPECT_EQ(-EINVAL, zonelist_order(order, 0, one, &memory, load, 0));
    KEXPECT_EQ(-EINVAL, zonelist_order(order, 0, one, &memory, load, MAX_NUMNODES + 1));
    KEXPECT_EQ(77, order[0]);
}
