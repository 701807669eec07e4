/*
 * mm/numa_verify.c - what must hold on any machine, at any time, by named codes.
 *
 *   V1  The pages of a zone's free blocks say that they lie in this node and zone.
 *   V2  A fallback list names every populated zone of every node once, and its own node first if
 *       that has memory; the list for this node only names just its own.
 *   V3  Distances along a fallback list never decrease (but for the one unit that a node with a
 *       lower number counts as farther).
 *   V4  In each zone: managed pages = free pages + pages allocated or in CPUs' lists.
 *   V5  present <= spanned and managed <= present, by zone; a node's counts are its zones' sums.
 *   V6  Every populated zone lies in its node's span, and zones of one node don't overlap.
 *   V7  The distance of an online node to itself is 10, to others above (10 between the pieces that
 *       numa=fake cut out of one node).
 *   B1..B5 of mm/buddy.c for every zone.
 *
 * Each violation is a report with its code. V4 walks the descriptors of all managed pages, so the
 * whole is meant for tests and for the prompt, not for hot paths.
 *
 * LOCKING  Takes the zone locks, one at a time.
 */
#include "mm/numa_verify.h"
#include "kernel/bug.h"
#include "kernel/command.h"
#include "kernel/lib/errno.h"
#include "mm/buddy.h"
#include "mm/numa.h"
#include "mm/vmemmap.h"
#include "mm/zonelist.h"

/* Pages of the zone that are part of a block that is allocated or lies in a CPU's list. */
static unsigned long count_allocated(const struct zone *zone, int zonenum)
{
    unsigned long place = page_flags_place(zone->zone_pgdat->node_id, zonenum), nr = 0;

    for (unsigned long pfn = zone->zone_start_pfn; pfn < zone_end_pfn(zone);) {
        const struct page *page = pfn_to_page(pfn);
        unsigned long flags, size;

        if (!pfn_valid(pfn)) {
            pfn = ALIGN_DOWN(pfn, MAX_ORDER_PAGES) + MAX_ORDER_PAGES;
            continue;
        }
        /* One look: it may go from its owner to a CPU's list and back at any time. */
        flags = READ_ONCE(page->flags);
        size =
            flags & (PAGE_FREE | PAGE_ALLOCATED | PAGE_PCP) ? 1UL << (flags & PAGE_ORDER_MASK) : 1;
        if (flags >> PAGE_ZONE_SHIFT == place >> PAGE_ZONE_SHIFT &&
            (flags & (PAGE_ALLOCATED | PAGE_PCP)))
            nr += size;
        pfn += size;
    }
    return nr;
}

/* V1 for one list. */
static int verify_places(const struct zone *zone, int zonenum, const struct list_head *list)
{
    int nid = zone->zone_pgdat->node_id, errors = 0;
    struct page *page;

    list_for_each_entry (page, list, lru) {
        if (page_to_nid(page) == nid && page_zonenum(page) == zonenum)
            continue;
        report_bug("V1: pfn 0x%lx of node %d zone %s lies in the free list of node %d zone %s",
                   page_to_pfn(page), page_to_nid(page),
                   zone_name((enum zone_type)page_zonenum(page)), nid, zone->name);
        errors++;
    }
    return errors;
}

/* V1 and the buddy's own, then V4. */
static int verify_zone_pages(struct zone *zone, int zonenum)
{
    int nid = zone->zone_pgdat->node_id, errors;
    unsigned long flags, allocated, nr_free;

    spin_lock_irqsave(&zone->lock, flags);
    errors = buddy_verify(zone);
    for (unsigned order = 0; order < MAX_ORDER; order++) {
        for (int type = 0; type < MIGRATE_TYPES; type++)
            errors += verify_places(zone, zonenum, &zone->free_area[order].free_list[type]);
    }
    nr_free = zone->nr_free_pages;
    allocated = count_allocated(zone, zonenum);
    spin_unlock_irqrestore(&zone->lock, flags);
    if (nr_free + allocated == zone->managed_pages)
        return errors;
    report_bug("V4: node %d zone %s manages %lu pages, but %lu are free and %lu allocated", nid,
               zone->name, zone->managed_pages, nr_free, allocated);
    return errors + 1;
}

