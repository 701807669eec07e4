/*
 * mm/kasan.h - the shadow of memory in KASan builds; nothing in others.
 */
#ifndef MM_KASAN_H
#define MM_KASAN_H

#include "kernel/kasan.h"
#include "mm/memblock.h"
#include "mm/page.h"

/* 2^@order pages from @page on are handed out; @nr pages from @page on are free. */
static inline void kasan_unpoison_pages(const struct page *page, unsigned order)
{
    kasan_unpoison(page_address(page), PAGE_SIZE << order);
}

static inline void kasan_poison_pages(const struct page *page, unsigned long nr)
{
    kasan_poison(page_address(page), nr * PAGE_SIZE, KASAN_PAGE_FREE);
}

/*
 * kasan_init - shadow for all RAM of @mb, from the node that has the RAM; then checks begin.
 * kasan_stack_alloc - shadow for the stack at @stack (mm/kstack.c), from node @nid if there is room;
 *                     false without memory.
 * kasan_stack_free - give it back: the stack is not touched any more.
 *
 * Of areas of the vmalloc space (mm/vmap_area.c), [start, start + size), multiples of KASAN_VMALLOC_PAGES:
 *
 * kasan_vmalloc_map - shadow, from node @nid if there is room: the first @used bytes may be touched. False
 *                     without memory; a part may be there, for kasan_vmalloc_unmap(). May sleep.
 * kasan_vmalloc_poison - nothing there may be touched any more.
 * kasan_vmalloc_unmap - take the shadow away; its pages go to the list @pages, by lru,
 * kasan_vmalloc_prune - and tables for it to *@tables, as by vm_prune(): all of the range has none;
 * kasan_vmalloc_free - both are free, once all TLBs were flushed.
 */
#ifdef CONFIG_KASAN
#define KASAN_STACK_PAGES   1UL /* of shadow for a stack */
#define KASAN_VMALLOC_PAGES 8UL /* that a page of shadow speaks of: areas are multiples of it */
void kasan_init(struct memblock *mb);
bool kasan_stack_alloc(const void *stack, int nid);
void kasan_stack_free(const void *stack);
bool kasan_vmalloc_map(uintptr_t start, size_t size, size_t used, int nid);
void kasan_vmalloc_poison(uintptr_t start, size_t size);
void kasan_vmalloc_unmap(uintptr_t start, size_t size, struct list_head *pages);
void kasan_vmalloc_prune(uintptr_t start, size_t size, paddr_t *tables);
void kasan_vmalloc_free(struct list_head *pages, paddr_t tables);
#else
#define KASAN_STACK_PAGES   0UL
#define KASAN_VMALLOC_PAGES 1UL
static inline void kasan_init(struct memblock *mb)
{
    (void)mb;
}

static inline bool kasan_stack_alloc(const void *stack, int nid)
{
    (void)stack;
    (void)nid;
    return true;
}

static inline void kasan_stack_free(const void *stack)
{
    (void)stack;
}

static inline bool kasan_vmalloc_map(uintptr_t start, size_t size, size_t used, int nid)
{
    (void)start;
    (void)size;
    (void)used;
    (void)nid;
    return true;
}

static inline void kasan_vmalloc_poison(uintptr_t start, size_t size)
{
    (void)start;
    (void)size;
}

static inline void kasan_vmalloc_unmap(uintptr_t start, size_t size, struct list_head *pages)
{
    (void)start;
    (void)size;
    (void)pages;
}

static inline void kasan_vmalloc_prune(uintptr_t start, size_t size, paddr_t *tables)
{
    (void)start;
    (void)size;
    (void)tables;
}

static inline void kasan_vmalloc_free(struct list_head *pages, paddr_t tables)
{
    (void)pages;
    (void)tables;
}
#endif

#endif
