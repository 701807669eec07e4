/*
 * sched/domains.h - the scheduling domains of this machine.
 */
#ifndef SCHED_DOMAINS_H
#define SCHED_DOMAINS_H

#include "sched/topology.h"

struct seqbuf;

/* Read-only after sched_domains_init, but for the balancer's fields. Empty before it. */
extern struct sched_domains sched_domains;

/* From @cpu's narrowest domain to its widest; none for a CPU that is offline or alone. */
#define for_each_domain(cpu, sd) for_each_domain_from (sd, sched_domains.base[cpu])

void sched_domains_init(void);
int sched_domains_check(void);

/* sched/debug.c: files below /sys/kernel/debug/sched; a domain's number counts from 0 upwards. */
int sched_domain_next_cpu(int after);
int sched_domain_next(int cpu, int after);
void sched_topology_show(struct seqbuf *s);
void sched_domain_name_show(struct seqbuf *s, int cpu, int nr);
void sched_domain_flags_show(struct seqbuf *s, int cpu, int nr);
void sched_domain_min_interval_show(struct seqbuf *s, int cpu, int nr);
void sched_domain_max_interval_show(struct seqbuf *s, int cpu, int nr);
void sched_domain_busy_factor_show(struct seqbuf *s, int cpu, int nr);
void sched_domain_imbalance_pct_show(struct seqbuf *s, int cpu, int nr);
void sched_domain_cache_nice_tries_show(struct seqbuf *s, int cpu, int nr);
void sched_domain_max_newidle_lb_cost_show(struct seqbuf *s, int cpu, int nr);
void sched_domain_span_show(struct seqbuf *s, int cpu, int nr);
void sched_domain_groups_show(struct seqbuf *s, int cpu, int nr);

#endif
