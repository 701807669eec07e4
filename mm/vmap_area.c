/*
 * mm/vmap_area.c - areas of the vmalloc space: where things are mapped.
 *
 * THEORY
 *
 * An area is a range of addresses with at least one page behind it that is never mapped, its guard: who
 * runs out of an area, upwards or from above, faults. What is unmapped may still be in some CPU's TLB,
 * and to interrupt all CPUs costs more than most areas are worth. So the addresses of freed areas are
 * kept back until there are many, and then one flush serves all of them:
 *
 *     free --vmap_area_alloc--> in use --vmap_area_free--> lazy --vmap_purge--> free
 *
 *     | A in use |g| B lazy |g| C lazy |g| D in use |g|  free ...
 *                 \___ one range, flushed once ____/
 *
 * May the pages that were mapped there go back at once, before the flush? Yes: an address means nothing
 * once its area was freed, so nobody who is right uses it, and nobody can get it anew before the flush.
 * The CPU may read ahead through what the TLB still has, which changes nothing: the pages are ordinary
 * memory, the accessed and dirty bits are set beforehand, so the CPU doesn't write entries. Who is wrong
 * and writes to a freed area hits somebody's page, or faults; KASan builds say who it was. What must not
 * go back before the flush are page tables: a CPU's walk through a table that has become something else
 * would find anything at all.
 *
 * A purge takes all that is lazy out, and the free ranges next to it, and removes the page tables that
 * lie wholly inside: a table that somebody prepares, and has no page in yet, is never touched, as it
 * covers his area, which isn't free. For that time those ranges are neither free nor lazy; who finds
 * no room waits for the purge, under its mutex.
 *
 * Descriptions (struct vmap_area) lie in pages of their own, 39 in each, a bit a place. The last free
 * range is described by a variable, for ever.
 *
 * LOCKING  vmap_lock (LOCK_VMALLOC) protects spaces, tree and descriptions, and is held while pages of
 *          areas in use are counted; an area in none of them is its maker's. purge_mutex: one purge at a
 *          time, outside of vmap_lock.
 * UNITS    Bytes; statistics in pages.
 * SOURCES  Linux 6.1, mm/vmalloc.c, lazy_max_pages(): the limit's size.
 * NOT HERE Which range fits (mm/vmap_space.c); what is mapped there (mm/vmalloc.c).
 */
#include "mm/vmap_area.h"
#include "kernel/bug.h"
#include "kernel/cpu.h"
#include "kernel/lock.h"
#include "kernel/mutex.h"
#include "kernel/sched.h"
#include "mm/node.h"
#include "mm/page_alloc.h"
#include <arch/vm.h>

#define LAZY_BYTES     MiB(32) /* kept back, for each power of two of CPUs */
#define AREAS_PER_PAGE (PAGE_SIZE / sizeof(struct vmap_area))
#define ALL_TAKEN      ((1ul << AREAS_PER_PAGE) - 1)
#define COUNT_BATCH    512 /* pages that are looked at under the lock at once */

_Static_assert(AREAS_PER_PAGE < 64, "a bit for each place");
_Static_assert(KSTACK_END % MiB(2) == 0, "stacks and areas share no page table");

static DEFINE_SPINLOCK(vmap_lock, LOCK_VMALLOC);
static DEFINE_MUTEX(purge_mutex);

/* Protected by vmap_lock. */
static struct vmap_space free_space, lazy_space;
static struct rb_tree in_use;
static struct vmap_stats stats;
static struct list_head partial = LIST_HEAD_INIT(partial); /* with unused descriptions, by lru */

/* Protected by purge_mutex; changed under vmap_lock, too, as descriptions are given back. */
static struct vmap_space purged_space;

static struct vmap_area last_free; /* describes the end of the free space */

/* ---- descriptions ------------------------------------------------------------------------------ */

/* Bit i: place i of a page of descriptions is taken. */
static unsigned long *taken_in(struct page *page)
{
    return &page->private[0];
}

static struct vmap_area *take_place(void) __must_hold(vmap_lock)
{
    struct page *page;
    unsigned i;

    if (list_empty(&partial))
        return NULL;
    page = list_first_entry(&partial, struct page, lru);
    i = (unsigned)__builtin_ctzl(~*taken_in(page));
    *taken_in(page) |= 1ul << i;
    if (*taken_in(page) == ALL_TAKEN)
        list_del(&page->lru);
    return (struct vmap_area *)page_address(page) + i;
}

/* A description, or NULL without memory. */
static struct vmap_area *description_get(void)
{
    struct vmap_area *area;
    struct page *page;

