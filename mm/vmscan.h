/*
 * mm/vmscan.h - getting pages back: by kswapd, by allocations themselves, near before far.
 */
#ifndef MM_VMSCAN_H
#define MM_VMSCAN_H

#include "mm/node.h"

struct seqbuf;

/* After so many rounds in sequence that freed nothing, there is nothing to be had: Linux's number. */
#define MAX_RECLAIM_RETRIES 16

/*
 * try_to_free_pages - an allocation reclaims for itself, from the zones of @list up to gfp_zone(@gfp).
 *
 * Returns how many pages were freed; 0 means that there was nothing to be had.
 * Context: may sleep; not from within reclaim.
 */
unsigned long try_to_free_pages(const struct zonelist *list, unsigned order, gfp_t gfp);

/*
 * wakeup_kswapd - a zone is below its low watermark: its node's kswapd is to work for 2^@order pages
 * from zones up to @highest_zoneidx. Context: any, a spinlock above LOCK_WAIT may be held.
 */
void wakeup_kswapd(struct zone *zone, unsigned order, enum zone_type highest_zoneidx);

/*
 * node_reclaim - with node_reclaim_mode on, before an allocation goes to another node: reclaim a little
 * here. True if it is worth asking the zone again. Context: as for @gfp.
 */
bool node_reclaim(pg_data_t *pgdat, gfp_t gfp, unsigned order);

/* node_reclaim_mode, as in /proc/sys/vm/zone_reclaim_mode: 0 off, bit 0 on, bit 1 writes dirty pages. */
extern unsigned node_reclaim_mode;

/* Is this thread within reclaim? Then its allocations may use the reserves, and don't reclaim again. */
bool in_reclaim(void);
/* A cache gives back @nr_pages; if a shrinker's call has led to it, reclaim counts them. Context: any. */
void mm_account_reclaimed_pages(unsigned long nr_pages);

/* Has kswapd of @pgdat given up? Shown as node_unreclaimable. */
bool node_is_unreclaimable(const pg_data_t *pgdat);

/* Start kswapdN on each node with memory. Context: boot, threads run. */
void kswapd_init(void);

/* Drop all clean pages of the page cache that nobody uses; ask shrinkers for all they have. May sleep. */
void drop_pagecache(void);
void drop_slab(void);

/* /proc/sys/vm. */
void drop_caches_show(struct seqbuf *s);
int drop_caches_store(const char *text, size_t len);
void zone_reclaim_mode_show(struct seqbuf *s);
int zone_reclaim_mode_store(const char *text, size_t len);
void min_unmapped_ratio_show(struct seqbuf *s);
int min_unmapped_ratio_store(const char *text, size_t len);
void min_slab_ratio_show(struct seqbuf *s);
int min_slab_ratio_store(const char *text, size_t len);

#endif
