/*
 * mm/pageblock.h - pages that stay, pages that can be moved, and pages that can be dropped: apart.
 */
#ifndef MM_PAGEBLOCK_H
#define MM_PAGEBLOCK_H

#include "mm/zone.h"

struct memblock;
struct seqbuf;

#define PAGEBLOCK_ORDER 9 /* 2 MiB, as Linux has it on x86-64: the size of a large page */
#define PAGEBLOCK_PAGES (1UL << PAGEBLOCK_ORDER)
#define PAGEBLOCK_NONE  0xff /* no descriptors here: pfn_valid() says no */

/*
 * By pfn / PAGEBLOCK_PAGES, nr_pageblocks entries: enum migrate_type, or PAGEBLOCK_NONE. Read without
 * a lock; a type is changed under the lock of a zone that has pages in the block.
 */
extern uint8_t *pageblock_map;
extern unsigned long nr_pageblocks;

/* All is one kind: there is too little memory to keep anything apart. Fixed at boot. */
extern bool page_group_by_mobility_disabled;

/* The block of a descriptor; any pointer has one, nr_pageblocks or more if it is no descriptor. */
static inline unsigned long pageblock_of(const struct page *page)
{
    return ((uintptr_t)page - (uintptr_t)vmemmap) / (PAGEBLOCK_PAGES * sizeof(struct page));
}

/* @page has a descriptor. */
static inline enum migrate_type pageblock_type(const struct page *page)
{
    return (enum migrate_type)READ_ONCE(pageblock_map[pageblock_of(page)]);
}

const char *migrate_type_name(enum migrate_type type);
void pageblock_set_type(const struct page *page, unsigned order, enum migrate_type type);
void pageblock_init(struct memblock *mb);
void pagetypeinfo_show(struct seqbuf *s);

#endif
