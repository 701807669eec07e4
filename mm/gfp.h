/*
 * mm/gfp.h - what an allocation may do and where it may come from. Names and bits are Linux's.
 */
#ifndef MM_GFP_H
#define MM_GFP_H

typedef unsigned int gfp_t;

#define __GFP_DMA            0x01u     /* from ZONE_DMA only */
#define __GFP_DMA32          0x04u     /* from ZONE_DMA32 or below */
#define __GFP_HIGH           0x20u     /* urgent */
#define __GFP_IO             0x40u     /* may start I/O */
#define __GFP_FS             0x80u     /* may call into a file system */
#define __GFP_ZERO           0x100u    /* cleared */
#define __GFP_ATOMIC         0x200u    /* cannot sleep, cannot reclaim */
#define __GFP_DIRECT_RECLAIM 0x400u    /* may reclaim itself */
#define __GFP_KSWAPD_RECLAIM 0x800u    /* may wake kswapd */
#define __GFP_NOWARN         0x2000u   /* a failure is not worth a line in the log */
#define __GFP_THISNODE       0x200000u /* from the named node or not at all */

#define __GFP_RECLAIM        (__GFP_DIRECT_RECLAIM | __GFP_KSWAPD_RECLAIM)

#define GFP_ATOMIC           (__GFP_HIGH | __GFP_ATOMIC | __GFP_KSWAPD_RECLAIM)
#define GFP_KERNEL           (__GFP_RECLAIM | __GFP_IO | __GFP_FS)
#define GFP_DMA              __GFP_DMA
#define GFP_DMA32            __GFP_DMA32

#endif