/* V5, V6. */
static int verify_counts(const pg_data_t *pgdat)
{
    unsigned long present = 0, end = 0, node_end;
    int errors = 0;

    node_end = pgdat->node_start_pfn + pgdat->node_spanned_pages;
    for (int i = 0; i < MAX_NR_ZONES; i++) {
        const struct zone *zone = &pgdat->node_zones[i];

        present += zone->present_pages;
        if (zone->present_pages > zone->spanned_pages ||
            zone->managed_pages > zone->present_pages) {
            report_bug("V5: node %d zone %s spans %lu pages, %lu present, %lu managed",
                       pgdat->node_id, zone->name, zone->spanned_pages, zone->present_pages,
                       zone->managed_pages);
            errors++;
        }
        if (!zone->spanned_pages || i == ZONE_DEVICE) /* a device lies where it likes */
            continue;
        if (zone->zone_start_pfn < max(end, pgdat->node_start_pfn) ||
            zone_end_pfn(zone) > node_end) {
            report_bug("V6: node %d zone %s is not in its place", pgdat->node_id, zone->name);
            errors++;
        }
        end = zone_end_pfn(zone);
    }
    if (present != pgdat->node_present_pages) {
        report_bug("V5: node %d has %lu pages present, its zones %lu", pgdat->node_id,
                   pgdat->node_present_pages, present);
        errors++;
    }
    return errors;
}

/* Populated zones of all nodes. */
static unsigned count_populated(int nid)
{
    unsigned nr = 0;

    for (int i = 0; i < MAX_NR_ZONES; i++)
        nr += populated_zone(&NODE_DATA(nid)->node_zones[i]);
    return nr;
}

/* V2, V3 for the fallback list of a node. */
static int verify_fallback(int nid)
{
    const struct zoneref *ref = node_zonelist(nid, false)->zonerefs;
    unsigned expected = 0, nr = 0;
    nodemask_t seen;
    int other, last = -1, errors = 0;

    for_each_node_mask (other, &node_states[N_MEMORY])
        expected += count_populated(other);
    nodemask_zero(&seen);
    if (node_state(nid, N_MEMORY) && ref->zone->zone_pgdat->node_id != nid) {
        report_bug("V2: the fallback list of node %d does not begin with it", nid);
        errors++;
    }
    for (; ref->zone; ref++, nr++) {
        int at = ref->zone->zone_pgdat->node_id;

        if (at == last)
            continue;
        if (nodemask_test(&seen, at)) {
            report_bug("V2: the fallback list of node %d has node %d twice", nid, at);
            errors++;
        }
        if (last >= 0 && node_distance(nid, at) + 1 < node_distance(nid, last)) {
            report_bug("V3: node %d asks node %d, %d away, before node %d, %d away", nid, last,
                       node_distance(nid, last), at, node_distance(nid, at));
            errors++;
        }
        nodemask_set(&seen, at);
        last = at;
    }
    if (nr != expected) {
        report_bug("V2: the fallback list of node %d has %u zones of %u", nid, nr, expected);
        errors++;
    }
    return errors;
}

/* V2 for the list without fallback. */
static int verify_thisnode(int nid)
{
    const struct zoneref *ref = node_zonelist(nid, true)->zonerefs;
    unsigned nr = 0;

    for (; ref->zone && ref->zone->zone_pgdat->node_id == nid; ref++)
        nr++;
    if (!ref->zone && nr == count_populated(nid))
        return 0;
    report_bug("V2: the list of node %d alone has %u own zones of %u, then %s", nid, nr,
               count_populated(nid), ref->zone ? "another node's" : "its end");
    return 1;
}

/* V7 */
static int verify_distances(int nid)
{
    int to, errors = 0;

    for_each_online_node (to) {
        int d = node_distance(nid, to);
        bool local = numa_topology.phys_node[nid] == numa_topology.phys_node[to];

        if (local ? d == LOCAL_DISTANCE : d > LOCAL_DISTANCE)
            continue;
        report_bug("V7: node %d is %d away from node %d", nid, d, to);
        errors++;
    }
    return errors;
}

/*
 * numa_verify - check V1 to V7. Reports each violation (kernel/bug.h); returns how many.
 *
 * Context: any without a zone lock. O(pages).
 */
int numa_verify(void)
{
    int nid, errors = 0;

    for_each_node (nid) {
        pg_data_t *pgdat = NODE_DATA(nid);

        errors += verify_counts(pgdat) + verify_fallback(nid) + verify_thisnode(nid);
        if (node_online(nid))
            errors += verify_distances(nid);
        for (int i = 0; i < MAX_NR_ZONES; i++) {
            if (populated_zone(&pgdat->node_zones[i]))
                errors += verify_zone_pages(&pgdat->node_zones[i], i);
        }
    }
    return errors;
}

static int verify_command(int argc, char **argv, struct seqbuf *out)
{
    int errors = numa_verify();

    (void)argc;
    (void)argv;
    if (errors)
        seq_printf(out, "verify: %d violations, see dmesg\n", errors);
    else
        seq_printf(out, "verify: all invariants hold\n");
    return errors ? -EIO : 0;
}
MONITOR_COMMAND("verify", "", "check what must hold of nodes, zones, lists and pages",
                verify_command);
