/*
 * mm/watermark.h - how many free pages are how little.
 */
#ifndef MM_WATERMARK_H
#define MM_WATERMARK_H

#include "mm/node.h"

struct seqbuf;

/* What an allocation may do with the watermarks; Linux's names and bits (mm/internal.h). */
#define ALLOC_WMARK_MASK    0x03u /* which one: WMARK_MIN, WMARK_LOW, WMARK_HIGH */
#define ALLOC_NO_WATERMARKS 0x04u /* none */
#define ALLOC_OOM           0x08u /* an OOM victim's */
#define ALLOC_HARDER        0x10u /* of a request that cannot wait */
#define ALLOC_HIGH          0x20u /* __GFP_HIGH */

static inline unsigned long wmark_pages(const struct zone *zone, enum zone_watermarks which)
{
    return READ_ONCE(zone->watermark[which]) + READ_ONCE(zone->watermark_boost);
}

/* zone_watermark_ok - would @zone, after giving 2^@order pages, stay above @mark and its reserve? */
bool zone_watermark_ok(const struct zone *zone, unsigned order, unsigned long mark,
                       enum zone_type highest_zoneidx, unsigned alloc_flags);

/* Compute all watermarks and reserves. Context: boot, all memory is there; and by /proc/sys/vm. */
void setup_per_zone_wmarks(void);
void watermark_init(void);

void min_free_kbytes_show(struct seqbuf *s);
int min_free_kbytes_store(const char *text, size_t len);
void watermark_scale_factor_show(struct seqbuf *s);
int watermark_scale_factor_store(const char *text, size_t len);
void lowmem_reserve_ratio_show(struct seqbuf *s);
int lowmem_reserve_ratio_store(const char *text, size_t len);

#endif
