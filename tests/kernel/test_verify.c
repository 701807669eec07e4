/*
 * tests/kernel/test_verify.c - the checkers fire: an invariant is broken on purpose, the report has
 * its code, and after the repair all holds again.
 *
 * B1 to B5 on a zone of the test's own (buddy_lab.h), V1 to V7 on the machine's.
 */
#include "kernel/bug.h"
#include "kernel/ktest.h"
#include "kernel/lib/string.h"
#include "mm/numa.h"
#include "mm/numa_verify.h"
#include "mm/zonelist.h"
#include "tests/kernel/buddy_lab.h"
#include "tests/kernel/mm_helpers.h"

/* The last report begins with @code. */
static void expect_code(const char *code)
{
    if (strncmp(report_last(), code, strlen(code)) != 0)
        ktest_fail(__FILE__, __LINE__, "expected a report with code %s, got: %s", code,
                   report_last());
}

/* numa_verify finds something now, and says @code last. */
static void expect_violation(const char *code)
{
    int errors;

    report_expect();
    errors = numa_verify();
    KEXPECT(errors > 0);
    KEXPECT_EQ(errors, report_expect_end());
    expect_code(code);
}

/* buddy_verify of the lab finds something now, and says @code last. */
static void expect_lab_violation(const char *code)
{
    int errors;

    report_expect();
    errors = lab_verify();
    KEXPECT(errors > 0);
    KEXPECT_EQ(errors, report_expect_end());
    expect_code(code);
}

/* A zone with free pages, and the last one that numa_verify looks at: its reports are the last. */
static struct zone *last_zone(void)
{
    struct zone *last = NULL;
    int nid;

    for_each_node (nid)
        for (int i = 0; i < MAX_NR_ZONES; i++)
            if (NODE_DATA(nid)->node_zones[i].nr_free_pages)
                last = &NODE_DATA(nid)->node_zones[i];
    return last;
}

static struct page *first_free(struct zone *zone)
{
    enum migrate_type type = MIGRATE_UNMOVABLE;
    unsigned order;

    while (!zone->free_orders[type])
        type++;
    order = (unsigned)__builtin_ctzl(zone->free_orders[type]);
    return list_first_entry(&zone->free_area[order].free_list[type], struct page, lru);
}

/* Nothing is reported of a machine that is in order; a checker that cries wolf is switched off. */
KTEST(verify, machine_in_order_has_no_violation)
{
    KEXPECT_EQ(0, numa_verify());
}

/* The wrong node's page in a free list: "local" memory that isn't. */
KTEST(verify, v1_page_of_another_node_in_a_free_list)
{
    struct page *page = first_free(last_zone());
    unsigned long flags = page->flags;

    page->flags ^= 1UL << PAGE_NODE_SHIFT;
    expect_violation("V1");
    page->flags = flags;
    KEXPECT_EQ(0, numa_verify());
}

/* A list that ends too early: memory that is never used. */
KTEST(verify, v2_zone_missing_in_a_fallback_list)
{
    int nid = nodemask_first(&node_states[N_POSSIBLE]);
    struct zoneref *ref = NODE_DATA(nid)->node_zonelists[ZONELIST_FALLBACK].zonerefs, last;

    while (ref[1].zone)
        ref++;
    last = *ref;
    KSKIP_IF(last.zone == node_zonelist(nid, false)->zonerefs[0].zone, "there is one zone only");
    ref->zone = NULL;
    expect_violation("V2");
    *ref = last;
    KEXPECT_EQ(0, numa_verify());
}

/* A list for one node that leads to another: __GFP_THISNODE would be a lie. */
KTEST(verify, v2_foreign_zone_in_a_thisnode_list)
{
    int nid = nodemask_first(&node_states[N_MEMORY]);
    int other = nodemask_next(&node_states[N_MEMORY], nid);
    struct zoneref *ref = NODE_DATA(nid)->node_zonelists[ZONELIST_NOFALLBACK].zonerefs, own = *ref;

    KSKIP_IF(other >= MAX_NUMNODES, "one node only has memory");
    *ref = node_zonelist(other, true)->zonerefs[0];
    expect_violation("V2");
    *ref = own;
    KEXPECT_EQ(0, numa_verify());
}

/* The distance from @from to @to, to be changed. */
static uint8_t *distance_cell(int from, int to)
{
    return &numa_topology.distance[from * numa_topology.nr_nodes + to];
}

/* Where in the order two nodes in a row are away from the first one, 0 if nowhere; the pieces of
 * one node that numa=fake cut are not. */
static int find_two_away(const int *order, int nr)
{
    const int *phys = numa_topology.phys_node;

    for (int i = 1; i + 1 < nr; i++)
        if (phys[order[i]] != phys[order[0]] && phys[order[i + 1]] != phys[order[0]])
            return i;
    return 0;
}

