/*
 * mm/vmscan.c - getting pages back.
 */
#include "mm/vmscan.h"

unsigned node_reclaim_mode;

unsigned long try_to_free_pages(const struct zonelist *list, unsigned order, gfp_t gfp)
{
    (void)list;
    (void)order;
    (void)gfp;
    return 0;
}

void wakeup_kswapd(struct zone *zone, unsigned order, enum zone_type highest_zoneidx)
{
    (void)zone;
    (void)order;
    (void)highest_zoneidx;
}

bool node_reclaim(pg_data_t *pgdat, gfp_t gfp, unsigned order)
{
    (void)pgdat;
    (void)gfp;
    (void)order;
    return false;
}

bool in_reclaim(void)
{
    return false;
}

void kswapd_init(void)
{
}
