/*
 * mm/counters.c - what has happened to memory, and what it is used for.
 */
#include "mm/counters.h"
#include "kernel/cpu.h"
#include "mm/node.h"

DEFINE_PER_CPU(unsigned long, vm_events[NR_VM_EVENT_ITEMS]);

static const char *const event_names[NR_VM_EVENT_ITEMS] = {
    [ALLOCSTALL_DMA] = "allocstall_dma",
    [ALLOCSTALL_DMA32] = "allocstall_dma32",
    [ALLOCSTALL_NORMAL] = "allocstall_normal",
    [ALLOCSTALL_MOVABLE] = "allocstall_movable",
    [ALLOCSTALL_DEVICE] = "allocstall_device",
    [PGACTIVATE] = "pgactivate",
    [PGDEACTIVATE] = "pgdeactivate",
    [PGREUSE] = "pgreuse",
    [PGREFILL] = "pgrefill",
    [PGSTEAL_KSWAPD] = "pgsteal_kswapd",
    [PGSTEAL_DIRECT] = "pgsteal_direct",
    [PGSCAN_KSWAPD] = "pgscan_kswapd",
    [PGSCAN_DIRECT] = "pgscan_direct",
    [SLABS_SCANNED] = "slabs_scanned",
    [KSWAPD_INODESTEAL] = "kswapd_inodesteal",
    [PAGEOUTRUN] = "pageoutrun",
    [DROP_PAGECACHE] = "drop_pagecache",
    [DROP_SLAB] = "drop_slab",
    [ZONE_RECLAIM_SUCCESS] = "zone_reclaim_success",
    [ZONE_RECLAIM_FAILED] = "zone_reclaim_failed",
    [OOM_KILL] = "oom_kill",
};

static const char *const node_stat_names[NR_SHOWN_NODE_STATS] = {
    [NR_INACTIVE_FILE] = "nr_inactive_file",
    [NR_ACTIVE_FILE] = "nr_active_file",
    [NR_SLAB_RECLAIMABLE] = "nr_slab_reclaimable",
    [NR_SLAB_UNRECLAIMABLE] = "nr_slab_unreclaimable",
    [NR_ISOLATED_FILE] = "nr_isolated_file",
    [NR_FILE_PAGES] = "nr_file_pages",
    [NR_FILE_DIRTY] = "nr_dirty",
    [NR_WRITEBACK] = "nr_writeback",
};

unsigned long vm_event_sum(enum vm_event_item item)
{
    unsigned long nr = 0;
    int cpu;

    for_each_cpu (cpu, &cpu_present_mask)
        nr += READ_ONCE((*per_cpu_ptr(&vm_events, cpu))[item]);
    return nr;
}

const char *vm_event_name(enum vm_event_item item)
{
    return event_names[item];
}

void mod_node_page_state(int nid, enum node_stat_item item, long delta)
{
    __atomic_fetch_add(&NODE_DATA(nid)->vm_stat[item], delta, __ATOMIC_RELAXED);
}

unsigned long node_page_state(int nid, enum node_stat_item item)
{
    long nr = READ_ONCE(NODE_DATA(nid)->vm_stat[item]);

    return nr > 0 ? (unsigned long)nr : 0;
}

unsigned long global_node_page_state(enum node_stat_item item)
{
    unsigned long nr = 0;
    int nid;

    for_each_node (nid)
        nr += node_page_state(nid, item);
    return nr;
}

const char *node_stat_name(enum node_stat_item item)
{
    return node_stat_names[item];
}
