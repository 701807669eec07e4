/*
 * tests/kernel/thread_helpers.h - what the tests of threads share.
 */
#ifndef TESTS_KERNEL_THREAD_HELPERS_H
#define TESTS_KERNEL_THREAD_HELPERS_H

#include "kernel/kthread.h"

/*
 * A test may own threads: those that it has not ended itself are stopped behind it, whichever way it
 * left. So it can leave as soon as it didn't get one (KASSERT). What they use must not lie on its stack,
 * and whatever they wait for must end when they are to stop.
 *
 * own_thread - @t is the test's from now on; returns it. NULL is allowed.
 * stop_thread, join_thread - kthread_stop() and kthread_join() of such a thread.
 */
struct task *own_thread(struct task *t);
int stop_thread(struct task *t);
int join_thread(struct task *t);

/* Real-time threads may keep their CPUs for ever, until the test is over. */
void unlimit_real_time(void);

/* How many CPUs run, and the highest of them. */
int nr_online_cpus(void);
int last_online_cpu(void);

/* For a thread: do nothing but run until it is to stop. */
int spin(void *unused);
/* A thread "test/CPU" that will run @fn(@arg) on @cpu alone, its home there; the test owns it. NULL: no
 * memory. */
struct task *create_on(int (*fn)(void *arg), void *arg, int cpu);

#endif
