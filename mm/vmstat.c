/*
 * mm/vmstat.c - the numbers of memory, as files in Linux's formats.
 *
 * A line stands in a file if its subject exists here; lines that Linux has for subjects that Atoll
 * doesn't have (yet) are left out.
 *
 * LOCKING  Numbers are read without locks: each is right, together they may be of different
 *          moments.
 * UNITS    Pages.
 * NOT HERE /proc/meminfo (mm/meminfo.c).
 */
#include "mm/vmstat.h"
#include "kernel/cpu.h"
#include "kernel/lib/seqbuf.h"
#include "mm/node.h"
#include "mm/pcp.h"
#include "mm/vmscan.h"
#include "mm/watermark.h"

static const char *const numa_stat_names[NR_NUMA_STATS] = {
    [NUMA_HIT] = "numa_hit",         [NUMA_MISS] = "numa_miss",
    [NUMA_FOREIGN] = "numa_foreign", [NUMA_INTERLEAVE] = "numa_interleave",
    [NUMA_LOCAL] = "numa_local",     [NUMA_OTHER] = "numa_other",
};

/* numastat has other names for three of them. */
static const char *const numastat_names[NR_NUMA_STATS] = {
    [NUMA_HIT] = "numa_hit",         [NUMA_MISS] = "numa_miss",
    [NUMA_FOREIGN] = "numa_foreign", [NUMA_INTERLEAVE] = "interleave_hit",
    [NUMA_LOCAL] = "local_node",     [NUMA_OTHER] = "other_node",
};

static unsigned long node_numa_stat(int nid, enum numa_stat_item item)
{
    unsigned long nr = 0;

    for (int i = 0; i < MAX_NR_ZONES; i++)
        nr += zone_numa_stat(&NODE_DATA(nid)->node_zones[i], item);
    return nr;
}

/* node_numastat_show - nodeN/numastat. */
void node_numastat_show(struct seqbuf *s, int nid)
{
    for (int i = 0; i < NR_NUMA_STATS; i++)
        seq_printf(s, "%s %lu\n", numastat_names[i], node_numa_stat(nid, (enum numa_stat_item)i));
}

/* The node's pages in LRU lists once more: Linux counts them by zone, and by node. */
static void show_zone_lru_sums(struct seqbuf *s, unsigned long inactive, unsigned long active)
{
    seq_printf(s, "nr_zone_inactive_file %lu\nnr_zone_active_file %lu\n", inactive, active);
}

/* node_vmstat_show - nodeN/vmstat. */
void node_vmstat_show(struct seqbuf *s, int nid)
{
    seq_printf(s, "nr_free_pages %lu\n", node_free_pages(nid));
    show_zone_lru_sums(s, node_page_state(nid, NR_INACTIVE_FILE),
                       node_page_state(nid, NR_ACTIVE_FILE));
    for (int i = 0; i < NR_NUMA_STATS; i++)
        seq_printf(s, "%s %lu\n", numa_stat_names[i], node_numa_stat(nid, (enum numa_stat_item)i));
    for (int i = 0; i < NR_SHOWN_NODE_STATS; i++)
        seq_printf(s, "%s %lu\n", node_stat_name((enum node_stat_item)i),
                   node_page_state(nid, (enum node_stat_item)i));
}

/* Pages allocated, all zones of one kind together, as pgalloc_dma32 and so on. */
static void show_pgalloc(struct seqbuf *s, int type, const char *name)
{
    unsigned long nr = 0;
    int nid;

    for_each_online_node (nid)
        nr += zone_pgalloc(&NODE_DATA(nid)->node_zones[type]);
    seq_printf(s, "pgalloc_%s %lu\n", name, nr);
}

static void show_event(struct seqbuf *s, int item)
{
    seq_printf(s, "%s %lu\n", vm_event_name((enum vm_event_item)item),
               vm_event_sum((enum vm_event_item)item));
}

/* vmstat_show - /proc/vmstat. */
void vmstat_show(struct seqbuf *s)
{
    static const char *const zone_suffix[] = {"dma", "dma32", "normal", "movable", "device"};
    unsigned long nr_free = 0, freed = 0;
    int nid;

    for_each_online_node (nid) {
        nr_free += node_free_pages(nid);
        for (int i = 0; i < MAX_NR_ZONES; i++)
            freed += zone_pgfree(&NODE_DATA(nid)->node_zones[i]);
    }
    seq_printf(s, "nr_free_pages %lu\n", nr_free);
    show_zone_lru_sums(s, global_node_page_state(NR_INACTIVE_FILE),
                       global_node_page_state(NR_ACTIVE_FILE));
    for (int i = 0; i < NR_NUMA_STATS; i++) {
        unsigned long nr = 0;

        for_each_online_node (nid)
            nr += node_numa_stat(nid, (enum numa_stat_item)i);
        seq_printf(s, "%s %lu\n", numa_stat_names[i], nr);
    }
    for (int i = 0; i < NR_SHOWN_NODE_STATS; i++)
        seq_printf(s, "%s %lu\n", node_stat_name((enum node_stat_item)i),
                   global_node_page_state((enum node_stat_item)i));
    for (int i = 0; i < MAX_NR_ZONES; i++)
        show_pgalloc(s, i, zone_suffix[i]);
    for (int i = ALLOCSTALL_DMA; i <= ALLOCSTALL_DEVICE; i++)
        show_event(s, i);
    seq_printf(s, "pgfree %lu\n", freed);
    for (int i = ALLOCSTALL_DEVICE + 1; i < NR_VM_EVENT_ITEMS; i++)
        show_event(s, i);
}

