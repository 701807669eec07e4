/*
 * mm/page_wait.c - the lock of one page, PAGE_LOCKED, for which threads sleep.
 *
 * THEORY
 *
 * A page that is being read is waited for by few, and seldom; a wait queue in every descriptor would be
 * memory for nothing. So each node has a few queues, and a page's is chosen by its number. Who is woken
 * for another page of that queue looks, and sleeps again.
 *
 * LOCKING  The flag is changed by atomic operations, each a full barrier: unlock_page() clears it and
 *          then looks for waiters, a waiter is in the queue and then looks at the flag, so one of them
 *          sees the other. Nobody holds a spinlock when he waits.
 */
#include "mm/page_wait.h"
#include "kernel/bug.h"
#include "mm/node.h"

static struct wait_queue_head *queue_of(const struct page *page)
{
    return &NODE_DATA(page_to_nid(page))->page_wait[page_to_pfn(page) % NR_PAGE_WAIT_QUEUES];
}

/* lock_page - contract in the header. */
void lock_page(struct page *page)
{
    if (unlikely(!trylock_page(page)))
        wait_event(queue_of(page), trylock_page(page));
}

/* unlock_page - contract in the header. Context: any. */
void unlock_page(struct page *page)
{
    bool was_locked = page_flag_test_and_clear(page, PAGE_LOCKED);

    BUG_ON(!was_locked);
    if (unlikely(!wait_queue_empty(queue_of(page))))
        wake_up_all(queue_of(page));
}
