/*
 * mm/fragmentation.c - how much of what is free is of use?
 *
 * THEORY
 *
 * Free pages that don't lie together cannot serve a request for a large block. Two indices tell, for each
 * order, how it stands, in thousandths as Linux computes them:
 *
 *     unusable      the part of the free memory that lies in blocks smaller than the order:
 *                   0 all of it is of use, 1000 none
 *     fragmentation if a request of this order fails, why? Towards 0 there is too little memory, towards
 *                   1000 there is enough in too small pieces. -1000: it would not fail.
 *
 * Example: 8 free pages as four single ones and one block of order 2, and a request of order 3 (8 pages).
 * Nothing of the 8 is of use: unusable 1000. It fails though 8 pages are free, in 5 pieces:
 *
 *     1000 - (1000 + 8 * 1000 / 8) / 5 = 600
 *
 * SOURCES  Linux 6.1, Documentation/admin-guide/sysctl/vm.rst, "compaction_proactiveness" and
 *          "extfrag_threshold": names and meaning; its debugfs folder extfrag has the formats.
 */
#include "mm/fragmentation.h"
#include "kernel/command.h"
#include "kernel/lib/errno.h"
#include "mm/node.h"

#define WOULD_NOT_FAIL (-1000)

/* count_free_blocks - what @zone has for requests of @order. Context: any; a snapshot. */
struct free_blocks count_free_blocks(const struct zone *zone, unsigned order)
{
    struct free_blocks b = {0};

    for (unsigned o = 0; o < MAX_ORDER; o++) {
        unsigned long nr = READ_ONCE(zone->free_area[o].nr_free);

        b.nr_pages += nr << o;
        b.nr_blocks += nr;
        if (o >= order)
            b.nr_suitable += nr << (o - order);
    }
    return b;
}

/* unusable_free_index - 0 to 1000, 1000 also if nothing is free. */
int unusable_free_index(const struct free_blocks *b, unsigned order)
{
    if (b->nr_pages == 0)
        return 1000;
    return (int)((b->nr_pages - (b->nr_suitable << order)) * 1000 / b->nr_pages);
}

/* fragmentation_index - 0 to 1000, or -1000 if a block is there; 0 also if nothing is free. */
int fragmentation_index(const struct free_blocks *b, unsigned order)
{
    unsigned long wanted = 1UL << order;

    if (b->nr_blocks == 0)
        return 0;
    if (b->nr_suitable)
        return WOULD_NOT_FAIL;
    return 1000 - (int)((1000 + b->nr_pages * 1000 / wanted) / b->nr_blocks);
}

/* A line for each zone that has memory, a number for each order. */
static void show_index(struct seqbuf *s, int (*index)(const struct free_blocks *b, unsigned order))
{
    int nid;

    for_each_online_node (nid) {
        for (int i = 0; i < MAX_NR_ZONES; i++) {
            const struct zone *zone = &NODE_DATA(nid)->node_zones[i];

            if (!populated_zone(zone))
                continue;
            seq_printf(s, "Node %d, zone %8s ", nid, zone->name);
            for (unsigned order = 0; order < MAX_ORDER; order++) {
                struct free_blocks b = count_free_blocks(zone, order);
                int value = index(&b, order);

                seq_printf(s, "%s%d.%03d ", value < 0 ? "-" : "",
                           value < 0 ? -value / 1000 : value / 1000,
                           value < 0 ? -value % 1000 : value % 1000);
            }
            seq_putc(s, '\n');
        }
    }
}

/* unusable_index_show - the file. */
void unusable_index_show(struct seqbuf *s)
{
    show_index(s, unusable_free_index);
}

/* extfrag_index_show - the file. */
void extfrag_index_show(struct seqbuf *s)
{
    show_index(s, fragmentation_index);
}

/* ---- the command ------------------------------------------------------------------------------- */

static int largest_order(const struct zone *zone)
{
    for (int order = MAX_ORDER - 1; order >= 0; order--)
        if (READ_ONCE(zone->free_area[order].nr_free))
            return order;
    return -1;
}

/* One zone: how much is free, the largest block, and what part is of use for each order. */
static void tell_zone(struct seqbuf *out, const struct zone *zone)
{
    struct free_blocks all = count_free_blocks(zone, 0);
    int largest = largest_order(zone);

    seq_printf(out, "%4d %-8s %9lu ", zone->zone_pgdat->node_id, zone->name, all.nr_pages);
    if (largest < 0)
        seq_puts(out, "   -");
    else
        seq_printf(out, "%4d", largest);
    for (unsigned order = 0; order < MAX_ORDER; order++) {
        struct free_blocks b = count_free_blocks(zone, order);

        seq_printf(out, " %3d%%", (1000 - unusable_free_index(&b, order)) / 10);
    }
    seq_putc(out, '\n');
}

static int fragmentation_command(int argc, char **argv, struct seqbuf *out)
{
    int nid;

    if (argc > 1) {
        seq_printf(out, "fragmentation: %s: it takes nothing; all zones are shown\n", argv[1]);
        return -EINVAL;
    }
    seq_puts(out, "node zone     free pages  max   of these, in blocks of at least this order\n"
                  "                             ");
    for (unsigned order = 0; order < MAX_ORDER; order++)
        seq_printf(out, " %4u", order);
    seq_putc(out, '\n');
    for_each_online_node (nid)
        for (int i = 0; i < MAX_NR_ZONES; i++)
            if (populated_zone(&NODE_DATA(nid)->node_zones[i]))
                tell_zone(out, &NODE_DATA(nid)->node_zones[i]);
    return 0;
}

MONITOR_COMMAND("fragmentation", "", "how much of what is free serves large requests, by zone",
                fragmentation_command);