    spin_lock(&vmap_lock);
    area = take_place();
    spin_unlock(&vmap_lock);
    if (area)
        return area;
    page = alloc_pages(GFP_KERNEL | __GFP_NOWARN, 0);
    if (!page)
        return NULL;
    spin_lock(&vmap_lock);
    *taken_in(page) = 0;
    list_add(&page->lru, &partial);
    area = take_place();
    spin_unlock(&vmap_lock);
    return area;
}

static void description_put(struct vmap_area *area) __must_hold(vmap_lock)
{
    struct page *page = virt_to_page(area);
    unsigned long i = ((uintptr_t)area & (PAGE_SIZE - 1)) / sizeof(*area);

    if (area == &last_free)
        return;
    if (*taken_in(page) == ALL_TAKEN)
        list_add(&page->lru, &partial);
    *taken_in(page) &= ~(1ul << i);
    if (*taken_in(page) == 0) {
        list_del(&page->lru);
        __free_pages(page, 0);
    }
}

static void give(struct vmap_space *space, struct vmap_area *area) __must_hold(vmap_lock)
{
    struct vmap_area *dead[2];
    int nr_dead = vmap_space_give(space, area, dead);

    for (int i = 0; i < nr_dead; i++)
        description_put(dead[i]);
}

/* ---- purging ----------------------------------------------------------------------------------- */

/* All that is lazy is the purge's. Returns how many pages of the space that is. */
static unsigned long take_lazy(void)
{
    unsigned long nr;

    spin_lock(&vmap_lock);
    purged_space = lazy_space;
    vmap_space_init(&lazy_space);
    nr = stats.nr_lazy;
    stats.nr_lazy = 0;
    spin_unlock(&vmap_lock);
    return nr;
}

/* A free range that touches @area, or NULL. */
static struct vmap_area *free_neighbour(const struct vmap_area *area) __must_hold(vmap_lock)
{
    struct vmap_area *below = vmap_space_before(&free_space, area->start);

    return below ? below : vmap_space_behind(&free_space, area->end);
}

/* @area, which is the purge's, melts with the free ranges beside it, and with the purge's beside those;
 * returns what they have become. */
static struct vmap_area *absorb(struct vmap_area *area) __must_hold(vmap_lock)
{
    struct vmap_area *neighbour;

    while ((neighbour = free_neighbour(area))) {
        uintptr_t at = neighbour->start;

        vmap_space_remove(&free_space, neighbour);
        give(&purged_space, neighbour);
        area = vmap_tree_at_or_above(&purged_space.by_address, at);
    }
    return area;
}

static struct vmap_area *next_area(struct vmap_area *area)
{
    struct rb_node *next = rb_next(&area->node);

    return next ? rb_entry(next, struct vmap_area, node) : NULL;
}

static void absorb_free_neighbours(void)
{
    spin_lock(&vmap_lock);
    for (struct vmap_area *a = vmap_space_first(&purged_space); a; a = next_area(a))
        a = absorb(a);
    spin_unlock(&vmap_lock);
}

/* Empty the purge's ranges: what was shadow goes to @pages, page tables to @tables and @shadow_tables. */
static void dismantle(struct list_head *pages, paddr_t *tables, paddr_t *shadow_tables)
{
    for (struct vmap_area *a = vmap_space_first(&purged_space); a; a = next_area(a))
        kasan_vmalloc_unmap(a->start, vmap_area_size(a), pages);
    absorb_free_neighbours();
    for (struct vmap_area *a = vmap_space_first(&purged_space); a; a = next_area(a)) {
        /* The gap above the stacks is nobody's; so tables that begin there can go, too. */
        uintptr_t start = a->start == VMAP_START ? KSTACK_END : a->start;

        vm_prune(start, a->end - start, tables);
        kasan_vmalloc_prune(start, a->end - start, shadow_tables);
    }
}

static void give_purged(void)
{
    struct vmap_area *area;

    spin_lock(&vmap_lock);
    stats.nr_flushes++;
    while ((area = vmap_space_first(&purged_space))) {
        vmap_space_remove(&purged_space, area);
        give(&free_space, area);
    }
    spin_unlock(&vmap_lock);
}

static unsigned long purge_locked(void) __must_hold(purge_mutex)
{
    struct list_head pages = LIST_HEAD_INIT(pages);
    paddr_t tables = 0, shadow_tables = 0;
    unsigned long nr = take_lazy();

    if (nr == 0) {
        vm_free_tables(0);
        return 0;
    }
    dismantle(&pages, &tables, &shadow_tables);
    tlb_flush_range(0, SIZE_MAX & ~(PAGE_SIZE - 1), tables != 0 || shadow_tables != 0);
    vm_free_tables(tables);
    kasan_vmalloc_free(&pages, shadow_tables);
    give_purged();
    return nr;
}

/* vmap_purge - contract in the header. */
unsigned long vmap_purge(void)
{
    unsigned long nr;

    might_sleep();
    mutex_lock(&purge_mutex);
    nr = purge_locked();
    mutex_unlock(&purge_mutex);
    return nr;
}

