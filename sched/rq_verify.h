/*
 * sched/rq_verify.h - what must hold of a run queue.
 */
#ifndef SCHED_RQ_VERIFY_H
#define SCHED_RQ_VERIFY_H

#include "sched/rq.h"

int rq_verify(struct rq *rq);

#endif