/* A far node before a near one. */
KTEST(verify, v3_far_node_before_a_near_one)
{
    int from = nodemask_first(&node_states[N_MEMORY]), order[MAX_NUMNODES];
    int nr = model_node_order(order, from), at = find_two_away(order, nr);
    uint8_t *first, *second, first_was, second_was;

    KSKIP_IF(at == 0, "an order needs two other nodes with memory");
    first = distance_cell(from, order[at]);
    second = distance_cell(from, order[at + 1]);
    first_was = *first;
    second_was = *second;
    *first = 99;
    *second = 55;
    expect_violation("V3");
    *first = first_was;
    *second = second_was;
    KEXPECT_EQ(0, numa_verify());
}

/* A page that is neither free nor anybody's: a leak. */
KTEST(verify, v4_page_that_is_neither_free_nor_allocated)
{
    struct zone *zone = last_zone();
    struct page *page;

    zone->managed_pages--;
    expect_violation("V4");
    zone->managed_pages++;
    page =
        alloc_pages_node(zone->zone_pgdat->node_id, GFP_KERNEL | __GFP_MOVABLE | __GFP_THISNODE, 0);
    KASSERT(page != NULL);
    page->flags ^= PAGE_ALLOCATED;
    expect_violation("V4");
    page->flags ^= PAGE_ALLOCATED;
    __free_pages(page, 0);
    KEXPECT_EQ(0, numa_verify());
}

/* A node that has more pages than its zones. */
KTEST(verify, v5_node_whose_zones_do_not_sum_up)
{
    pg_data_t *pgdat = last_zone()->zone_pgdat;

    pgdat->node_present_pages++;
    expect_violation("V5");
    pgdat->node_present_pages--;
    KEXPECT_EQ(0, numa_verify());
}

/* A zone that begins before its node. */
KTEST(verify, v6_zone_outside_of_its_node)
{
    pg_data_t *pgdat = last_zone()->zone_pgdat;

    pgdat->node_start_pfn++;
    expect_violation("V6");
    pgdat->node_start_pfn--;
    KEXPECT_EQ(0, numa_verify());
}

/* A node that is far from itself. */
KTEST(verify, v7_own_distance_other_than_10)
{
    int nid = nodemask_first(&node_states[N_ONLINE]);

    *distance_cell(nid, nid) = 11;
    expect_violation("V7");
    *distance_cell(nid, nid) = LOCAL_DISTANCE;
    KEXPECT_EQ(0, numa_verify());
}

/* ---- buddy_verify ----------------------------------------------------------------------------- */

/* A lab whose upper half is free as one block of order 9; the lower half is somebody's. */
static bool open_half(void)
{
    if (!lab_open())
        return false;
    lab_give(LAB_PAGES / 2, LAB_PAGES);
    KEXPECT_EQ(0, lab_verify());
    return true;
}

static void move_free_block(struct page *to)
{
    struct page *from = lab_block + LAB_PAGES / 2;

    to->flags = from->flags;
    list_del(&from->lru);
    list_add(&to->lru, &lab_zone.free_area[MAX_ORDER - 2].free_list[LAB_TYPE]);
}

/* A block of 2 MiB that begins in the middle of one. */
KTEST(verify, b1_block_that_is_not_aligned)
{
    if (!open_half())
        return;
    move_free_block(lab_block + 1);
    expect_lab_violation("B1");
    lab_close();
}

/* A block that reaches out of its zone. */
KTEST(verify, b2_block_outside_of_its_zone)
{
    if (!open_half())
        return;
    lab_zone.spanned_pages = LAB_PAGES - 1;
    expect_lab_violation("B2");
    lab_close();
}

/* A head that says another order than its list: the next merge frees a neighbour's pages. */
KTEST(verify, b3_head_with_another_order_than_its_list)
{
    if (!open_half())
        return;
    lab_block[LAB_PAGES / 2].flags ^= 1;
    expect_lab_violation("B3");
    lab_close();
}

/* Counts that lie, each of the three. */
KTEST(verify, b4_count_that_does_not_match_the_list)
{
    if (!open_half())
        return;
    lab_zone.free_area[MAX_ORDER - 2].nr_free++;
    expect_lab_violation("B4");
    lab_zone.free_area[MAX_ORDER - 2].nr_free--;
    lab_zone.free_orders[LAB_TYPE] |= 1;
    expect_lab_violation("B4");
    lab_zone.free_orders[LAB_TYPE] &= ~1UL;
    lab_zone.nr_free_pages++;
    expect_lab_violation("B4");
    lab_zone.nr_free_pages--;
    KEXPECT_EQ(0, lab_verify());
    lab_close();
}

/* Two halves that were not put together: fragmentation that never heals. */
KTEST(verify, b5_two_free_buddies)
{
    struct page *low, *high;

    if (!open_half())
        return;
    low = lab_block;
    high = lab_block + LAB_PAGES / 2;
    low->flags = high->flags;
    list_add(&low->lru, &lab_zone.free_area[MAX_ORDER - 2].free_list[LAB_TYPE]);
    lab_zone.free_area[MAX_ORDER - 2].nr_free++;
    lab_zone.nr_free_pages += LAB_PAGES / 2;
    lab_zone.managed_pages += LAB_PAGES / 2;
    expect_lab_violation("B5");
    lab_close();
}