/* vmap_lazy_max_pages - contract in the header. */
unsigned long vmap_lazy_max_pages(void)
{
    unsigned log = 64 - (unsigned)__builtin_clzl((unsigned long)cpumask_weight(&cpu_online_mask));

    return log * (LAZY_BYTES >> PAGE_SHIFT);
}

/* ---- areas ------------------------------------------------------------------------------------- */

static struct vmap_area *take_range(size_t size, struct vmap_area **spare)
{
    struct vmap_area *area;

    spin_lock(&vmap_lock);
    area = vmap_space_take(&free_space, size, spare);
    spin_unlock(&vmap_lock);
    return area;
}

/* No room: perhaps some is kept back, or another purge's at this moment. */
static struct vmap_area *take_range_after_purge(size_t size, struct vmap_area **spare)
{
    struct vmap_area *area;

    mutex_lock(&purge_mutex);
    purge_locked();
    area = take_range(size, spare);
    mutex_unlock(&purge_mutex);
    return area;
}

static struct vmap_area *reserve(size_t size)
{
    struct vmap_area *spare = description_get(), *area;

    if (!spare)
        return NULL;
    area = take_range(size, &spare);
    if (!area)
        area = take_range_after_purge(size, &spare);
    if (spare) {
        spin_lock(&vmap_lock);
        description_put(spare);
        spin_unlock(&vmap_lock);
    }
    return area;
}

/*
 * vmap_area_alloc - an area with room and page tables for @nr_pages, and a guard.
 *
 * @nr_pages  above 0; more than the space has is an error like any other.
 * @used      bytes from its start on that may be touched once they are mapped; KASan's.
 * @nid       the node for KASan's shadow.
 *
 * Returns an area that nobody else knows, with nothing mapped, or NULL: no room, or no memory.
 * Context: may sleep.
 */
struct vmap_area *vmap_area_alloc(unsigned long nr_pages, size_t used, int nid)
{
    struct vmap_area *area;

    if (nr_pages >= (VMALLOC_END - VMAP_START) / PAGE_SIZE)
        return NULL;
    area = reserve(ALIGN_UP((nr_pages + 1) * PAGE_SIZE, VMAP_UNIT));
    if (!area)
        return NULL;
    area->nr_pages = nr_pages;
    if (!vm_prepare(area->start, nr_pages * PAGE_SIZE) &&
        kasan_vmalloc_map(area->start, vmap_area_size(area), used, nid))
        return area;
    vmap_area_free(area);
    return NULL;
}

/* vmap_area_publish - all is mapped: @area is in use, and found by its address. */
void vmap_area_publish(struct vmap_area *area)
{
    spin_lock(&vmap_lock);
    vmap_tree_add(&in_use, area);
    stats.nr_areas++;
    spin_unlock(&vmap_lock);
}

static void report_wrong(uintptr_t at, enum vmap_kind kind, const char *who,
                         const struct vmap_info *there)
{
    static const char *const makers[] = {[VMAP_VMALLOC] = "vmalloc()", [VMAP_VMAP] = "vmap()"};

    if (there->start == at)
        report_bug("%s of 0x%lx: %s made that area, not %s", who, at, makers[there->kind],
                   makers[kind]);
    else if (there->start < at && at < there->end)
        report_bug("%s of 0x%lx: it lies in the area that begins at 0x%lx", who, at, there->start);
    else
        report_bug("%s of 0x%lx: no area begins there (freed twice?)", who, at);
}

/*
 * vmap_area_claim - the area in use that begins at @start becomes the caller's.
 *
 * @kind  who must have made it.
 * @who   the caller's name, for the report if there is no such area, or of the other kind.
 *
 * Returns NULL after such a report; nothing has changed then. Context: a thread.
 */
struct vmap_area *vmap_area_claim(uintptr_t start, enum vmap_kind kind, const char *who)
{
    struct vmap_info there = {0};
    struct vmap_area *area;

    spin_lock(&vmap_lock);
    area = vmap_tree_at_or_above(&in_use, start);
    if (area && area->start == start && area->kind == kind) {
        rb_erase(&in_use, &area->node);
        stats.nr_areas--;
        spin_unlock(&vmap_lock);
        return area;
    }
    if (area)
        there = (struct vmap_info){.start = area->start, .end = area->end, .kind = area->kind};
    spin_unlock(&vmap_lock);
    report_wrong(start, kind, who, &there);
    return NULL;
}

/*
 * vmap_area_free - nothing is mapped in @area any more, and it is the caller's: keep its addresses back
 * until a flush, which this may be the occasion for.
 *
 * Context: may sleep.
 */
