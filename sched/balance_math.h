/*
 * sched/balance_math.h - the arithmetic of balancing: is it worth moving a thread, and how many?
 */
#ifndef SCHED_BALANCE_MATH_H
#define SCHED_BALANCE_MATH_H

#include "sched/topology.h"

#define BALANCE_MAX_MOVES 32 /* threads that one look at a domain moves, as in Linux */

/* A CPU's queue, or the queues of a group of CPUs taken together. */
struct queue_load {
    unsigned nr_cpus;    /* 1 for a queue */
    unsigned nr_running; /* threads that run or wait */
    uint64_t load;       /* sum of their weights, below 2^44 */
};

/* The busiest of the groups that were considered so far. */
struct balance_choice {
    unsigned imbalance; /* threads to move; 0: none of them is busier */
    struct queue_load load;
};

/* What a look at the groups of a domain found. */
struct balance_finding {
    struct queue_load local;    /* the own group */
    struct balance_choice best; /* the busiest other one, */
    cpumask_t cpus;             /* and of its CPUs those that can give */
};

/* How busy @cpu is; @as_source: if it were to give threads, else to get some. */
typedef struct queue_load (*balance_look_fn)(void *arg, int cpu, bool as_source);

unsigned balance_tolerance(unsigned imbalance_pct, int distance);
unsigned balance_tolerance_from_home(unsigned tolerance_pct);
unsigned balance_imbalance(const struct queue_load *local, const struct queue_load *other,
                           unsigned tolerance_pct);
bool balance_consider(struct balance_choice *best, const struct queue_load *local,
                      const struct queue_load *other, unsigned tolerance_pct);
bool balance_is_busier(const struct queue_load *a, const struct queue_load *b);
bool balance_pays(const struct queue_load *from, const struct queue_load *to, uint64_t weight,
                  unsigned tolerance_pct);
bool balance_is_free(const struct queue_load *from, const struct queue_load *to, uint64_t weight);
unsigned balance_next_interval(unsigned interval, unsigned min, unsigned max, bool moved);
uint64_t balance_newidle_cost(uint64_t worst_ns, uint64_t cost_ns);
uint64_t balance_fade_cost(uint64_t worst_ns, uint64_t seconds);

/* balance_groups.c */
void balance_find_busiest(struct balance_finding *f, const struct sched_domain *sd,
                          unsigned tolerance_pct, balance_look_fn look, void *arg);

#endif
