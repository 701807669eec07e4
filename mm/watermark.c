/*
 * mm/watermark.c - how many free pages are how little.
 *
 * THEORY
 *
 * A zone that is quite empty is of no use: who frees memory needs some first, and who cannot wait must
 * find some. So each zone has three marks:
 *
 *     free pages
 *        |
 *        |         enough: everyone gets pages
 *     high  ------ kswapd goes back to sleep
 *        |         kswapd works, everyone still gets pages
 *     low   ------ kswapd is woken; a request tries other zones first
 *        |         a request that found no zone above low takes from here
 *     min   ------ requests reclaim by themselves
 *        |         the reserve: for those who cannot wait, and those who free memory
 *        0
 *
 * All zones together keep min_free_kbytes below their min marks, each by its share. That grows as the
 * square root of memory, because what is needed in a hurry grows with the machine, but slower:
 *
 *     min_free_kbytes = sqrt(16 * KiB of memory), between 128 KiB and 256 MiB
 *
 * Example: two nodes of 1 GiB, all DMA32 and Normal: sqrt(16 * 2097152) = 5792 KiB, 1448 pages. A zone
 * of 262144 of these 524288 pages has min 724; low and high follow in steps of a quarter of that, or of
 * 1/1000 of the zone (watermark_scale_factor, 10 of 10000) if that is more: 262, so 986 and 1248.
 *
 * The second danger is that requests which could be served anywhere use up the memory that only few
 * can: the first 16 MiB. lowmem_reserve[j] of a zone is added to the mark for requests that zone j of
 * the same node could have served: 1/ratio of what lies above, so the larger the node, the better its
 * low zones are kept. With 1 GiB above zone DMA and a ratio of 256, such a request must leave 1024 pages
 * there besides the mark.
 *
 * INVARIANTS
 *   W1  min <= low <= high.
 *   W2  lowmem_reserve[j] is 0 for j up to the zone itself, and never falls with j.
 *
 * LOCKING  The marks are written by the boot CPU, then by one writer of /proc/sys/vm at a time (mm/watermark_sysctl.c), and
 *          read without a lock: a request that sees an old one is as good as one that came earlier.
 * UNITS    Pages, but for min_free_kbytes.
 * SOURCES  Linux 6.1, Documentation/admin-guide/sysctl/vm.rst, "min_free_kbytes", "watermark_scale_factor",
 *          "lowmem_reserve_ratio"; the numbers are those of its /proc/zoneinfo.
 */
#include "mm/watermark.h"
#include "kernel/lib/math.h"

#define MIN_FREE_KBYTES_LEAST 128UL
#define MIN_FREE_KBYTES_MOST  262144UL
#define SCALE_BASE            10000UL /* of watermark_scale_factor */

struct watermark_settings watermark_settings = {
    .scale_factor = 10,
    .reserve_ratio = {[ZONE_DMA] = 256, [ZONE_DMA32] = 256, [ZONE_NORMAL] = 32},
};

/* wmark_default_min_free_kbytes - for a machine with so much memory below ZONE_MOVABLE. */
unsigned long wmark_default_min_free_kbytes(unsigned long lowmem_kbytes)
{
    return clamp(int_sqrt(lowmem_kbytes * 16), MIN_FREE_KBYTES_LEAST, MIN_FREE_KBYTES_MOST);
}

/*
 * zone_set_watermarks - the marks of one zone.
 *
 * @min_pages     of all zones together.
 * @total_pages   managed by all zones together, not 0.
 * @scale_factor  the least step between the marks in 1/10000 of the zone.
 */
void zone_set_watermarks(struct zone *zone, unsigned long min_pages, unsigned long total_pages,
                         unsigned scale_factor)
{
    unsigned long managed = zone->managed_pages;
    unsigned long min = min_pages * managed / total_pages;
    unsigned long step = max(min / 4, mult_frac(managed, scale_factor, SCALE_BASE));

    WRITE_ONCE(zone->watermark[WMARK_MIN], min);
    WRITE_ONCE(zone->watermark[WMARK_LOW], min + step);
    WRITE_ONCE(zone->watermark[WMARK_HIGH], min + 2 * step);
}

/*
 * node_set_lowmem_reserves - of all zones of a node.
 *
 * @ratio  MAX_NR_ZONES entries, by the zone that keeps the reserve; 0: it keeps none.
 */
void node_set_lowmem_reserves(pg_data_t *pgdat, const unsigned *ratio)
{
    for (int i = 0; i < MAX_NR_ZONES; i++) {
        struct zone *zone = &pgdat->node_zones[i];
        unsigned long above = 0;

        for (int j = i + 1; j < MAX_NR_ZONES; j++) {
            bool keeps = ratio[i] != 0 && zone->managed_pages != 0;

            above += pgdat->node_zones[j].managed_pages;
            WRITE_ONCE(zone->lowmem_reserve[j], keeps ? above / ratio[i] : 0);
        }
    }
}