/* buddyinfo_show - /proc/buddyinfo: free blocks by order, a line a zone that has memory. */
void buddyinfo_show(struct seqbuf *s)
{
    int nid;

    for_each_online_node (nid) {
        for (int i = 0; i < MAX_NR_ZONES; i++) {
            const struct zone *zone = &NODE_DATA(nid)->node_zones[i];

            if (!populated_zone(zone))
                continue;
            seq_printf(s, "Node %d, zone %8s ", nid, zone->name);
            for (unsigned order = 0; order < MAX_ORDER; order++)
                seq_printf(s, "%6lu ", READ_ONCE(zone->free_area[order].nr_free));
            seq_putc(s, '\n');
        }
    }
}

static void show_zone_counts(struct seqbuf *s, const struct zone *zone)
{
    seq_printf(s, "  pages free     %lu\n", READ_ONCE(zone->nr_free_pages));
    seq_printf(s, "        boost    0\n");
    seq_printf(s, "        min      %lu\n", wmark_pages(zone, WMARK_MIN));
    seq_printf(s, "        low      %lu\n", wmark_pages(zone, WMARK_LOW));
    seq_printf(s, "        high     %lu\n", wmark_pages(zone, WMARK_HIGH));
    seq_printf(s, "        spanned  %lu\n", zone->spanned_pages);
    seq_printf(s, "        present  %lu\n", zone->present_pages);
    seq_printf(s, "        managed  %lu\n", zone->managed_pages);
    seq_printf(s, "        cma      0\n        protection: (%lu", zone->lowmem_reserve[0]);
    for (int j = 1; j < MAX_NR_ZONES; j++)
        seq_printf(s, ", %lu", READ_ONCE(zone->lowmem_reserve[j]));
    seq_puts(s, ")\n");
}

/* The CPUs' lists of the zone. */
static void show_pagesets(struct seqbuf *s, const struct zone *zone)
{
    int cpu;

    seq_printf(s, "  pagesets\n");
    for_each_cpu (cpu, &cpu_online_mask) {
        const struct pcp *pcp = pcp_of(cpu, zone);

        if (!pcp->zone)
            continue;
        seq_printf(s, "    cpu: %d\n              count: %d\n", cpu, pcp_count(pcp));
        seq_printf(s, "              high:  %d\n              batch: %d\n", READ_ONCE(pcp->high),
                   READ_ONCE(pcp->batch));
    }
}

static void show_node_stats(struct seqbuf *s, int nid)
{
    seq_printf(s, "  per-node stats\n");
    for (int i = 0; i < NR_SHOWN_NODE_STATS; i++)
        seq_printf(s, "      %-12s %lu\n", node_stat_name((enum node_stat_item)i),
                   node_page_state(nid, (enum node_stat_item)i));
}

/* What of the node's LRU lists lies in @zone. */
static void show_zone_lru(struct seqbuf *s, const struct zone *zone)
{
    const struct lruvec *lruvec = &zone->zone_pgdat->lruvec;
    int i = (int)(zone - zone->zone_pgdat->node_zones);

    seq_printf(s, "      nr_zone_inactive_file %lu\n", READ_ONCE(lruvec->nr[LRU_INACTIVE_FILE][i]));
    seq_printf(s, "      nr_zone_active_file %lu\n", READ_ONCE(lruvec->nr[LRU_ACTIVE_FILE][i]));
}

static void show_zone(struct seqbuf *s, const struct zone *zone, bool first)
{
    seq_printf(s, "Node %d, zone %8s\n", zone->zone_pgdat->node_id, zone->name);
    if (first)
        show_node_stats(s, zone->zone_pgdat->node_id);
    show_zone_counts(s, zone);
    if (!populated_zone(zone))
        return;
    seq_printf(s, "      nr_free_pages %lu\n", READ_ONCE(zone->nr_free_pages));
    show_zone_lru(s, zone);
    for (int i = 0; i < NR_NUMA_STATS; i++)
        seq_printf(s, "      %-12s %lu\n", numa_stat_names[i],
                   zone_numa_stat(zone, (enum numa_stat_item)i));
    show_pagesets(s, zone);
    seq_printf(s, "  node_unreclaimable:  %d\n  start_pfn:           %lu\n",
               node_is_unreclaimable(zone->zone_pgdat), zone->zone_start_pfn);
}

/* zoneinfo_show - /proc/zoneinfo: every zone of every online node. */
void zoneinfo_show(struct seqbuf *s)
{
    int nid;

    for_each_online_node (nid) {
        bool first = true;

        for (int i = 0; i < MAX_NR_ZONES; i++) {
            const struct zone *zone = &NODE_DATA(nid)->node_zones[i];

            show_zone(s, zone, first && populated_zone(zone));
            first = first && !populated_zone(zone);
        }
    }
}
