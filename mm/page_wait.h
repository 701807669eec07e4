/*
 * mm/page_wait.h - the lock of one page, PAGE_LOCKED, for which threads sleep.
 *
 * Whoever has it fills the page, writes it back, or takes it from its file; page->mapping doesn't change
 * meanwhile. It belongs to no thread: another one may unlock it.
 */
#ifndef MM_PAGE_WAIT_H
#define MM_PAGE_WAIT_H

#include "mm/page.h"

static inline bool trylock_page(struct page *page)
{
    return !page_flag_test_and_set(page, PAGE_LOCKED);
}

/* The caller has a reference to @page. Context: may sleep. */
void lock_page(struct page *page);
void unlock_page(struct page *page);

#endif
