/*
 * mm/memblock.c - physical memory before there are pages.
 *
 * THEORY
 *
 * Two sorted lists of ranges: `memory` says where RAM is and whose, `reserved` says what is taken.
 * Free memory is the difference of the two, computed anew for each question; nothing is stored in
 * the memory itself, so this works when only a part of RAM is mapped.
 *
 *     memory    |======== node 0 ========|       |======== node 1 ========|
 *     reserved     |kernel|                                  |page descriptors|
 *     free      |==|      |==============|       |===========|                |
 *
 * It serves the allocations that come before the buddy: page tables, page descriptors, each node's
 * pg_data_t. When the buddy takes over, it is handed what is free here, and memblock is only read
 * from then on.
 *
 * A third list, `hotplug`, holds ranges that may be pulled out of the machine, if it is to heed them
 * (movable_node): nothing is allocated there as long as there is another place.
 *
 * INVARIANTS
 *   M1  Regions are sorted, not empty and disjoint.
 *   M2  Two regions of a list that touch differ in node.
 *   M3  What memblock_alloc returns was memory and not reserved, and is reserved afterwards.
 *
 * LOCKING  None: the boot CPU alone writes.
 * UNITS    Physical addresses in bytes, intervals are [start, end).
 * NOT HERE Which node owns a range (mm/numa.c).
 */
#include "mm/memblock.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"

struct memblock memblock = {.limit = MEMBLOCK_ANYWHERE};

static void insert_at(struct memblock_type *t, unsigned i, struct memblock_region r)
{
    memmove(&t->regions[i + 1], &t->regions[i], (t->nr - i) * sizeof(r));
    t->regions[i] = r;
    t->nr++;
}

static void remove_at(struct memblock_type *t, unsigned i)
{
    t->nr--;
    memmove(&t->regions[i], &t->regions[i + 1], (t->nr - i) * sizeof(t->regions[0]));
}

