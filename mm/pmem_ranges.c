/*
 * mm/pmem_ranges.c - which of the ranges that were told of are usable persistent memory.
 *
 * THEORY
 *
 * Up to three sources speak of the same memory: the firmware's memory map (type 7), memmap= on the command
 * line, and the NFIT. The NFIT knows most (which proximity domain), so it is asked first; of the others
 * only what is not known yet is added:
 *
 *     NFIT          |== domain 0 ==|== domain 1 ==|
 *     memory map    |============== persistent ==============|
 *     result        |== domain 0 ==|== domain 1 ==|= no domain =|
 *
 * A range counts in whole pages; the bytes at its ends that are less are not used.
 *
 * INVARIANTS
 *   D1  Ranges are sorted, not empty, disjoint, whole pages below the limit, and hold no RAM.
 *
 * LOCKING  None: pure.
 * UNITS    Physical addresses in bytes.
 */
#include "mm/pmem_ranges.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"
#include <arch/page.h>

/* Where PCs have their BIOS and video memory, and where their interrupt controllers and firmware. */
#define LOW_END    MiB(1)
#define APIC_START 0xfec00000UL
#define APIC_END   GiB(4)

static int refuse(const char **why, const char *reason)
{
    *why = reason;
    return -EINVAL;
}

static bool overlaps(const struct pmem_range *r, uint64_t start, uint64_t end)
{
    return r->start < end && start < r->end;
}

static int insert(struct pmem_ranges *list, struct pmem_range r)
{
    unsigned i = 0;

    if (list->nr == PMEM_MAX_RANGES)
        return -ENOSPC;
    while (i < list->nr && list->range[i].start < r.start)
        i++;
    memmove(&list->range[i + 1], &list->range[i], (list->nr - i) * sizeof(r));
    list->range[i] = r;
    list->nr++;
    return 0;
}

/* The first known range that shares a byte with [start, end), or NULL. */
static const struct pmem_range *first_known(const struct pmem_ranges *list, uint64_t start,
                                            uint64_t end)
{
    for (unsigned i = 0; i < list->nr; i++) {
        if (overlaps(&list->range[i], start, end))
            return &list->range[i];
    }
    return NULL;
}

/* The pieces of @r that are not known yet. */
static int insert_unknown(struct pmem_ranges *list, struct pmem_range r)
{
    int err = 0;

    while (!err && r.start < r.end) {
        const struct pmem_range *known = first_known(list, r.start, r.end);
        uint64_t next = known ? known->end : r.end;
        struct pmem_range piece = r;

        if (known)
            piece.end = max(known->start, r.start);
        if (piece.start < piece.end)
            err = insert(list, piece);
        r.start = next;
    }
    return err;
}

/*
 * pmem_ranges_add - there is persistent memory in @range.
 *
 * @ram  what the memory map says is RAM.
 * @why  out on error: a clause that says what is wrong.
 *
 * Ranges of the NFIT come before the others. Returns 0; -EINVAL, or -ENOSPC if the list is full.
 */
int pmem_ranges_add(struct pmem_ranges *list, const struct memblock *ram,
                    const struct pmem_range *range, const char **why)
{
    struct pmem_range r = *range;

    if (r.start == r.end)
        return refuse(why, "it is empty");
    if (r.start > r.end)
        return refuse(why, "it reaches past the end of all addresses");
    if (r.end > list->limit)
        return refuse(why, "it reaches past what this CPU and the kernel can address");
    r.start = ALIGN_UP(r.start, PAGE_SIZE);
    r.end = ALIGN_DOWN(r.end, PAGE_SIZE);
    if (r.start >= r.end)
        return refuse(why, "it holds no whole page");
    if (memblock_overlaps_memory(ram, r.start, r.end))
        return refuse(why, "the memory map has RAM there");
    if (overlaps(&r, 0, LOW_END) || overlaps(&r, APIC_START, APIC_END))
        return refuse(why, "a PC has devices there");
    if (r.from_nfit && first_known(list, r.start, r.end))
        return refuse(why, "it overlaps an earlier one");
    *why = "there are too many";
    return insert_unknown(list, r);
}
