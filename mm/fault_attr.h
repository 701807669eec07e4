/*
 * mm/fault_attr.h - when something fails on purpose: the settings of one kind of failure.
 */
#ifndef MM_FAULT_ATTR_H
#define MM_FAULT_ATTR_H

#include "kernel/lib/compiler.h"

#define FAULT_FOREVER (-1L) /* of times */

/*
 * The settings are read and written without a lock, each for itself. space and times are used up, by
 * atomic operations, so that none is lost.
 */
struct fault_attr {
    long interval;          /* 0 or 1: each */
    long probability;       /* percent */
    long space;             /* bytes that are still given out before anything fails */
    long times;             /* so many may still fail */
    long min_order;         /* of pages; smaller blocks don't fail */
    long ignore_gfp_wait;   /* leave those alone that may reclaim */
    long verbose;           /* 0: silent, else a line for each failure */
    unsigned long nr_asked; /* for the interval; atomic */
};

/* Can it happen at all? */
static inline bool fault_attr_is_on(const struct fault_attr *a)
{
    return READ_ONCE(a->probability) != 0 && READ_ONCE(a->times) != 0;
}

/*
 * fault_attr_fails - is it time for a failure?
 *
 * @size     bytes that are asked for.
 * @percent  a number below 100 that nobody foresees.
 *
 * Context: any.
 */
bool fault_attr_fails(struct fault_attr *a, unsigned long size, unsigned percent);

/*
 * fault_attr_parse - INTERVAL,PROBABILITY,SPACE,TIMES of a command line.
 *
 * Returns NULL, or which of the four is wrong and what it may be; nothing has changed then.
 */
const char *fault_attr_parse(struct fault_attr *a, const char *text);

#endif
