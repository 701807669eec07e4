/*
 * sched/topology.h - scheduling domains: for each CPU, the ever wider circles of CPUs among which
 * threads are balanced.
 */
#ifndef SCHED_TOPOLOGY_H
#define SCHED_TOPOLOGY_H

#include "kernel/lib/cpumask.h"

#define SCHED_CAPACITY_SCALE 1024 /* what one CPU can do */
#define SCHED_LOCAL_DISTANCE 10   /* ACPI 6.4, 5.2.17 "System Locality Information Table (SLIT)" */
#define SCHED_MAX_DISTANCE   255
/* Beyond it fork, exec and wake-ups don't place threads, as in Linux 6.1 (node_reclaim_distance). */
#define SCHED_RECLAIM_DISTANCE 30

/* What a domain is used for, and what its CPUs share. Names and order are Linux 6.1's. */
#define SD_FLAG_NAMES(F)                                                                           \
    F(SD_BALANCE_NEWIDLE, 0)       /* a CPU that is about to go idle pulls from it */              \
    F(SD_BALANCE_EXEC, 1)          /* exec looks for a CPU in it */                                \
    F(SD_BALANCE_FORK, 2)          /* a new thread does */                                         \
    F(SD_BALANCE_WAKE, 3)          /* a wake-up looks for the idlest CPU in it; never set */       \
    F(SD_WAKE_AFFINE, 4)           /* a wake-up may bring the thread to the waker's CPU */         \
    F(SD_ASYM_CPUCAPACITY, 5)      /* its CPUs differ in speed; never set on this architecture, */ \
    F(SD_ASYM_CPUCAPACITY_FULL, 6) /* nor is this one */                                           \
    F(SD_SHARE_CPUCAPACITY, 7)     /* its CPUs are threads of one core */                          \
    F(SD_SHARE_PKG_RESOURCES, 8)   /* its CPUs share their last-level cache */                     \
    F(SD_SERIALIZE, 9)             /* one balancer at a time */                                    \
    F(SD_ASYM_PACKING, 10)         /* low CPU numbers first; never set */                          \
    F(SD_PREFER_SIBLING, 11)       /* spread threads over its groups before filling one */         \
    F(SD_OVERLAP, 12)              /* groups may share CPUs */                                     \
    F(SD_NUMA, 13)                 /* reaches over nodes */

#define SD_FLAG_ENUM(_name, _bit) _name = 1 << (_bit),
enum sd_flags { SD_FLAG_NAMES(SD_FLAG_ENUM) };
#undef SD_FLAG_ENUM

/* How busy the CPU is that balances: the index of the load-balancing counters. */
enum cpu_idle_type { CPU_IDLE, CPU_NOT_IDLE, CPU_NEWLY_IDLE, CPU_MAX_IDLE_TYPES };

/*
 * Counters in the order of Linux's /proc/schedstat, version 15.
 * SOURCES  Linux 6.1, Documentation/scheduler/sched-stats.rst, "Domain statistics".
 */
struct sched_domain_stats {
    struct {
        unsigned lb_count;      /* balancing was tried, */
        unsigned lb_balanced;   /* needed nothing, */
        unsigned lb_failed;     /* moved nothing though it wanted to */
        unsigned lb_imbalance;  /* sum of the imbalances found */
        unsigned lb_gained;     /* threads moved */
        unsigned lb_hot_gained; /* of these, with a warm cache */
        unsigned lb_nobusyq;    /* no busier queue found */
        unsigned lb_nobusyg;    /* no busier group found */
    } lb[CPU_MAX_IDLE_TYPES];
    unsigned alb_count;  /* active balancing: tried, */
    unsigned alb_failed; /* moved nothing, */
    unsigned alb_pushed; /* moved a thread */
    unsigned sbe_count;  /* exec; not used by Linux 6.1, kept for the format */
    unsigned sbe_balanced;
    unsigned sbe_pushed;
    unsigned sbf_count; /* fork; likewise */
    unsigned sbf_balanced;
    unsigned sbf_pushed;
    unsigned ttwu_wake_remote;  /* woken by a CPU of this domain, not by its own */
    unsigned ttwu_move_affine;  /* and moved to the waker, cache-cold */
    unsigned ttwu_move_balance; /* and moved by passive balancing */
};
#define SCHED_DOMAIN_STATS (sizeof(struct sched_domain_stats) / sizeof(unsigned))
_Static_assert(SCHED_DOMAIN_STATS == 36, "version 15 has 36 numbers a domain");

