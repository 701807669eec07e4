/*
 * mm/deferred.h - page descriptors that get their first values once all CPUs run.
 */
#ifndef MM_DEFERRED_H
#define MM_DEFERRED_H

#include "mm/zone.h"

/* Of the free pages [start, end) of a zone: those in [*start, *end) are put off till deferred_init();
 * the others, and all if *start is *end then, are the caller's to do now. Context: boot. */
void deferred_take(struct zone *zone, unsigned long *start, unsigned long *end);
/* How many wait. */
unsigned long deferred_nr_pages(void);
/* Do the rest, on all CPUs; all memory is in the buddy when it returns. Context: boot, may sleep. */
void deferred_init(void);

#endif
