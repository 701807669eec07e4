/*
 * mm/gfp.h - what an allocation may do and where it may come from. Names and bits are Linux's.
 */
#ifndef MM_GFP_H
#define MM_GFP_H

typedef unsigned int gfp_t;

/* Where from. Without any of these: ZONE_NORMAL or below. */
#define __GFP_DMA         0x01u     /* from ZONE_DMA only */
#define __GFP_DMA32       0x04u     /* from ZONE_DMA32 or below */
#define __GFP_MOVABLE     0x08u     /* its contents can be moved: ZONE_MOVABLE will do, too */
#define __GFP_RECLAIMABLE 0x10u     /* can be given back under pressure, such as a shrinker's */
#define __GFP_THISNODE    0x200000u /* from the named node or not at all */
#define GFP_ZONEMASK      (__GFP_DMA | __GFP_DMA32 | __GFP_MOVABLE)

/* How deep into the reserves. */
#define __GFP_HIGH       0x20u    /* urgent: half of the min watermark may be used up */
#define __GFP_ATOMIC     0x200u   /* cannot sleep and has no other way: a quarter more of it */
#define __GFP_MEMALLOC   0x20000u /* will free more than it takes: all of the reserves */
#define __GFP_NOMEMALLOC 0x80000u /* no reserve at all, whatever else says so */

/* What may be done to get it. */
#define __GFP_IO             0x40u    /* may start I/O */
#define __GFP_FS             0x80u    /* may call into a file system */
#define __GFP_DIRECT_RECLAIM 0x400u   /* may reclaim itself, and so sleep */
#define __GFP_KSWAPD_RECLAIM 0x800u   /* may wake kswapd */
#define __GFP_RETRY_MAYFAIL  0x4000u  /* tries hard, but calls no OOM killer */
#define __GFP_NOFAIL         0x8000u  /* never NULL: tries for ever */
#define __GFP_NORETRY        0x10000u /* one light round of reclaim, then NULL */

/* Besides. */
#define __GFP_ZERO     0x100u  /* cleared */
#define __GFP_NOWARN   0x2000u /* a failure is not worth a line in the log */
#define __GFP_COMP     0x40000u /* a compound page: the order is known from the head; always so here */
#define __GFP_HARDWALL 0x100000u /* within the cpuset; none yet */

#define __GFP_RECLAIM  (__GFP_DIRECT_RECLAIM | __GFP_KSWAPD_RECLAIM)

#define GFP_ATOMIC     (__GFP_HIGH | __GFP_ATOMIC | __GFP_KSWAPD_RECLAIM)
#define GFP_KERNEL     (__GFP_RECLAIM | __GFP_IO | __GFP_FS)
#define GFP_NOWAIT     __GFP_KSWAPD_RECLAIM
#define GFP_NOIO       __GFP_RECLAIM
#define GFP_NOFS       (__GFP_RECLAIM | __GFP_IO)
#define GFP_USER       (GFP_KERNEL | __GFP_HARDWALL)
#define GFP_DMA        __GFP_DMA
#define GFP_DMA32      __GFP_DMA32

struct seqbuf;

void gfp_print(struct seqbuf *s, gfp_t gfp);
int gfp_parse(const char *text, gfp_t *gfp);

#endif