/* zone_lowered_mark - @mark, as far down as a request with @alloc_flags may go. */
unsigned long zone_lowered_mark(unsigned long mark, unsigned alloc_flags)
{
    if (alloc_flags & ALLOC_HIGH)
        mark -= mark / 2;
    if (alloc_flags & ALLOC_OOM)
        mark -= mark / 2;
    else if (alloc_flags & ALLOC_HARDER)
        mark -= mark / 4;
    return mark;
}

/*
 * zone_watermark_test - zone_watermark_ok() with the reason.
 *
 * @free_pages  taken to be free, for those who ask what if.
 */
enum watermark_verdict zone_watermark_test(const struct zone *zone, unsigned order,
                                           unsigned long mark, enum zone_type highest_zoneidx,
                                           unsigned alloc_flags, unsigned long free_pages)
{
    unsigned long asked = (1UL << order) - 1;
    unsigned long left = free_pages > asked ? free_pages - asked : 0;

    mark = zone_lowered_mark(mark, alloc_flags);
    if (left <= mark)
        return WATERMARK_BELOW;
    if (left <= mark + READ_ONCE(zone->lowmem_reserve[highest_zoneidx]))
        return WATERMARK_RESERVED;
    if (!(zone_free_orders(zone) >> order))
        return WATERMARK_FRAGMENTED;
    return WATERMARK_OK;
}

/*
 * zone_watermark_ok - would @zone, after giving 2^@order pages, stay above @mark and its reserve?
 *
 * @mark             pages, one of the zone's marks.
 * @highest_zoneidx  the highest zone that could serve the request: for lowmem_reserve.
 * @alloc_flags      ALLOC_*; which mark is meant, and ALLOC_NO_WATERMARKS, are not looked at.
 *
 * False also if no block is large enough. Context: any; a snapshot.
 */
bool zone_watermark_ok(const struct zone *zone, unsigned order, unsigned long mark,
                       enum zone_type highest_zoneidx, unsigned alloc_flags)
{
    return zone_watermark_test(zone, order, mark, highest_zoneidx, alloc_flags,
                               READ_ONCE(zone->nr_free_pages)) == WATERMARK_OK;
}

/* Managed pages of all zones up to @highest. */
static unsigned long managed_pages(enum zone_type highest)
{
    unsigned long sum = 0;
    int nid;

    for_each_node (nid)
        for (int i = 0; i <= (int)highest; i++)
            sum += NODE_DATA(nid)->node_zones[i].managed_pages;
    return sum;
}

/*
 * watermarks_setup - all marks and reserves, from watermark_settings.
 *
 * Context: boot, or a store function of a file, of which one runs at a time.
 */
void watermarks_setup(void)
{
    unsigned long min_pages = watermark_settings.min_free_kbytes >> (PAGE_SHIFT - 10);
    unsigned long total = managed_pages(MAX_NR_ZONES - 1);
    int nid;

    for_each_node (nid) {
        for (int i = 0; i < MAX_NR_ZONES && total; i++)
            zone_set_watermarks(&NODE_DATA(nid)->node_zones[i], min_pages, total,
                                watermark_settings.scale_factor);
        node_set_lowmem_reserves(NODE_DATA(nid), watermark_settings.reserve_ratio);
    }
}

/*
 * watermark_init - the default marks. Context: boot, once, when the buddy has all memory.
 */
void watermark_init(void)
{
    unsigned long lowmem = managed_pages(ZONE_NORMAL);

    watermark_settings.min_free_kbytes = wmark_default_min_free_kbytes(lowmem << (PAGE_SHIFT - 10));
    watermarks_setup();
}

/* What @zone keeps back from a request that any zone would do for. */
static unsigned long zone_reserve(const struct zone *zone)
{
    unsigned long reserve = 0;

    for (int j = 0; j < MAX_NR_ZONES; j++)
        reserve = max(reserve, READ_ONCE(zone->lowmem_reserve[j]));
    return min(reserve + wmark_pages(zone, WMARK_HIGH), zone->managed_pages);
}

/* totalreserve_pages - what all zones keep back: not available, however free. Context: any. */
unsigned long totalreserve_pages(void)
{
    unsigned long sum = 0;
    int nid;

    for_each_node (nid)
        for (int i = 0; i < MAX_NR_ZONES; i++)
            sum += zone_reserve(&NODE_DATA(nid)->node_zones[i]);
    return sum;
}
