/*
 * mm/page_ref.h - pages that have several users.
 *
 * page->refcount of a block's head counts them; whoever puts the last one gives the block back. A page
 * whose count is 0 belongs to nobody: no reference to it can be had any more.
 */
#ifndef MM_PAGE_REF_H
#define MM_PAGE_REF_H

#include "kernel/bug.h"
#include "mm/page.h"

static inline unsigned page_count(const struct page *page)
{
    return READ_ONCE(page->refcount);
}

/* One more user. The caller has a reference, or what keeps somebody else's from being put. */
static inline void get_page(struct page *page)
{
    unsigned before = __atomic_fetch_add(&page->refcount, 1, __ATOMIC_RELAXED);

    DEBUG_ASSERT(before > 0);
    (void)before;
}

/* The same for a page that may be on its way back: false if it is. */
static inline bool get_page_unless_zero(struct page *page)
{
    unsigned nr = READ_ONCE(page->refcount);

    while (nr > 0 && !__atomic_compare_exchange_n(&page->refcount, &nr, nr + 1, false,
                                                  __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
        ;
    return nr > 0;
}

/* From @nr users to none, if that is how many there are: then the page is the caller's to give back. */
static inline bool page_ref_freeze(struct page *page, unsigned nr)
{
    return __atomic_compare_exchange_n(&page->refcount, &nr, 0, false, __ATOMIC_ACQUIRE,
                                       __ATOMIC_RELAXED);
}

/* Back to @nr users. */
static inline void page_ref_unfreeze(struct page *page, unsigned nr)
{
    __atomic_store_n(&page->refcount, nr, __ATOMIC_RELEASE);
}

/* The count is 0: take the page off what lists it is in, and give it back. Context: as put_page(). */
void page_release(struct page *page);

/* One user less. Context: a thread; no spinlock of rank LOCK_LRU or below is held. */
static inline void put_page(struct page *page)
{
    unsigned before = __atomic_fetch_sub(&page->refcount, 1, __ATOMIC_ACQ_REL);

    DEBUG_ASSERT(before > 0);
    if (before == 1)
        page_release(page);
}

#endif
