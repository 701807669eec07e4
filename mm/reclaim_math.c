/*
 * mm/reclaim_math.c - how much reclaim takes of what: arithmetic only.
 *
 * THEORY
 *
 * A round of reclaim has a priority, 12 at first: of each list it looks at one page in 2^12, and one in
 * 2^11 if that was not enough, and so on to all of them. What is asked of a cache that is no list of pages
 * (a shrinker) is in proportion, weighted with how many disk accesses (`seeks`) an object would cost that
 * is needed again; 2 is a page's:
 *
 *     objects to scan = (freeable / 2^priority) * 4 / seeks
 *
 *     10,000 objects, seeks 2: priority 12: 4    priority 6: 312    priority 0: 20,000, cut to 2 * 10,000
 *
 * Shrinkers are called for batches. What is less than a batch is not lost: it is deferred, and added, by the
 * same proportion, the next time.
 *
 * SOURCES  Linux 6.1, Documentation/filesystems/proc.rst, "meminfo": what MemAvailable means. The
 *          proportions are those of Linux 6.1, so that the same load drops the same share.
 */
#include "mm/reclaim_math.h"
#include "kernel/lib/math.h"
#include <arch/page.h>

#define GIB_PAGES (1ul << (30 - PAGE_SHIFT))

/* lru_scan_target - at how many of @size pages a round of @priority looks. */
unsigned long lru_scan_target(unsigned long size, int priority)
{
    return size >> priority;
}

/*
 * inactive_is_low - are there so few inactive pages that active ones should be looked at?
 *
 * As many of both below 1 GiB; above, active ones may be sqrt(10 * GiB) times as many, so that the
 * working set of a large machine is not looked at again and again: 3 times at 1 GiB, 10 times at 10.
 */
bool inactive_is_low(unsigned long nr_inactive, unsigned long nr_active)
{
    unsigned long gib = (nr_inactive + nr_active) / GIB_PAGES;
    unsigned long ratio = gib ? int_sqrt(10 * gib) : 1;

    return nr_inactive * ratio < nr_active;
}

/*
 * shrink_target - how many of @freeable objects a shrinker is to look at, at most.
 *
 * @deferred  what was not done the last times.
 * @seeks     what an object costs that is needed again; 0: nothing, half of them are scanned.
 */
unsigned long shrink_target(unsigned long freeable, unsigned long deferred, int priority, int seeks)
{
    unsigned long share;

    if (seeks == 0)
        share = freeable / 2;
    else
        share = (freeable >> priority) * 4 / (unsigned long)seeks;
    return min((deferred >> priority) + share, 2 * freeable);
}

/*
 * shrink_defer - what of it is left to the next time: what was deferred and is not @scanned, and of this
 * time's target what is @left; not more than twice what there is.
 */
unsigned long shrink_defer(unsigned long freeable, unsigned long deferred, unsigned long scanned,
                           unsigned long left)
{
    unsigned long rest = deferred > scanned ? deferred - scanned : 0;

    return min(rest + left, 2 * freeable);
}

/*
 * mem_available - how many pages new users can have without pushing others out.
 *
 * @totalreserve  what allocations leave alone; of the page cache (@file) and of what can be reclaimed
 *                otherwise, half, but not more than @wmark_low, is needed to go on.
 */
unsigned long mem_available(unsigned long nr_free, unsigned long totalreserve,
                            unsigned long wmark_low, unsigned long file, unsigned long reclaimable)
{
    unsigned long nr = nr_free;

    nr += file - min(file / 2, wmark_low);
    nr += reclaimable - min(reclaimable / 2, wmark_low);
    return nr > totalreserve ? nr - totalreserve : 0;
}
