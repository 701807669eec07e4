/*
 * mm/reclaim_math.h - how much reclaim takes of what.
 */
#ifndef MM_RECLAIM_MATH_H
#define MM_RECLAIM_MATH_H

#include "kernel/lib/compiler.h"

unsigned long lru_scan_target(unsigned long size, int priority);
bool inactive_is_low(unsigned long nr_inactive, unsigned long nr_active);
unsigned long shrink_target(unsigned long freeable, unsigned long deferred, int priority,
                            int seeks);
unsigned long shrink_defer(unsigned long freeable, unsigned long deferred, unsigned long scanned,
                           unsigned long left);
unsigned long mem_available(unsigned long nr_free, unsigned long totalreserve,
                            unsigned long wmark_low, unsigned long file, unsigned long reclaimable);

#endif