void vmap_area_free(struct vmap_area *area)
{
    unsigned long nr_lazy;

    might_sleep();
    spin_lock(&vmap_lock);
    stats.nr_freed++;
    stats.nr_lazy += vmap_area_size(area) >> PAGE_SHIFT;
    nr_lazy = stats.nr_lazy;
    give(&lazy_space, area);
    spin_unlock(&vmap_lock);
    if (nr_lazy > vmap_lazy_max_pages())
        vmap_purge();
}

/* ---- looking ----------------------------------------------------------------------------------- */

/* vmap_stats_get - how things stand. Context: a thread. */
void vmap_stats_get(struct vmap_stats *out)
{
    spin_lock(&vmap_lock);
    *out = stats;
    out->largest = vmap_space_largest(&free_space);
    spin_unlock(&vmap_lock);
}

static bool copy_above(const struct rb_tree *tree, uintptr_t at, struct vmap_info *info)
{
    const struct vmap_area *area;

    spin_lock(&vmap_lock);
    area = vmap_tree_at_or_above(tree, at);
    if (area)
        *info = (struct vmap_info){.start = area->start,
                                   .end = area->end,
                                   .kind = area->kind,
                                   .caller = area->caller,
                                   .nr_pages = area->nr_pages};
    spin_unlock(&vmap_lock);
    return area != NULL;
}

/* vmap_info_above - the lowest area in use that ends above @at; false if there is none. O(log n). */
bool vmap_info_above(uintptr_t at, struct vmap_info *info)
{
    return copy_above(&in_use, at, info);
}

/* vmap_lazy_above - contract in the header. */
bool vmap_lazy_above(uintptr_t at, struct vmap_info *info)
{
    return copy_above(&lazy_space.by_address, at, info);
}

/* Is the area that @info tells of still there? */
static bool still_there(const struct vmap_info *info) __must_hold(vmap_lock)
{
    const struct vmap_area *area = vmap_tree_at_or_above(&in_use, info->start);

    return area && area->start == info->start && area->nr_pages == info->nr_pages;
}

/* Count the pages [i, i + COUNT_BATCH) of the area by node. False if it is gone. */
static bool count_batch(const struct vmap_info *info, unsigned long i, unsigned long *nr_pages)
{
    unsigned long end = min(i + COUNT_BATCH, info->nr_pages);
    bool is_there;

    spin_lock(&vmap_lock);
    is_there = still_there(info);
    for (; is_there && i < end; i++) {
        paddr_t pa = vm_prepared_frame(info->start + i * PAGE_SIZE);

        nr_pages[page_to_nid(pfn_to_page(pa >> PAGE_SHIFT))]++;
    }
    spin_unlock(&vmap_lock);
    return is_there;
}

/*
 * vmap_count_nodes - add up the pages of an area by node, a piece at a time.
 *
 * @nr_pages  MAX_NUMNODES counts, added to.
 *
 * Returns false if it was freed meanwhile: the counts mean nothing then. Context: a thread.
 */
bool vmap_count_nodes(const struct vmap_info *info, unsigned long *nr_pages)
{
    for (unsigned long i = 0; i < info->nr_pages; i += COUNT_BATCH) {
        if (!count_batch(info, i, nr_pages))
            return false;
    }
    return true;
}

/* The address in the pages [i, i + COUNT_BATCH) of the area where @pfn is mapped, or 0. */
static uintptr_t find_in_batch(const struct vmap_info *info, unsigned long i, unsigned long pfn)
{
    unsigned long end = min(i + COUNT_BATCH, info->nr_pages);
    uintptr_t va = 0;

    spin_lock(&vmap_lock);
    for (end = still_there(info) ? end : 0; i < end && !va; i++) {
        if (vm_prepared_frame(info->start + i * PAGE_SIZE) >> PAGE_SHIFT == pfn)
            va = info->start + i * PAGE_SIZE;
    }
    spin_unlock(&vmap_lock);
    return va;
}

/*
 * vmap_find_page - where an area maps the page @pfn.
 *
 * True, and *@va, if it does; of several places, the first. Context: a thread. O(pages of the area).
 */
bool vmap_find_page(const struct vmap_info *info, unsigned long pfn, uintptr_t *va)
{
    *va = 0;
    for (unsigned long i = 0; i < info->nr_pages && !*va; i += COUNT_BATCH)
        *va = find_in_batch(info, i, pfn);
    return *va != 0;
}

/* vmap_init - contract in the header. */
void vmap_init(void)
{
    vmap_space_init(&free_space);
    vmap_space_init(&lazy_space);
    vmap_space_init(&purged_space);
    rb_init(&in_use);
    last_free.start = VMAP_START;
    last_free.end = VMALLOC_END;
    spin_lock(&vmap_lock);
    give(&free_space, &last_free);
    spin_unlock(&vmap_lock);
}
