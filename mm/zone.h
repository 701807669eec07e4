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
    ZONE_MOVABLE, /* empty so far: pages that can be moved away */
    ZONE_DEVICE,  /* empty so far: persistent memory */
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

struct free_area {
    struct list_head free_list; /* heads of free blocks of one order, by page.lru */
    unsigned long nr_free;      /* blocks */
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

    /* Protected by lock. */
    struct spinlock lock;        /* rank LOCK_ZONE, interrupts off */
    unsigned long nr_free_pages; /* in all free lists together */
    unsigned long free_orders;   /* bit n is set if free_area[n] is not empty */
    struct free_area free_area[MAX_ORDER];
    unsigned long numa_stat[NR_NUMA_STATS];
    unsigned long nr_alloc; /* pages handed out since boot */
    unsigned long nr_freed; /* pages taken back, boot's own among them */
};

static inline bool populated_zone(const struct zone *zone)
{
    return zone->present_pages != 0;
}

static inline unsigned long zone_end_pfn(const struct zone *zone)
{
    return zone->zone_start_pfn + zone->spanned_pages;
}

/* The highest zone that may serve @gfp. */
static inline enum zone_type gfp_zone(gfp_t gfp)
{
    if (unlikely(gfp & (__GFP_DMA | __GFP_DMA32)))
        return gfp & __GFP_DMA ? ZONE_DMA : ZONE_DMA32;
    return ZONE_NORMAL;
}

const char *zone_name(enum zone_type type);
enum zone_type zone_type_of_pfn(unsigned long pfn);
void zone_init(struct zone *zone, struct pglist_data *pgdat, enum zone_type type,
               const struct memblock *mb);

#endif
