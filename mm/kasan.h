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
 */
#ifdef CONFIG_KASAN
#define KASAN_STACK_PAGES 1UL /* of shadow for a stack */
void kasan_init(struct memblock *mb);
bool kasan_stack_alloc(const void *stack, int nid);
void kasan_stack_free(const void *stack);
#else
#define KASAN_STACK_PAGES 0UL
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
#endif

#endif
