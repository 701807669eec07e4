/*
 * mm/page_alloc.h - pages for everyone.
 */
#ifndef MM_PAGE_ALLOC_H
#define MM_PAGE_ALLOC_H

#include "mm/gfp.h"
#include "mm/page.h"

/* The least order whose blocks have room for @size_bytes. */
static inline unsigned get_order(size_t size_bytes)
{
    unsigned order = 0;

    while (PAGE_SIZE << order < size_bytes)
        order++;
    return order;
}

struct page *alloc_pages(gfp_t gfp, unsigned order);
struct page *alloc_pages_node(int nid, gfp_t gfp, unsigned order);
unsigned long __get_free_pages(gfp_t gfp, unsigned order);
void __free_pages(struct page *page, unsigned order);
void free_pages(unsigned long addr, unsigned order);

#endif
