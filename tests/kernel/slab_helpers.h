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

/*
 * test_cache - a cache of the test's, which is destroyed behind it unless that has been done: so it can
 *              leave as soon as it did not get an object. NULL: no memory.
 * test_cache_destroy - kmem_cache_destroy() of such a cache, or of another.
 */
struct kmem_cache *test_cache(const char *name, unsigned size, unsigned align, unsigned flags,
                              void (*ctor)(void *object));
int test_cache_destroy(struct kmem_cache *cache);

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
