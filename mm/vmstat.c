/*
 * mm/vmstat.c - the numbers of memory, as files in Linux's formats.
 *
 * A line stands in a file if its subject exists here; lines that Linux has for subjects that Atoll
 * doesn't have (yet) are left out.
 *
 * LOCKING  Numbers are read without locks: each is right, together they may be of different
 * moments. UNITS    Pages in zoneinfo, buddyinfo, vmstat and numastat; KiB in meminfo.
 */
#include "mm/vmstat.h"
#include "kernel/lib/seqbuf.h"
#include "mm/node.h"
#include "mm/vmalloc.h"
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

static unsigned long pages_to_kib(unsigned long pages)
{
    return pages << (PAGE_SHIFT - 10);
}

static unsigned long node_numa_stat(int nid, enum numa_stat_item item)
{
    unsigned long nr = 0;

    for (int i = 0; i < MAX_NR_ZONES; i++)
        nr += READ_ONCE(NODE_DATA(nid)->node_zones[i].numa_stat[item]);
    return nr;
}

/* meminfo_show - /proc/meminfo. */
void meminfo_show(struct seqbuf *s)
{
    unsigned long total = 0, nr_free = 0;
    int nid;

    for_each_online_node (nid) {
        total += node_managed_pages(nid);
        nr_free += node_free_pages(nid);
    }
    seq_printf(s, "MemTotal:       %8lu kB\n", pages_to_kib(total));
    seq_printf(s, "MemFree:        %8lu kB\n", pages_to_kib(nr_free));
    seq_printf(s, "MemAvailable:   %8lu kB\n", pages_to_kib(nr_free));
    vmalloc_meminfo_show(s);
}

/* node_meminfo_show - nodeN/meminfo. */
void node_meminfo_show(struct seqbuf *s, int nid)
{
    unsigned long total = pages_to_kib(node_managed_pages(nid));
    unsigned long nr_free = pages_to_kib(node_free_pages(nid));

    seq_printf(s, "Node %d MemTotal:       %8lu kB\n", nid, total);
    seq_printf(s, "Node %d MemFree:        %8lu kB\n", nid, nr_free);
    seq_printf(s, "Node %d MemUsed:        %8lu kB\n", nid, total - nr_free);
}

/* node_numastat_show - nodeN/numastat. */
void node_numastat_show(struct seqbuf *s, int nid)
{
    for (int i = 0; i < NR_NUMA_STATS; i++)
        seq_printf(s, "%s %lu\n", numastat_names[i], node_numa_stat(nid, (enum numa_stat_item)i));
}

/* node_vmstat_show - nodeN/vmstat. */
void node_vmstat_show(struct seqbuf *s, int nid)
{
    seq_printf(s, "nr_free_pages %lu\n", node_free_pages(nid));
    for (int i = 0; i < NR_NUMA_STATS; i++)
        seq_printf(s, "%s %lu\n", numa_stat_names[i], node_numa_stat(nid, (enum numa_stat_item)i));
}

/* Pages allocated, all zones of one kind together, as pgalloc_dma32 and so on. */
static void show_pgalloc(struct seqbuf *s, int type, const char *name)
{
    unsigned long nr = 0;
    int nid;

    for_each_online_node (nid)
        nr += READ_ONCE(NODE_DATA(nid)->node_zones[type].nr_alloc);
    seq_printf(s, "pgalloc_%s %lu\n", name, nr);
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
            freed += READ_ONCE(NODE_DATA(nid)->node_zones[i].nr_freed);
    }
    seq_printf(s, "nr_free_pages %lu\n", nr_free);
    for (int i = 0; i < NR_NUMA_STATS; i++) {
        unsigned long nr = 0;

        for_each_online_node (nid)
            nr += node_numa_stat(nid, (enum numa_stat_item)i);
        seq_printf(s, "%s %lu\n", numa_stat_names[i], nr);
    }
    for (int i = 0; i < MAX_NR_ZONES; i++)
        show_pgalloc(s, i, zone_suffix[i]);
    seq_printf(s, "pgfree %lu\n", freed);
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

static void show_zone(struct seqbuf *s, const struct zone *zone, bool first)
{
    seq_printf(s, "Node %d, zone %8s\n", zone->zone_pgdat->node_id, zone->name);
    if (first)
        seq_printf(s, "  per-node stats\n");
    show_zone_counts(s, zone);
    if (!populated_zone(zone))
        return;
    seq_printf(s, "      nr_free_pages %lu\n", READ_ONCE(zone->nr_free_pages));
    for (int i = 0; i < NR_NUMA_STATS; i++)
        seq_printf(s, "      %-12s %lu\n", numa_stat_names[i], READ_ONCE(zone->numa_stat[i]));
    seq_printf(s, "  node_unreclaimable:  0\n  start_pfn:           %lu\n", zone->zone_start_pfn);
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
