/*
 * sched/verify.h - what must hold of scheduling domains.
 */
#ifndef SCHED_VERIFY_H
#define SCHED_VERIFY_H

#include "sched/topology.h"

int sched_domains_verify(const struct sched_domains *d, const struct sched_topology_input *in);

#endif
