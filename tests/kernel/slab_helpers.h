/*
 * tests/kernel/slab_helpers.h - what the tests of objects share.
 */
#ifndef TESTS_KERNEL_SLAB_HELPERS_H
#define TESTS_KERNEL_SLAB_HELPERS_H

#include "kernel/ktest.h"
#include "kernel/kthread.h"
#include "mm/slab_internal.h"
#include "sched/sched.h"
#include "tests/kernel/mm_helpers.h"

/* Builds in which every free of a free object is seen. */
#if defined(CONFIG_DEBUG) || defined(CONFIG_KASAN)
#define ALL_DOUBLE_FREES true
#else
#define ALL_DOUBLE_FREES false
#endif

/* The node that an object lies on; of NULL none. */
static inline int nid_of(const void *p)
{
    return p ? page_to_nid(virt_to_page(p)) : NUMA_NO_NODE;
}

/* Run @fn(@arg) in a thread of its own on @cpu, and wait for it. Returns what it returned, or -1. */
static inline int run_on_cpu(int cpu, int (*fn)(void *arg), void *arg)
{
    struct task *t = kthread_create(fn, arg, "on/%d", cpu);

    if (!KEXPECT(t != NULL))
        return -1;
    kthread_bind(t, cpu);
    kthread_start(t);
    return kthread_join(t);
}

#endif
