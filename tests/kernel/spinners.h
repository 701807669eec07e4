/*
 * tests/kernel/spinners.h - threads that do nothing but run, and where they are.
 *
 * One set at a time, in static memory. What a test has not stopped is stopped behind it.
 */
#ifndef TESTS_KERNEL_SPINNERS_H
#define TESTS_KERNEL_SPINNERS_H

#include "kernel/ktest.h"
#include "kernel/kthread.h"
#include "kernel/timer.h"
#include "tests/kernel/thread_helpers.h"
#include <arch/clock.h>

#define MAX_SPINNERS 128
#define LIMIT_NS     (60 * NS_PER_S) /* so long nothing here can take, however busy the host is */

extern struct task *spinners[MAX_SPINNERS];
extern int nr_spinners;

/* Those of @nid that run. */
cpumask_t online_cpus_of(int nid);

/* Another one, its home on @nid, that may run on @mask. False, and a failure: no memory or room. */
bool spinner_start(int nid, const cpumask_t *mask);
/* @nr of them, all on @cpu and of its node; from then on each may run on @mask. */
bool spinners_start_on(int nr, int cpu, const cpumask_t *mask);
/* End number @i, or all; they are gone when this returns. */
void spinner_stop(int i);
void spinners_stop(void);

/* How many of them are on @cpu; on @cpus. */
int spinners_on(int cpu);
int spinners_on_cpus(const cpumask_t *cpus);
/* Log how many are where, after a failure. */
void spinners_show(void);
/* How often all of them have changed their CPU; their node. */
unsigned long spinners_moves(void);
unsigned long spinners_node_moves(void);

/* Look until @condition holds; false if it doesn't within LIMIT_NS. */
#define becomes_true(condition)                                                                    \
    ({                                                                                             \
        uint64_t _until = clock_ns() + ktest_limit(LIMIT_NS);                                      \
        bool _holds;                                                                               \
                                                                                                   \
        while (!(_holds = (condition)) && clock_ns() < _until)                                     \
            msleep(5);                                                                             \
        _holds;                                                                                    \
    })

#endif
