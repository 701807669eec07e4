/*
 * mm/fault_inject.h - allocations that fail on purpose.
 */
#ifndef MM_FAULT_INJECT_H
#define MM_FAULT_INJECT_H

#include "kernel/lib/compiler.h"
#include "mm/gfp.h"

struct seqbuf;

/* Is there any chance that one fails? Then no allocation takes the fast path. */
extern bool fault_inject_armed;

bool should_fail_alloc_page_slow(gfp_t gfp, unsigned order);

/* Is this allocation to fail? Context: any. */
static inline bool should_fail_alloc_page(gfp_t gfp, unsigned order)
{
    return unlikely(READ_ONCE(fault_inject_armed)) && should_fail_alloc_page_slow(gfp, order);
}

/*
 * fault_inject_nth - the @nth allocation of this thread from now on fails, whatever its order, the first
 * being 1; those in interrupts don't count. 0: none.
 * fault_inject_nth_left - how many allocations are still to come before that; 0: it has failed.
 */
void fault_inject_nth(unsigned nth);
unsigned fault_inject_nth_left(void);

/* fail_page_alloc= of the command line. Context: boot, after cmdline_init(). */
void fault_inject_init(void);

/* /sys/kernel/debug/fail_page_alloc/NAME, one number each. */
#define FAULT_SETTINGS(X)                                                                          \
    X(interval)                                                                                    \
    X(probability)                                                                                 \
    X(space)                                                                                       \
    X(times)                                                                                       \
    X(min_order)                                                                                   \
    X(ignore_gfp_wait)                                                                             \
    X(verbose)
#define FAULT_DECLARE(_name)                                                                       \
    void fault_##_name##_show(struct seqbuf *s);                                                   \
    int fault_##_name##_store(const char *text, size_t len);
FAULT_SETTINGS(FAULT_DECLARE)
#undef FAULT_DECLARE

#endif
