/*
 * sched/balance.h - moving threads from busy CPUs to those with less to do.
 */
#ifndef SCHED_BALANCE_H
#define SCHED_BALANCE_H

#include "sched/domains.h"
#include "sched/rq.h"

/* How a look at a domain ended. The texts are what is shown. */
#define BALANCE_RESULTS(R)                                                                         \
    R(BALANCE_MOVED, "moved")                                                                      \
    R(BALANCE_ACTIVE, "active")               /* a running thread was asked to go */               \
    R(BALANCE_NO_BUSY_GROUP, "no_busy_group") /* none is busier than ours by enough */             \
    R(BALANCE_NO_BUSY_QUEUE, "no_busy_queue") /* one is, but no queue of it */                     \
    R(BALANCE_PINNED, "pinned")               /* threads that wait may not run on our CPUs, */     \
    R(BALANCE_HOT, "hot")                     /* or their caches are warm, */                      \
    R(BALANCE_HOME, "home")         /* or they would leave their home node for too little, */      \
    R(BALANCE_HEAVY, "heavy")       /* or weigh more than the difference, */                       \
    R(BALANCE_RUNNING, "running")   /* or nobody waits */                                          \
    R(BALANCE_LOCKED, "locked")     /* another CPU balances between nodes */                       \
    R(BALANCE_HOMEWARD, "homeward") /* one went home, which costs nothing */

#define BALANCE_ENUM(_name, _text) _name,
enum balance_result { BALANCE_RESULTS(BALANCE_ENUM) BALANCE_NR_RESULTS };
#undef BALANCE_ENUM

/* What sending threads of a CPU home came to; the last that applies. */
enum home_result { HOME_NOBODY_AWAY, HOME_NO_ROOM, HOME_SENT };

const char *balance_result_name(enum balance_result result);

/* kbalance.c: a balancing thread for each node. Context: boot, threads run, domains are there. */
void kbalance_init(void);
/* The running CPU ticked: does its node's balancer have something to look at? Interrupts off. */
void kbalance_tick(void);
/* For tests: nobody balances from when this returns until kbalance_unpark(). May sleep. */
void kbalance_park(void);
void kbalance_unpark(void);
/* Does this CPU run the balancer of its node? */
bool is_balancer(int cpu, const struct task *t);

/* balance.c */
unsigned balance_nr_running(int cpu);
struct queue_load balance_look(int cpu, bool as_source);
int balance_emptiest(const cpumask_t *cpus, const cpumask_t *allowed);
enum balance_result balance_domain(struct sched_domain *sd, int cpu, enum cpu_idle_type idle);
void balance_newidle(void);
enum home_result balance_send_home(int cpu);
bool balance_is_away(const struct task *t, int cpu);
bool balance_pushes(struct rq *rq, struct task *t);
void balance_note_wakeup(int prev, int waker, int cpu);
void balance_note_locked(struct sched_domain *sd, int cpu, enum cpu_idle_type idle);

/* schedstat.c */
void schedstat_show(struct seqbuf *s);

#endif
