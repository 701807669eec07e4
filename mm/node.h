/*
 * mm/node.h - nodes: memory and CPUs that are near to each other.
 */
#ifndef MM_NODE_H
#define MM_NODE_H

#include "kernel/lib/cpumask.h"
#include "kernel/lib/nodemask.h"
#include "kernel/wait.h"
#include "mm/counters.h"
#include "mm/lruvec.h"
#include "mm/memblock.h"
#include "mm/zone.h"

struct seqbuf;
struct task;

/* A zone in a zonelist, with its type beside it so that the walk needs no look at the zone. */
struct zoneref {
    struct zone *zone; /* NULL ends the list */
    int zone_idx;      /* enum zone_type */
};

#define MAX_ZONES_PER_ZONELIST (MAX_NUMNODES * MAX_NR_ZONES)

struct zonelist {
    struct zoneref zonerefs[MAX_ZONES_PER_ZONELIST + 1];
};

enum {
    ZONELIST_FALLBACK,   /* this node, then all others, nearest first */
    ZONELIST_NOFALLBACK, /* this node only, for __GFP_THISNODE */
    MAX_ZONELISTS
};

typedef struct pglist_data {
    /* Fixed at boot, read without a lock. */
    struct zone node_zones[MAX_NR_ZONES];
    struct zonelist node_zonelists[MAX_ZONELISTS];
    int nr_zones;                     /* populated zones lie below this index */
    struct page *node_mem_map;        /* descriptor of node_start_pfn */
    unsigned long node_start_pfn;     /* first page of the node, 0 if it has none */
    unsigned long node_present_pages; /* RAM */
    unsigned long node_spanned_pages; /* from the first to the last page, holes included */
    int node_id;
    struct pglist_data *node_next; /* the next node by number that has a pg_data_t, or NULL */

    long vm_stat[NR_VM_NODE_STAT_ITEMS]; /* atomic; pages */

    struct lruvec lruvec;                                  /* mm/lru.c */
    struct wait_queue_head page_wait[NR_PAGE_WAIT_QUEUES]; /* mm/page_wait.c */

    /* kswapd's, mm/kswapd.c. */
    struct wait_queue_head kswapd_wait;
    struct task *kswapd;
    int kswapd_order;                      /* what it was woken for, */
    enum zone_type kswapd_highest_zoneidx; /* MAX_NR_ZONES: for nothing */
    int kswapd_failures;                   /* runs in sequence that freed nothing, */
    unsigned long kswapd_left;             /* and the pages in the LRU lists after the last one */
    uint32_t node_reclaim_busy;            /* atomic; 1: somebody is in node_reclaim() for it */
} pg_data_t;

extern pg_data_t *node_data[MAX_NUMNODES]; /* NULL for a number that is no possible node */
#define NODE_DATA(nid) (node_data[nid])

enum node_states {
    N_POSSIBLE,          /* the firmware named it */
    N_ONLINE,            /* has memory, CPUs or a generic initiator */
    N_NORMAL_MEMORY,     /* has memory in ZONE_NORMAL or below */
    N_MEMORY,            /* has memory */
    N_CPU,               /* has CPUs */
    N_GENERIC_INITIATOR, /* has a device that reads and writes memory by itself */
    NR_NODE_STATES
};

extern nodemask_t node_states[NR_NODE_STATES];
extern int nr_node_ids; /* the highest possible node + 1 */

#define for_each_node(nid)        for_each_node_mask (nid, &node_states[N_POSSIBLE])
#define for_each_online_node(nid) for_each_node_mask (nid, &node_states[N_ONLINE])

static inline bool node_state(int nid, enum node_states state)
{
    return nid >= 0 && nid < MAX_NUMNODES && nodemask_test(&node_states[state], nid);
}

static inline bool node_online(int nid)
{
    return node_state(nid, N_ONLINE);
}

int node_distance(int from, int to);
unsigned long node_free_pages(int nid);
unsigned long node_managed_pages(int nid);
cpumask_t node_cpus(int nid);
cpumask_t node_online_cpus(int nid);
int node_nearest_with_memory(int nid);

void node_online_show(struct seqbuf *s);
void node_possible_show(struct seqbuf *s);
void node_has_cpu_show(struct seqbuf *s);
void node_has_memory_show(struct seqbuf *s);
void node_has_normal_memory_show(struct seqbuf *s);
void node_has_generic_initiator_show(struct seqbuf *s);
void node_distance_show(struct seqbuf *s, int nid);
void node_cpulist_show(struct seqbuf *s, int nid);
void node_cpumap_show(struct seqbuf *s, int nid);

#endif
