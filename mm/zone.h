/*
 * mm/zone.h - the part of a node's memory that can serve a kind of request.
 */
#ifndef MM_ZONE_H
#define MM_ZONE_H

#include "kernel/lib/list.h"
#include "kernel/lock.h"
#include "mm/gfp.h"
#include "mm/page.h"

struct pglist_data;
struct memblock;

enum zone_type {
    ZONE_DMA,     /* below 16 MiB, for devices with 24 address lines */
    ZONE_DMA32,   /* below 4 GiB, for devices with 32 */
    ZONE_NORMAL,  /* all above */
    ZONE_MOVABLE, /* the node's upper end, for what can be moved away: mm/movable.c */
    ZONE_DEVICE,  /* persistent memory, never in the buddy: mm/pmem.c */
    MAX_NR_ZONES
};

#define ZONE_DMA_END   (16UL << 20)
#define ZONE_DMA32_END (4UL << 30)

/* Where the pages of this zone were asked for and came from; Linux's names and meaning. */
enum numa_stat_item {
    NUMA_HIT,        /* wanted from this node, and served from it */
    NUMA_MISS,       /* wanted from another node, served from this one */
    NUMA_FOREIGN,    /* wanted from this node, served from another */
    NUMA_INTERLEAVE, /* by an interleave policy, on the node it meant (no policies yet: 0) */
    NUMA_LOCAL,      /* served to a CPU of this node */
    NUMA_OTHER,      /* served to a CPU of another node */
    NR_NUMA_STATS
};

/*
 * Can what is in a page be moved or dropped? Blocks of unlike pages are kept apart, so that what stays
 * for ever doesn't stand in the way everywhere: mm/pageblock.h. The order is that of gfp's two bits.
 */
enum migrate_type {
    MIGRATE_UNMOVABLE,   /* neither: most of what the kernel has */
    MIGRATE_MOVABLE,     /* __GFP_MOVABLE: moved */
    MIGRATE_RECLAIMABLE, /* __GFP_RECLAIMABLE: dropped, and made anew when it is missed */
    MIGRATE_TYPES
};

struct free_area {
    struct list_head free_list[MIGRATE_TYPES]; /* heads of free blocks of one order, by page.lru */
    unsigned long nr_free;                     /* blocks, of all types */
};

/*
 * How many free pages are how little. Below low, kswapd is woken and works until high; below min, only
 * who may use the reserves gets any. mm/watermark.c.
 */
enum zone_watermarks { WMARK_MIN, WMARK_LOW, WMARK_HIGH, NR_WMARK };

struct zone {
    /* Fixed at boot, read without a lock. */
    const char *name;               /* as Linux prints it: "DMA", "DMA32", "Normal", ... */
    struct pglist_data *zone_pgdat; /* the node that owns it */
    unsigned long zone_start_pfn;   /* the zone spans [zone_start_pfn, + spanned_pages) */
    unsigned long spanned_pages;    /* holes and other nodes' pages included */
    unsigned long present_pages;    /* RAM of this node in the span */
    unsigned long managed_pages;    /* present pages that the buddy was given */

    /* Set at boot and by /proc/sys/vm, read without a lock: mm/watermark.c. */
    unsigned long watermark[NR_WMARK];
    unsigned long lowmem_reserve[MAX_NR_ZONES]; /* kept from requests that zone i could serve */

    /* Of the CPUs' lists, in pages; set at boot and with the watermarks, mm/pcp.c. */
    int pcp_batch;
    int pcp_high;

    /* Protected by lock. */
    struct spinlock lock;        /* rank LOCK_ZONE, interrupts off; zone_lock() counts */
    unsigned long nr_free_pages; /* in all free lists together */
    unsigned long free_orders[MIGRATE_TYPES]; /* bit n: the type's list of order n isn't empty */
    struct free_area free_area[MAX_ORDER];
    unsigned long nr_alloc;       /* pages that left the free lists since boot */
    unsigned long nr_freed;       /* pages that came back, boot's own among them */
    unsigned long lock_taken;     /* by zone_lock(), */
    unsigned long lock_contended; /* and how often somebody else had it */

    /* Atomic. What the CPUs' lists serve at once is not in it: zone_numa_stat(). */
    unsigned long numa_stat[NR_NUMA_STATS];
};

/* Take the zone's lock, and count it. Interrupts are off, until zone_unlock() at least. */
static inline void zone_lock(struct zone *zone) __acquires(zone->lock) __no_lock_analysis
{
    bool contended = !spin_trylock_irqs_off(&zone->lock);

    if (unlikely(contended))
        spin_lock_irqs_off(&zone->lock);
    zone->lock_taken++;
    zone->lock_contended += contended;
}

/* Take the lock if nobody has it. Who doesn't wait hasn't met anybody: a failure isn't counted. */
static inline bool zone_trylock(struct zone *zone)
    __try_acquires(true, zone->lock) __no_lock_analysis
{
    if (!spin_trylock_irqs_off(&zone->lock))
        return false;
    zone->lock_taken++;
    return true;
}

static inline void zone_unlock(struct zone *zone) __releases(zone->lock) __no_lock_analysis
{
    spin_unlock_irqs_off(&zone->lock);
}

/* Which orders have a free block, of whatever type. Without the lock: as of a moment ago. */
static inline unsigned long zone_free_orders(const struct zone *zone)
{
    return READ_ONCE(zone->free_orders[MIGRATE_UNMOVABLE]) |
           READ_ONCE(zone->free_orders[MIGRATE_MOVABLE]) |
           READ_ONCE(zone->free_orders[MIGRATE_RECLAIMABLE]);
}

static inline bool populated_zone(const struct zone *zone)
{
    return zone->present_pages != 0;
}

static inline unsigned long zone_end_pfn(const struct zone *zone)
{
    return zone->zone_start_pfn + zone->spanned_pages;
}

/* What a request wants to do with its pages. One that says both is taken for movable. */
static inline enum migrate_type gfp_migratetype(gfp_t gfp)
{
    if (gfp & __GFP_MOVABLE)
        return MIGRATE_MOVABLE;
    return gfp & __GFP_RECLAIMABLE ? MIGRATE_RECLAIMABLE : MIGRATE_UNMOVABLE;
}

/* The highest zone that may serve @gfp. */
static inline enum zone_type gfp_zone(gfp_t gfp)
{
    if (unlikely(gfp & (__GFP_DMA | __GFP_DMA32)))
        return gfp & __GFP_DMA ? ZONE_DMA : ZONE_DMA32;
    return gfp & __GFP_MOVABLE ? ZONE_MOVABLE : ZONE_NORMAL;
}

const char *zone_name(enum zone_type type);
enum zone_type zone_type_of_pfn(unsigned long pfn);
enum zone_type zone_type_of(int nid, unsigned long pfn);
unsigned long zone_border(int nid, unsigned long pfn, unsigned long end);
void zone_init(struct zone *zone, struct pglist_data *pgdat, enum zone_type type,
               const struct memblock *mb);

#endif
