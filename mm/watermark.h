/*
 * mm/watermark.h - how many free pages are how little.
 */
#ifndef MM_WATERMARK_H
#define MM_WATERMARK_H

#include "mm/node.h"

struct seqbuf;

/* What an allocation may do with the watermarks; Linux's names and bits (its mm/internal.h). */
#define ALLOC_WMARK_MASK    0x03u /* which one: WMARK_MIN, WMARK_LOW, WMARK_HIGH */
#define ALLOC_NO_WATERMARKS 0x04u /* none */
#define ALLOC_OOM           0x08u /* an OOM victim's: half of what is below the mark */
#define ALLOC_HARDER        0x10u /* of a request that cannot wait: a quarter */
#define ALLOC_HIGH          0x20u /* of an urgent one: half */

enum watermark_verdict {
    WATERMARK_OK,
    WATERMARK_BELOW,      /* too little is free, */
    WATERMARK_RESERVED,   /* and here, too little for a request that a higher zone could serve */
    WATERMARK_FRAGMENTED, /* enough is free, but no block is large enough */
};

/* As /proc/sys/vm shows and changes them. */
struct watermark_settings {
    unsigned long min_free_kbytes;
    unsigned scale_factor;
    unsigned reserve_ratio[MAX_NR_ZONES];
};

extern struct watermark_settings watermark_settings;

static inline unsigned long wmark_pages(const struct zone *zone, enum zone_watermarks which)
{
    return READ_ONCE(zone->watermark[which]);
}

bool zone_watermark_ok(const struct zone *zone, unsigned order, unsigned long mark,
                       enum zone_type highest_zoneidx, unsigned alloc_flags);
enum watermark_verdict zone_watermark_test(const struct zone *zone, unsigned order,
                                           unsigned long mark, enum zone_type highest_zoneidx,
                                           unsigned alloc_flags, unsigned long free_pages);
unsigned long zone_lowered_mark(unsigned long mark, unsigned alloc_flags);
unsigned long totalreserve_pages(void);

unsigned long wmark_default_min_free_kbytes(unsigned long lowmem_kbytes);
void zone_set_watermarks(struct zone *zone, unsigned long min_pages, unsigned long total_pages,
                         unsigned scale_factor);
void node_set_lowmem_reserves(pg_data_t *pgdat, const unsigned *ratio);
void watermarks_setup(void);
void watermark_init(void);

/* /proc/sys/vm, mm/watermark_sysctl.c. */
void min_free_kbytes_show(struct seqbuf *s);
int min_free_kbytes_store(const char *text, size_t len);
void watermark_scale_factor_show(struct seqbuf *s);
int watermark_scale_factor_store(const char *text, size_t len);
void lowmem_reserve_ratio_show(struct seqbuf *s);
int lowmem_reserve_ratio_store(const char *text, size_t len);

#endif
