/*
 * mm/fault_inject.h - allocations that fail on purpose.
 */
#ifndef MM_FAULT_INJECT_H
#define MM_FAULT_INJECT_H

#include "kernel/lib/compiler.h"
#include "mm/gfp.h"

struct seqbuf;

/* Is there any chance that one fails? Then no allocation of pages, or of objects, takes the fast path. */
extern bool fail_page_alloc_armed, failslab_armed;

bool should_fail_alloc_page_slow(gfp_t gfp, unsigned order);
bool should_failslab_slow(gfp_t gfp, size_t size);

/* Is this allocation of 2^@order pages to fail? Context: any. */
static inline bool should_fail_alloc_page(gfp_t gfp, unsigned order)
{
    return unlikely(READ_ONCE(fail_page_alloc_armed)) && should_fail_alloc_page_slow(gfp, order);
}

/* Is this allocation of an object of @size bytes? Context: any. */
static inline bool should_failslab(gfp_t gfp, size_t size)
{
    return unlikely(READ_ONCE(failslab_armed)) && should_failslab_slow(gfp, size);
}

/*
 * fault_inject_nth - the @nth allocation of this thread from now on fails, of pages or an object, whatever
 *                    its size, the first being 1; those in interrupts don't count. 0: none.
 *
 * An object for which there is no slab is two allocations: itself, and the slab's pages.
 *
 * fault_inject_nth_left - how many allocations are still to come before that; 0: it has failed.
 */
void fault_inject_nth(unsigned nth);
unsigned fault_inject_nth_left(void);

/* fail_page_alloc= and failslab= of the command line. Context: boot, after cmdline_init() and kmem_init(). */
void fault_inject_init(void);

/* /sys/kernel/debug/{fail_page_alloc,failslab}/NAME, one number each. */
#define FAULT_SETTINGS(X, attr)                                                                    \
    X(attr, interval)                                                                              \
    X(attr, probability)                                                                           \
    X(attr, space)                                                                                 \
    X(attr, times)                                                                                 \
    X(attr, ignore_gfp_wait)                                                                       \
    X(attr, verbose)
#define FAULT_DECLARE(_attr, _name)                                                                \
    void fault_##_attr##_##_name##_show(struct seqbuf *s);                                         \
    int fault_##_attr##_##_name##_store(const char *text, size_t len);
FAULT_SETTINGS(FAULT_DECLARE, page_alloc)
FAULT_SETTINGS(FAULT_DECLARE, slab)
FAULT_DECLARE(page_alloc, min_order)
#undef FAULT_DECLARE
#undef FAULT_SETTINGS

#endif
