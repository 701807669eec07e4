/*
 * mm/page_check.h - mistakes of those who use pages: found on free always, in debug builds also
 * writes after free and who allocated what.
 */
#ifndef MM_PAGE_CHECK_H
#define MM_PAGE_CHECK_H

#include "mm/page.h"
#include "mm/vmemmap.h"

/*
 * page_find_head - the head of the block that holds @pfn and is in one of @states (PAGE_FREE, PAGE_PCP,
 * PAGE_ALLOCATED), or NULL. Context: any; a snapshot. @pfn has a descriptor.
 */
const struct page *page_find_head(unsigned long pfn, unsigned long states);
void page_report_bad_free(const struct page *page, unsigned order);

/* Is @page, which has a descriptor, the head of an allocated block of this order with one user? */
static __always_inline bool page_head_ok(const struct page *page, unsigned order)
{
    return ((page->flags ^ (PAGE_ALLOCATED | order)) &
            (PAGE_STATE_MASK | PAGE_ORDER_MASK | PAGE_OWNER_MASK)) == 0 &&
           page->refcount == 1;
}

/*
 * page_free_ok - may this block be freed with this order?
 *
 * True if @page is the head of an allocated block of 2^@order pages with one user, which has taken its
 * marks (PAGE_OWNER_MASK) off. Else the mistake is reported, and the block stays as it is.
 */
static inline bool page_free_ok(const struct page *page, unsigned order)
{
    if (likely(pfn_valid(page_to_pfn(page)) && order < MAX_ORDER && page_head_ok(page, order)))
        return true;
    page_report_bad_free(page, order);
    return false;
}

#ifdef CONFIG_DEBUG
/* Fill a block that is being freed, and remember that it was filled. */
void page_poison(struct page *page, unsigned order);
/* A block is being allocated by @pc: report bytes that changed since, and note the new owner. */
void page_check_poison(struct page *page, unsigned order, uintptr_t pc);
#else
static inline void page_poison(struct page *page, unsigned order)
{
    (void)page;
    (void)order;
}

static inline void page_check_poison(struct page *page, unsigned order, uintptr_t pc)
{
    (void)page;
    (void)order;
    (void)pc;
}
#endif

#endif
