/*
 * mm/page_alloc.h - pages for everyone.
 */
#ifndef MM_PAGE_ALLOC_H
#define MM_PAGE_ALLOC_H

#include "mm/gfp.h"
#include "mm/page.h"

struct page *alloc_pages(gfp_t gfp, unsigned order);
struct page *alloc_pages_node(int nid, gfp_t gfp, unsigned order);
unsigned long __get_free_pages(gfp_t gfp, unsigned order);
void __free_pages(struct page *page, unsigned order);
void free_pages(unsigned long addr, unsigned order);

#endif
