/*
 * mm/meminfo.c - what memory is used for, in Linux's words: /proc/meminfo, nodeN/meminfo.
 *
 * A line stands there if its subject exists here. MemAvailable is what new users could have without
 * pushing others out: mem_available() of mm/reclaim_math.c.
 *
 * LOCKING  Numbers are read without locks: each is right, together they may be of different moments.
 * UNITS    KiB in the files.
 */
#include "kernel/lib/seqbuf.h"
#include "mm/node.h"
#include "mm/reclaim_math.h"
#include "mm/vmalloc.h"
#include "mm/vmstat.h"
#include "mm/watermark.h"
#include <arch/page.h>

/* A line of /proc/meminfo. */
static void line(struct seqbuf *s, const char *name, unsigned long pages)
{
    seq_printf(s, "%-16s%8lu kB\n", name, pages_to_kib(pages));
}

/* A line of nodeN/meminfo. */
static void node_line(struct seqbuf *s, int nid, const char *name, unsigned long pages)
{
    seq_printf(s, "Node %d %-15s%8lu kB\n", nid, name, pages_to_kib(pages));
}

/* The low watermarks of all zones together. */
static unsigned long wmark_low_sum(void)
{
    unsigned long nr = 0;
    int nid;

    for_each_node (nid)
        for (int i = 0; i < MAX_NR_ZONES; i++)
            nr += wmark_pages(&NODE_DATA(nid)->node_zones[i], WMARK_LOW);
    return nr;
}

static unsigned long available(unsigned long nr_free)
{
    return mem_available(nr_free, totalreserve_pages(), wmark_low_sum(),
                         global_node_page_state(NR_ACTIVE_FILE) +
                             global_node_page_state(NR_INACTIVE_FILE),
                         global_node_page_state(NR_SLAB_RECLAIMABLE));
}

/* meminfo_show - /proc/meminfo. */
void meminfo_show(struct seqbuf *s)
{
    unsigned long active = global_node_page_state(NR_ACTIVE_FILE);
    unsigned long inactive = global_node_page_state(NR_INACTIVE_FILE);
    unsigned long reclaimable = global_node_page_state(NR_SLAB_RECLAIMABLE);
    unsigned long unreclaimable = global_node_page_state(NR_SLAB_UNRECLAIMABLE);
    unsigned long total = 0, nr_free = 0;
    int nid;

    for_each_online_node (nid) {
        total += node_managed_pages(nid);
        nr_free += node_free_pages(nid);
    }
    line(s, "MemTotal:", total);
    line(s, "MemFree:", nr_free);
    line(s, "MemAvailable:", available(nr_free));
    line(s, "Cached:", global_node_page_state(NR_FILE_PAGES));
    line(s, "Active:", active);
    line(s, "Inactive:", inactive);
    line(s, "Active(file):", active);
    line(s, "Inactive(file):", inactive);
    line(s, "Dirty:", global_node_page_state(NR_FILE_DIRTY));
    line(s, "Writeback:", global_node_page_state(NR_WRITEBACK));
    line(s, "KReclaimable:", reclaimable);
    line(s, "Slab:", reclaimable + unreclaimable);
    line(s, "SReclaimable:", reclaimable);
    line(s, "SUnreclaim:", unreclaimable);
    vmalloc_meminfo_show(s);
}

/* node_meminfo_show - nodeN/meminfo. */
void node_meminfo_show(struct seqbuf *s, int nid)
{
    unsigned long total = node_managed_pages(nid), nr_free = node_free_pages(nid);
    unsigned long active = node_page_state(nid, NR_ACTIVE_FILE);
    unsigned long inactive = node_page_state(nid, NR_INACTIVE_FILE);
    unsigned long reclaimable = node_page_state(nid, NR_SLAB_RECLAIMABLE);
    unsigned long unreclaimable = node_page_state(nid, NR_SLAB_UNRECLAIMABLE);

    node_line(s, nid, "MemTotal:", total);
    node_line(s, nid, "MemFree:", nr_free);
    node_line(s, nid, "MemUsed:", total - nr_free);
    node_line(s, nid, "Active:", active);
    node_line(s, nid, "Inactive:", inactive);
    node_line(s, nid, "Active(file):", active);
    node_line(s, nid, "Inactive(file):", inactive);
    node_line(s, nid, "Dirty:", node_page_state(nid, NR_FILE_DIRTY));
    node_line(s, nid, "Writeback:", node_page_state(nid, NR_WRITEBACK));
    node_line(s, nid, "FilePages:", node_page_state(nid, NR_FILE_PAGES));
    node_line(s, nid, "KReclaimable:", reclaimable);
    node_line(s, nid, "Slab:", reclaimable + unreclaimable);
    node_line(s, nid, "SReclaimable:", reclaimable);
    node_line(s, nid, "SUnreclaim:", unreclaimable);
}
