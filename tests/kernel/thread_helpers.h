/*
 * tests/kernel/thread_helpers.h - what the tests of threads share.
 */
#ifndef TESTS_KERNEL_THREAD_HELPERS_H
#define TESTS_KERNEL_THREAD_HELPERS_H

#include "kernel/kthread.h"

/* How many CPUs run, and the highest of them. */
int nr_online_cpus(void);
int last_online_cpu(void);

/* For a thread: do nothing but run until it is to stop. */
int spin(void *unused);
/* A thread "test/CPU" that will run @fn(@arg) on @cpu alone, its home there. NULL: no memory. */
struct task *create_on(int (*fn)(void *arg), void *arg, int cpu);

#endif
