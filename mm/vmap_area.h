/*
 * mm/vmap_area.h - areas of the vmalloc space: where things are mapped.
 */
#ifndef MM_VMAP_AREA_H
#define MM_VMAP_AREA_H

#include "mm/kasan.h"
#include "mm/vmap_space.h"
#include <arch/stack.h>

/* Areas begin and end at multiples of it: in KASan builds each has pages of shadow of its own. */
#define VMAP_UNIT (PAGE_SIZE * KASAN_VMALLOC_PAGES)
/* Kernel stacks (mm/kstack.c) have the space below; a gap follows the last one. */
#define VMAP_START (KSTACK_END + VMAP_UNIT)

struct vmap_stats {
    unsigned long nr_areas;   /* in use */
    unsigned long nr_lazy;    /* pages that wait for a flush, guards among them */
    unsigned long nr_flushes; /* since boot, of all CPUs */
    unsigned long nr_freed;   /* areas that were given back since boot */
    size_t largest;           /* free range, bytes */
};

struct vmap_area *vmap_area_alloc(unsigned long nr_pages, size_t used, int nid);
void vmap_area_publish(struct vmap_area *area);
struct vmap_area *vmap_area_claim(uintptr_t start, enum vmap_kind kind, const char *who);
void vmap_area_free(struct vmap_area *area);

/* Flush for what was freed: it can be used anew, and no page is kept for it. Returns how many pages of
 * the space that was. Context: may sleep. */
unsigned long vmap_purge(void);
/* When so many pages of the space are kept back, they are flushed for: Linux's lazy_max_pages(). */
unsigned long vmap_lazy_max_pages(void);
void vmap_stats_get(struct vmap_stats *stats);

/* What an area in use is: a copy. */
struct vmap_info {
    uintptr_t start, end;
    enum vmap_kind kind;
    uintptr_t caller;
    unsigned long nr_pages;
};

bool vmap_info_above(uintptr_t at, struct vmap_info *info);
bool vmap_count_nodes(const struct vmap_info *info, unsigned long *nr_pages);
bool vmap_find_page(const struct vmap_info *info, unsigned long pfn, uintptr_t *va);
/* What is kept back above @at, one range at a time. */
bool vmap_lazy_above(uintptr_t at, struct vmap_info *info);

/* Context: boot, pages can be allocated. */
void vmap_init(void);

#endif