/* A part of a domain: threads are balanced between groups, not inside of one. */
struct sched_group {
    /* Fixed once built. */
    struct sched_group *next; /* a ring */
    cpumask_t span;
    cpumask_t balance_mask; /* the CPUs of the span that balance for the group, from this domain */
    unsigned weight;        /* CPUs of the span */
    unsigned capacity;      /* weight * SCHED_CAPACITY_SCALE */
    unsigned flags;         /* enum sd_flags of the domain that the group is one level down, or 0 */
};

struct sched_domain {
    /* Fixed once built. */
    struct sched_domain *parent; /* wider, NULL at the top */
    struct sched_domain *child;  /* narrower, NULL at the bottom */
    struct sched_group *groups;  /* a ring; the first holds the CPU whose domain this is */
    cpumask_t span;
    unsigned weight; /* CPUs of the span */
    unsigned flags;  /* enum sd_flags */
    const char *name;
    int level;             /* number of the level in the machine, from 0; not all levels are kept */
    int distance;          /* SLIT units: the span is what lies no farther; 0 below the nodes */
    unsigned min_interval; /* between two balances, ms: when idle at least, */
    unsigned max_interval; /* and at most */
    unsigned busy_factor;  /* a busy CPU balances so many times more seldom */
    unsigned imbalance_pct;    /* a group is busier past this many percent of ours */
    unsigned cache_nice_tries; /* failures before threads with a warm cache are moved */
    int balance_cpu;           /* who looks at this domain for all CPUs of the first group */

    /* Changed by whoever balances for this CPU (sched/balance.c says how). */
    uint64_t last_balance_ns;
    unsigned balance_interval; /* ms, from min_interval to max_interval */
    unsigned nr_balance_failed;
    uint64_t max_newidle_lb_cost; /* ns that a newly idle CPU spent here, at worst lately */
    uint64_t newidle_faded_ns;    /* up to when that has faded */
    struct sched_domain_stats stats;
};

/* Where a CPU sits. Numbers are compared only; they need not be dense. */
struct sched_cpu_place {
    uint32_t package;
    uint32_t core; /* in its package */
    uint32_t llc;  /* last-level cache, unique in the machine */
    int node;
};

struct sched_topology_input {
    const cpumask_t *cpus; /* that get domains, all below nr_cpus */
    int nr_cpus;
    const struct sched_cpu_place *place; /* by CPU; looked at for those of *cpus */
    int nr_nodes;
    const uint8_t *distance;    /* nr_nodes x nr_nodes, [from * nr_nodes + to], SLIT units */
    const cpumask_t *node_cpus; /* by node; a node without CPUs plays no part */
    int reclaim_distance;       /* SCHED_RECLAIM_DISTANCE */
};

struct sched_domains {
    /* Set by the caller: zeroed memory near @cpu that is never given back, or NULL. */
    void *(*alloc)(struct sched_domains *d, int cpu, size_t bytes);
    /* The result: by CPU its narrowest domain, NULL if it has none. */
    struct sched_domain *base[NR_CPUS];
};

size_t sched_topology_scratch_bytes(const struct sched_topology_input *in);
int sched_topology_build(struct sched_domains *d, const struct sched_topology_input *in,
                         void *scratch);

/* From the narrowest domain that @sd is or that lies above it to the widest. */
#define for_each_domain_from(sd, first) for ((sd) = (first); (sd); (sd) = (sd)->parent)

/* Each group of the domain @sd once, its CPU's own group first. */
#define for_each_sched_group(sg, sd)                                                               \
    for ((sg) = (sd)->groups; (sg); (sg) = (sg)->next == (sd)->groups ? NULL : (sg)->next)

#endif
