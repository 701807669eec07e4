/*
 * mm/page_alloc_internal.h - a request on its way through the allocator.
 */
#ifndef MM_PAGE_ALLOC_INTERNAL_H
#define MM_PAGE_ALLOC_INTERNAL_H

#include "mm/node.h"
#include "mm/page_alloc.h"

/* What was asked for, and what follows from it; doesn't change on the way. */
struct alloc_context {
    gfp_t gfp;
    unsigned order;
    int nid; /* as near to it as possible */
    const struct zonelist *list;
    enum zone_type highest; /* zones above it are not asked */
    struct zone *preferred; /* the first that is, NULL if there is none */
    struct seqbuf *explain; /* where each step is told, NULL: nowhere */
};

/* What came of asking a zone. */
enum alloc_verdict {
    ZONE_SERVED,
    ZONE_ABOVE,      /* not asked: it lies above the zones that the flags allow */
    ZONE_EMPTY,      /* it has no memory at all */
    ZONE_BELOW_MARK, /* mm/watermark.h's three */
    ZONE_RESERVED,
    ZONE_FRAGMENTED,
    ZONE_RACED, /* it looked good, and another CPU was faster */
};

void alloc_context_init(struct alloc_context *ac, int nid, gfp_t gfp, unsigned order);

/* A block of @zone, or NULL; counted as served to a request that liked ac->preferred best. */
struct page *rmqueue(const struct alloc_context *ac, struct zone *zone);

/* A block of @zone past all CPUs' lists, or NULL; not counted. Context: any but under a zone's lock. */
struct page *take_from_buddy(struct zone *zone, unsigned order, enum migrate_type type);

/* One walk along the list: the first zone that may serve by @alloc_flags and has a block does. */
struct page *get_page_from_list(const struct alloc_context *ac, unsigned alloc_flags);
/* All the passes, after a walk with the low marks found nothing. */
struct page *alloc_pages_slow(struct alloc_context *ac);

/* Tell what came of asking @zone, to the trace and to ac->explain. mm/explain.c. */
void alloc_note(const struct alloc_context *ac, const struct zone *zone, unsigned alloc_flags,
                enum alloc_verdict verdict);
/* The same for a step that is no walk, such as "kswapd is woken". */
void alloc_note_step(const struct alloc_context *ac, const char *text);

#endif
