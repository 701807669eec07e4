/*
 * mm/vmscan.h - getting pages back: by kswapd, by allocations themselves, near before far.
 */
#ifndef MM_VMSCAN_H
#define MM_VMSCAN_H

#include "mm/node.h"

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

/* node_reclaim_mode, as in /proc/sys/vm/zone_reclaim_mode: 0 off, bit 0 on. */
extern unsigned node_reclaim_mode;

/* Is this thread within reclaim? Then its allocations may use the reserves, and don't reclaim again. */
bool in_reclaim(void);

/* Start kswapd/N on each node with memory. Context: boot, threads run. */
void kswapd_init(void);

#endif