/* The first region that ends after @pa: where a range that starts at @pa begins to matter. */
static unsigned first_ending_after(const struct memblock_type *t, uint64_t pa)
{
    unsigned lo = 0, hi = t->nr;

    while (lo < hi) {
        unsigned mid = (lo + hi) / 2;

        if (t->regions[mid].end <= pa)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

/* The region that contains @pa in its inside, so that a border there would cut it; or NULL. */
static struct memblock_region *region_around(struct memblock_type *t, uint64_t pa)
{
    unsigned i = first_ending_after(t, pa);

    return i < t->nr && t->regions[i].start < pa ? &t->regions[i] : NULL;
}

/* Cut the region that contains @pa in its inside, if there is one, in two at @pa. */
static void split_at(struct memblock_type *t, uint64_t pa)
{
    struct memblock_region *lower = region_around(t, pa), upper;

    if (!lower)
        return;
    upper = *lower;
    upper.start = pa;
    lower->end = pa;
    insert_at(t, (unsigned)(lower - t->regions) + 1, upper);
}

/* Let no region go across @start or @end. -ENOSPC, and nothing changed, if the list is too full. */
static int split_around(struct memblock_type *t, uint64_t start, uint64_t end)
{
    unsigned more = !!region_around(t, start) + !!region_around(t, end);

    if (t->nr + more > MEMBLOCK_MAX_REGIONS)
        return -ENOSPC;
    split_at(t, start);
    split_at(t, end);
    return 0;
}

/* Join neighbours of [start, end] that touch and have the same node. */
static void merge_around(struct memblock_type *t, uint64_t start, uint64_t end)
{
    unsigned i = first_ending_after(t, start ? start - 1 : 0);

    while (i + 1 < t->nr && t->regions[i].start <= end) {
        struct memblock_region *a = &t->regions[i], *b = &t->regions[i + 1];

        if (a->end == b->start && a->nid == b->nid) {
            a->end = b->end;
            remove_at(t, i + 1);
        } else {
            i++;
        }
    }
}

/* Make [start, end) absent from the list. */
static int carve(struct memblock_type *t, uint64_t start, uint64_t end)
{
    unsigned i;

    if (split_around(t, start, end))
        return -ENOSPC;
    i = first_ending_after(t, start);
    while (i < t->nr && t->regions[i].start < end)
        remove_at(t, i);
    return 0;
}

/* Let a range reach to the far ends of the regions of its node that it touches or cuts. */
static void widen(const struct memblock_type *t, struct memblock_region *r)
{
    unsigned i = first_ending_after(t, r->start ? r->start - 1 : 0);
    unsigned j = first_ending_after(t, r->end);

    if (i < t->nr && t->regions[i].start < r->start && t->regions[i].nid == r->nid)
        r->start = t->regions[i].start;
    if (j < t->nr && t->regions[j].start <= r->end && t->regions[j].nid == r->nid)
        r->end = t->regions[j].end;
}

/* Make [start, end) part of one region of @nid, whatever was there. */
static int put(struct memblock_type *t, uint64_t start, uint64_t end, int nid)
{
    struct memblock_region r = {.start = start, .end = end, .nid = nid};
    int err;

    if (start >= end)
        return start == end ? 0 : -EINVAL;
    widen(t, &r);
    err = carve(t, r.start, r.end);
    if (err)
        return err;
    /* Carving that had to split has also removed; so if the list is full now, nothing changed. */
    if (t->nr == MEMBLOCK_MAX_REGIONS)
        return -ENOSPC;
    insert_at(t, first_ending_after(t, r.start), r);
    return 0;
}

static int take_out(struct memblock_type *t, uint64_t start, uint64_t end)
{
    if (start >= end)
        return start == end ? 0 : -EINVAL;
    return carve(t, start, end);
}

/*
 * memblock_add - [start, end) is RAM of @nid (NUMA_NO_NODE: not known yet).
 *
 * Where the range was known already, the new node counts. Returns 0; -EINVAL if start > end, or
 * -ENOSPC if the list has no room for the pieces, and the list is as it was.
 */
int memblock_add(struct memblock *mb, uint64_t start, uint64_t end, int nid)
{
    return put(&mb->memory, start, end, nid);
}

/* memblock_remove - [start, end) is not RAM after all. Returns as memblock_add. */
int memblock_remove(struct memblock *mb, uint64_t start, uint64_t end)
{
    return take_out(&mb->memory, start, end);
}

/* memblock_reserve - take [start, end), RAM or not, taken already or not. Returns as memblock_add.
 */
int memblock_reserve(struct memblock *mb, uint64_t start, uint64_t end)
{
    return put(&mb->reserved, start, end, NUMA_NO_NODE);
}

/* memblock_free - give [start, end) back. Returns as memblock_add. */
int memblock_free(struct memblock *mb, uint64_t start, uint64_t end)
{
    return take_out(&mb->reserved, start, end);
}

/*
 * memblock_set_node - the RAM in [start, end) belongs to @nid.
 *
 * Places in the range that are not RAM stay so. Returns as memblock_add.
 */
int memblock_set_node(struct memblock *mb, uint64_t start, uint64_t end, int nid)
{
    struct memblock_type *t = &mb->memory;

    if (start >= end)
        return start == end ? 0 : -EINVAL;
    if (split_around(t, start, end))
        return -ENOSPC;
    for (unsigned i = first_ending_after(t, start); i < t->nr && t->regions[i].start < end; i++)
        t->regions[i].nid = nid;
    merge_around(t, start, end);
    return 0;
}

/*
 * memblock_next_free - walk the free ranges of @nid (NUMA_NO_NODE: of all) upwards.
 *
 * @cursor  0 for the first call, then left alone.
 *
 * A range never crosses a region's border, so it has one node. False when there is none left.
 */
bool memblock_next_free(const struct memblock *mb, uint64_t *cursor, int nid, uint64_t *start,
                        uint64_t *end)
{
    const struct memblock_type *mem = &mb->memory, *res = &mb->reserved;
    unsigned m = first_ending_after(mem, *cursor);

    for (; m < mem->nr; m++) {
        uint64_t lo = max(mem->regions[m].start, *cursor), hi = mem->regions[m].end;
        unsigned r;

        if (nid != NUMA_NO_NODE && mem->regions[m].nid != nid)
            continue;
        for (r = first_ending_after(res, lo); r < res->nr && res->regions[r].start <= lo; r++)
            lo = res->regions[r].end;
        if (lo >= hi)
            continue;
        if (r < res->nr)
            hi = min(hi, res->regions[r].start);
        *start = lo;
        *end = hi;
        *cursor = hi;
        return true;
    }
    return false;
}

/* Where @size bytes fit into [lo, hi), or 0. */
static uint64_t fit(uint64_t lo, uint64_t hi, uint64_t size, uint64_t align, bool bottom_up)
{
    uint64_t at;

    if (hi <= lo || hi - lo < size)
        return 0;
    if (!bottom_up) {
        at = ALIGN_DOWN(hi - size, align);
        return at >= lo ? at : 0;
    }
    at = ALIGN_UP(lo, align);
    return at >= lo && at < hi && hi - at >= size ? at : 0;
}

/* As memblock_next_free(), but leaves hot-pluggable ranges out, unless @hotplug. */
static bool next_usable(const struct memblock *mb, uint64_t *cursor, int nid, bool hotplug,
                        uint64_t *start, uint64_t *end)
{
    const struct memblock_type *t = &mb->hotplug;

    while (memblock_next_free(mb, cursor, nid, start, end)) {
        unsigned i = hotplug ? t->nr : first_ending_after(t, *start);

        if (i == t->nr || t->regions[i].start >= *end)
            return true;
        if (t->regions[i].start > *start) {
            *cursor = *end = t->regions[i].start;
            return true;
        }
        *cursor = min(*end, t->regions[i].end);
    }
    return false;
}

/* The best place for @size bytes in [lo, hi), or 0. */
static uint64_t find_place(const struct memblock *mb, uint64_t size, uint64_t align, uint64_t lo,
                           uint64_t hi, int nid, bool hotplug)
{
    uint64_t cursor = 0, start, end, found = 0;

    while (next_usable(mb, &cursor, nid, hotplug, &start, &end)) {
        uint64_t at = fit(max(start, lo), min(end, hi), size, align, mb->bottom_up);

        if (at)
            found = at;
        if (at && mb->bottom_up)
            break;
    }
    return found;
}

/* Find a place, above the floor if possible, and reserve it; 0 if there is none. */
static uint64_t take_place(struct memblock *mb, uint64_t size, uint64_t align, uint64_t lo,
                           uint64_t hi, int nid, bool hotplug)
{
    uint64_t found = 0;

    hi = min(hi, mb->limit);
    lo = max(lo, (uint64_t)1);
    if (mb->bottom_up && mb->floor > lo)
        found = find_place(mb, size, align, mb->floor, hi, nid, hotplug);
    if (!found)
        found = find_place(mb, size, align, lo, hi, nid, hotplug);
    if (found && memblock_reserve(mb, found, found + size))
        return 0;
    return found;
}

/*
 * memblock_alloc_range - take @size bytes inside [lo, hi) on @nid.
 *
 * @size   bytes, above 0.
 * @align  power of two, at least 1.
 * @nid    NUMA_NO_NODE for any node.
 *
 * Hot-pluggable ranges don't serve; memblock_alloc() takes them when there is nothing else.
 *
 * Returns the physical address, or 0 if there is no such place (address 0 is never handed out) or
 * the reserved list is full. The bytes are not cleared.
 */
uint64_t memblock_alloc_range(struct memblock *mb, uint64_t size, uint64_t align, uint64_t lo,
                              uint64_t hi, int nid)
{
    return take_place(mb, size, align, lo, hi, nid, false);
}

/* memblock_alloc_exact - @size bytes on @nid, or 0; see memblock_alloc_range. */
uint64_t memblock_alloc_exact(struct memblock *mb, uint64_t size, uint64_t align, int nid)
{
    return memblock_alloc_range(mb, size, align, 0, MEMBLOCK_ANYWHERE, nid);
}

/* memblock_alloc - the same, from any node if @nid has no room, and from hot-pluggable ranges if nobody has. */
uint64_t memblock_alloc(struct memblock *mb, uint64_t size, uint64_t align, int nid)
{
    uint64_t pa = memblock_alloc_exact(mb, size, align, nid);

    if (!pa && nid != NUMA_NO_NODE)
        pa = memblock_alloc_exact(mb, size, align, NUMA_NO_NODE);
    if (!pa && mb->hotplug.nr)
        pa = take_place(mb, size, align, 0, MEMBLOCK_ANYWHERE, NUMA_NO_NODE, true);
    return pa;
}

/* memblock_mark_hotplug - [start, end) may be pulled out. Returns as memblock_add. */
int memblock_mark_hotplug(struct memblock *mb, uint64_t start, uint64_t end)
{
    return put(&mb->hotplug, start, end, NUMA_NO_NODE);
}

/* memblock_clear_hotplug - [start, end) stays in the machine. Returns as memblock_add. */
int memblock_clear_hotplug(struct memblock *mb, uint64_t start, uint64_t end)
{
    return take_out(&mb->hotplug, start, end);
}

/* memblock_first_hotplug - the first hot-pluggable byte of [start, end); false if there is none. */
bool memblock_first_hotplug(const struct memblock *mb, uint64_t start, uint64_t end, uint64_t *at)
{
    unsigned i = first_ending_after(&mb->hotplug, start);

    if (i == mb->hotplug.nr || mb->hotplug.regions[i].start >= end)
        return false;
    *at = max(start, mb->hotplug.regions[i].start);
    return true;
}

/* memblock_overlaps_memory - is any byte of [start, end) RAM? */
bool memblock_overlaps_memory(const struct memblock *mb, uint64_t start, uint64_t end)
{
    unsigned i = first_ending_after(&mb->memory, start);

    return start < end && i < mb->memory.nr && mb->memory.regions[i].start < end;
}

/*
 * memblock_bytes_in - how many bytes of [start, end) are RAM of @nid (NUMA_NO_NODE: of anybody).
 *
 * 0 if start >= end.
 */
uint64_t memblock_bytes_in(const struct memblock *mb, uint64_t start, uint64_t end, int nid)
{
    const struct memblock_type *t = &mb->memory;
    uint64_t bytes = 0;

    if (start >= end)
        return 0;
    for (unsigned i = first_ending_after(t, start); i < t->nr && t->regions[i].start < end; i++) {
        if (nid == NUMA_NO_NODE || t->regions[i].nid == nid)
            bytes += min(end, t->regions[i].end) - max(start, t->regions[i].start);
    }
    return bytes;
}

/* memblock_node_span - from the first to the last byte of @nid; false if it has no RAM. */
bool memblock_node_span(const struct memblock *mb, int nid, uint64_t *start, uint64_t *end)
{
    bool found = false;

    for (unsigned i = 0; i < mb->memory.nr; i++) {
        const struct memblock_region *r = &mb->memory.regions[i];

        if (r->nid != nid)
            continue;
        if (!found)
            *start = r->start;
        *end = r->end;
        found = true;
    }
    return found;
}

/* memblock_nid_of - the node that owns the byte at @pa, NUMA_NO_NODE if it is not RAM. */
int memblock_nid_of(const struct memblock *mb, uint64_t pa)
{
    unsigned i = first_ending_after(&mb->memory, pa);

    if (i == mb->memory.nr || mb->memory.regions[i].start > pa)
        return NUMA_NO_NODE;
    return mb->memory.regions[i].nid;
}

/* memblock_end - the end of the last RAM, 0 if there is none. */
uint64_t memblock_end(const struct memblock *mb)
{
    return mb->memory.nr ? mb->memory.regions[mb->memory.nr - 1].end : 0;
}
