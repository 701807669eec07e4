/*
 * mm/pageblock.c - which kind of pages each 2 MiB block of memory is meant for.
 *
 * THEORY
 *
 * A page that can't be moved, in the middle of free memory, keeps a large block from being whole for as
 * long as it lives. So unlike pages are kept apart: memory is divided into pageblocks of 2^9 pages, each
 * with a type, and the buddy has free lists by order and type. A free block goes to the list of its
 * pageblock's type. All blocks begin as movable; the others take over what they need (mm/buddy_steal.c).
 *
 *     pages     0        512       1024      1536      2048
 *     type      | unmovable |  movable  |  movable  | reclaimable |
 *     in use    |uuu.uu.u.u.|mmmm.mm..m.|...........|rr.r...r.....|
 *                                        a large page can be had here for ever
 *
 * With fewer than six pageblocks grouping cannot win anything, and is off: everything is unmovable.
 *
 * INVARIANTS
 *   G1  The map has a type just where there are page descriptors.
 *
 * LOCKING  In the header.
 * SOURCES  The names and the table's form are those of Linux 6.1's /proc/pagetypeinfo.
 */
#include "mm/pageblock.h"
#include "kernel/bug.h"
#include "kernel/lib/seqbuf.h"
#include "kernel/lib/string.h"
#include "kernel/printk.h"
#include "mm/buddy.h"
#include "mm/memblock.h"
#include "mm/node.h"
#include "mm/vmemmap.h"

#define LEAST_BLOCKS 6 /* Linux's types, with those that Atoll doesn't have */

uint8_t *pageblock_map;
unsigned long nr_pageblocks;
bool page_group_by_mobility_disabled;

static const char *const names[MIGRATE_TYPES] = {
    [MIGRATE_UNMOVABLE] = "Unmovable",
    [MIGRATE_MOVABLE] = "Movable",
    [MIGRATE_RECLAIMABLE] = "Reclaimable",
};

/* migrate_type_name - as Linux prints it. */
const char *migrate_type_name(enum migrate_type type)
{
    return names[type];
}

/*
 * pageblock_set_type - all pageblocks that the block of 2^@order pages touches change their type.
 *
 * Context: the lock of the block's zone is held, or boot.
 */
void pageblock_set_type(const struct page *page, unsigned order, enum migrate_type type)
{
    unsigned long first = pageblock_of(page);
    unsigned long last = pageblock_of(page + (1UL << order) - 1);

    for (unsigned long i = first; i <= last; i++)
        WRITE_ONCE(pageblock_map[i], (uint8_t)type);
}

/*
 * pageblock_init - a map for all memory that has descriptors, every block movable.
 *
 * Panics if there is no room (a byte for 2 MiB). Context: boot, by vmemmap_init().
 */
void pageblock_init(struct memblock *mb)
{
    size_t size = max_pfn / PAGEBLOCK_PAGES;
    uint64_t pa = memblock_alloc(mb, size, PAGE_SIZE, NUMA_NO_NODE);
    enum migrate_type first;
    unsigned long nr_pages = 0;

    if (!pa)
        panic("no room for a map of %zu bytes of the pageblocks", size);
    for (unsigned i = 0; i < mb->memory.nr; i++)
        nr_pages += (mb->memory.regions[i].end - mb->memory.regions[i].start) >> PAGE_SHIFT;
    page_group_by_mobility_disabled = nr_pages < LEAST_BLOCKS * PAGEBLOCK_PAGES;
    if (page_group_by_mobility_disabled)
        pr_info("%lu pages are too few to group them by mobility", nr_pages);
    first = page_group_by_mobility_disabled ? MIGRATE_UNMOVABLE : MIGRATE_MOVABLE;
    pageblock_map = phys_to_virt(pa);
    nr_pageblocks = size;
    for (unsigned long i = 0; i < size; i++)
        pageblock_map[i] = pfn_valid(i * PAGEBLOCK_PAGES) ? (uint8_t)first : PAGEBLOCK_NONE;
}

static unsigned long list_length(const struct list_head *list)
{
    unsigned long nr = 0;

    for (const struct list_head *at = list->next; at != list; at = at->next)
        nr++;
    return nr;
}

/* Free blocks of each order, a line a type. */
static void show_free(struct seqbuf *s, struct zone *zone)
{
    for (int type = 0; type < MIGRATE_TYPES; type++) {
        seq_printf(s, "Node %4d, zone %8s, type %12s ", zone->zone_pgdat->node_id, zone->name,
                   names[type]);
        for (unsigned order = 0; order < MAX_ORDER; order++) {
            unsigned long flags, nr;

            spin_lock_irqsave(&zone->lock, flags);
            nr = list_length(&zone->free_area[order].free_list[type]);
            spin_unlock_irqrestore(&zone->lock, flags);
            seq_printf(s, "%6lu ", nr);
        }
        seq_putc(s, '\n');
    }
}

/* Pageblocks of each type that begin in this zone. */
static void show_blocks(struct seqbuf *s, struct zone *zone)
{
    unsigned long place =
        page_flags_place(zone->zone_pgdat->node_id, (int)(zone - zone->zone_pgdat->node_zones));
    unsigned long nr[MIGRATE_TYPES] = {0};

    for (unsigned long pfn = zone->zone_start_pfn; pfn < zone_end_pfn(zone);
         pfn = ALIGN_DOWN(pfn, PAGEBLOCK_PAGES) + PAGEBLOCK_PAGES) {
        if (pfn_valid(pfn) && buddy_place(pfn_to_page(pfn)) == place)
            nr[pageblock_type(pfn_to_page(pfn))]++;
    }
    seq_printf(s, "Node %d, zone %8s ", zone->zone_pgdat->node_id, zone->name);
    for (int type = 0; type < MIGRATE_TYPES; type++)
        seq_printf(s, "%12lu ", nr[type]);
    seq_putc(s, '\n');
}

static void for_zones(struct seqbuf *s, pg_data_t *pgdat,
                      void (*show)(struct seqbuf *s, struct zone *zone))
{
    for (int i = 0; i < MAX_NR_ZONES; i++) {
        if (populated_zone(&pgdat->node_zones[i]))
            show(s, &pgdat->node_zones[i]);
    }
}

static void show_node(struct seqbuf *s, pg_data_t *pgdat)
{
    seq_printf(s, "Page block order: %d\nPages per block:  %lu\n\n", PAGEBLOCK_ORDER,
               PAGEBLOCK_PAGES);
    seq_printf(s, "%-43s ", "Free pages count per migrate type at order");
    for (int order = 0; order < MAX_ORDER; order++)
        seq_printf(s, "%6d ", order);
    seq_putc(s, '\n');
    for_zones(s, pgdat, show_free);
    seq_printf(s, "\n%-23s", "Number of blocks type ");
    for (int type = 0; type < MIGRATE_TYPES; type++)
        seq_printf(s, "%12s ", names[type]);
    seq_putc(s, '\n');
    for_zones(s, pgdat, show_blocks);
}

/* pagetypeinfo_show - /proc/pagetypeinfo. Context: a thread; takes zone locks, one at a time. */
void pagetypeinfo_show(struct seqbuf *s)
{
    int nid;

    for_each_node_mask (nid, &node_states[N_MEMORY])
        show_node(s, NODE_DATA(nid));
}
