/*
 * mm/counters.h - what has happened to memory, and what it is used for. Names are those of Linux's
 * /proc/vmstat.
 *
 * Events are counted by each CPU for itself and summed when somebody asks. What memory is used for
 * is counted in its node, in pages; such counts change seldom, so one atomic word each will do.
 */
#ifndef MM_COUNTERS_H
#define MM_COUNTERS_H

#include "kernel/lib/compiler.h"
#include <arch/percpu.h>

/* In the order of /proc/vmstat; a new one is a line here and its name in mm/counters.c. */
enum vm_event_item {
    ALLOCSTALL_DMA,       /* allocations that had to reclaim themselves, by the highest zone */
    ALLOCSTALL_DMA32,     /* that would do */
    ALLOCSTALL_NORMAL,    /**/
    ALLOCSTALL_MOVABLE,   /**/
    ALLOCSTALL_DEVICE,    /* always 0 */
    PGACTIVATE,           /* pages that went to an active list, */
    PGDEACTIVATE,         /* and back */
    PGREFILL,             /* pages of active lists that reclaim looked at */
    PGREUSE,              /* pages that were found in the page cache */
    PGSTEAL_KSWAPD,       /* pages that kswapd, */
    PGSTEAL_DIRECT,       /* and that allocations reclaimed, */
    PGSCAN_KSWAPD,        /* and how many they looked at for it */
    PGSCAN_DIRECT,        /**/
    ZONE_RECLAIM_SUCCESS, /* node_reclaim_mode: near memory was found, */
    ZONE_RECLAIM_FAILED,  /* and was not */
    SLABS_SCANNED,        /* objects that shrinkers were asked to look at */
    KSWAPD_INODESTEAL,    /* always 0 */
    PAGEOUTRUN,           /* how often kswapd went to work */
    DROP_PAGECACHE,       /* by /proc/sys/vm/drop_caches */
    DROP_SLAB,            /**/
    OOM_KILL,             /* victims told to give up their memory */
    NR_VM_EVENT_ITEMS
};

enum node_stat_item {
    NR_INACTIVE_FILE,      /* in the LRU lists */
    NR_ACTIVE_FILE,        /**/
    NR_SLAB_RECLAIMABLE,   /* in slabs of caches with SLAB_RECLAIM_ACCOUNT, */
    NR_SLAB_UNRECLAIMABLE, /* and of the others */
    NR_ISOLATED_FILE,      /* taken off the LRU lists, while reclaim looks at them */
    NR_FILE_PAGES,         /* in the page cache; */
    NR_FILE_DIRTY,         /* of these, to be written back, */
    NR_WRITEBACK,          /* and being written back */
    NR_SHOWN_NODE_STATS,   /* those above stand in the files, in this order */
    /* mapped by vmalloc: VmallocUsed of /proc/meminfo */
    NR_VMALLOC = NR_SHOWN_NODE_STATS,
    NR_VM_NODE_STAT_ITEMS
};

DECLARE_PER_CPU(unsigned long, vm_events[NR_VM_EVENT_ITEMS]);

/* @nr more on this CPU. In one instruction, so that none is lost to an interrupt or to another thread. */
static inline void count_vm_events(enum vm_event_item item, unsigned long nr)
{
    raw_cpu_add(&vm_events[item], nr);
}

static inline void count_vm_event(enum vm_event_item item)
{
    count_vm_events(item, 1);
}

/* Over all CPUs. */
unsigned long vm_event_sum(enum vm_event_item item);
const char *vm_event_name(enum vm_event_item item);

/* @delta pages more or less of node @nid. Context: any. */
void mod_node_page_state(int nid, enum node_stat_item item, long delta);
unsigned long node_page_state(int nid, enum node_stat_item item);
/* Over all nodes. */
unsigned long global_node_page_state(enum node_stat_item item);
/* For @item below NR_SHOWN_NODE_STATS. */
const char *node_stat_name(enum node_stat_item item);

#endif
