/*
 * mm/lru.c - which pages were used lately, and which were not.
 *
 * THEORY
 *
 * A page that can be had again from elsewhere, such as one of a file, is in one of two lists of its node.
 * New ones come to the head of the inactive list and wander to its tail, where reclaim takes them.
 *
 *                 second use                          head            tail
 *              +-------------------------------> active  [ ] [R] [ ] [ ]
 *              |                                                      |  not used since: inactive again
 *              |                                                      v  used (R): to the head once more
 *     read -> inactive  [ ] [ ] [R] [ ] [ ] [R] -> reclaim looks at it:
 *                                                  not used: is dropped
 *                                                  used (R): R is cleared, to the head once more
 *
 * So a page that is read once, as in a file that is copied from its beginning to its end, goes through the
 * inactive list and out, whatever else happens; one that was used (PAGE_REFERENCED) since reclaim last
 * looked gets a second chance; and one that was used twice before reclaim looked at it at all is active,
 * and reclaim looks at active pages only when there are more of them than inactive ones.
 *
 * Each node has lists and a lock of its own: reclaim for one node touches no other's.
 *
 * Membership costs no reference. Reclaim *isolates* a page, takes it off its list with a reference, so
 * that it can look at it without the lock; then the page is dropped, or put back. A page whose last
 * reference is put is taken off its list and freed (page_release()).
 *
 * INVARIANTS
 *   L1  PAGE_LRU is set exactly while the page is in a list of its node; PAGE_ACTIVE then says in which.
 *   L2  lruvec.nr and nr_inactive_file, nr_active_file are the numbers of pages in the lists.
 *
 * LOCKING  lruvec.lock for the lists, L1 and L2; it is never held for more than LOOK_MAX pages. A page
 *          whose count fell to 0 may still be found in its list; get_page_unless_zero() keeps reclaim
 *          from it, and page_release() waits for the lock.
 * UNITS    Pages. Only single pages are in lists.
 */
#include "mm/lru.h"
#include "mm/page_alloc.h"
#include "mm/page_ref.h"

#define LOOK_MAX                                                                                   \
    1024 /* pages that one isolation looks at to find those of the zones that it wants */

static struct lruvec *lruvec_of(const struct page *page)
{
    return &NODE_DATA(page_to_nid(page))->lruvec;
}

static enum lru_list list_of(const struct page *page)
{
    return page_flag_test(page, PAGE_ACTIVE) ? LRU_ACTIVE_FILE : LRU_INACTIVE_FILE;
}

/* The count of @page's list goes by @delta. */
static void account(struct lruvec *lruvec, const struct page *page, long delta)
    __must_hold(lruvec->lock)
{
    enum lru_list list = list_of(page);

    lruvec->nr[list][page_zonenum(page)] += (unsigned long)delta;
    mod_node_page_state(page_to_nid(page),
                        list == LRU_ACTIVE_FILE ? NR_ACTIVE_FILE : NR_INACTIVE_FILE, delta);
}

/* To the head of the list that PAGE_ACTIVE names. */
static void insert(struct lruvec *lruvec, struct page *page) __must_hold(lruvec->lock)
{
    BUG_ON(page_flag_test_and_set(page, PAGE_LRU)); /* L1 */
    list_add(&page->lru, &lruvec->lists[list_of(page)]);
    account(lruvec, page, 1);
}

static void take_off(struct lruvec *lruvec, struct page *page) __must_hold(lruvec->lock)
{
    BUG_ON(!page_flag_test_and_clear(page, PAGE_LRU)); /* L1 */
    list_del(&page->lru);
    account(lruvec, page, -1);
}

/* lru_add - @page, which is new in the cache, becomes inactive. Context: a thread, or under LOCK_MAPPING. */
void lru_add(struct page *page)
{
    struct lruvec *lruvec = lruvec_of(page);

    spin_lock(&lruvec->lock);
    insert(lruvec, page);
    spin_unlock(&lruvec->lock);
}

static void activate(struct page *page)
{
    struct lruvec *lruvec = lruvec_of(page);

    spin_lock(&lruvec->lock);
    if (page_flag_test(page, PAGE_LRU) && !page_flag_test(page, PAGE_ACTIVE)) {
        take_off(lruvec, page);
        page_flag_set(page, PAGE_ACTIVE);
        page_flag_clear(page, PAGE_REFERENCED);
        insert(lruvec, page);
        count_vm_event(PGACTIVATE);
    }
    spin_unlock(&lruvec->lock);
}

/* lru_mark_accessed - @page, to which the caller has a reference, is used. */
void lru_mark_accessed(struct page *page)
{
    if (!page_flag_test(page, PAGE_REFERENCED))
        page_flag_set(page, PAGE_REFERENCED);
    else if (!page_flag_test(page, PAGE_ACTIVE))
        activate(page);
}

/* lru_size - pages in @list of zones up to @highest. A snapshot. */
unsigned long lru_size(struct lruvec *lruvec, enum lru_list list, enum zone_type highest)
{
    unsigned long nr = 0;

    for (int i = 0; i <= (int)highest && i < MAX_NR_ZONES; i++)
        nr += READ_ONCE(lruvec->nr[list][i]);
    return nr;
}

/*
 * lru_isolate - up to @nr pages from the tail of @list go to @to, each with a reference.
 *
 * @highest  pages of higher zones are passed over: they go to the head, so that the next call finds
 *           others.
 *
 * Returns how many. They are counted as nr_isolated_file; each goes back by lru_putback(), or the caller
 * lowers that count. Context: a thread, no lock of rank LOCK_LRU or below held.
 */
unsigned long lru_isolate(pg_data_t *pgdat, enum lru_list list, unsigned long nr,
                          enum zone_type highest, struct list_head *to)
{
    struct lruvec *lruvec = &pgdat->lruvec;
    struct list_head *from = &lruvec->lists[list];
    unsigned long taken = 0, left;

    spin_lock(&lruvec->lock);
    left = min(lru_size(lruvec, list, MAX_NR_ZONES - 1), (unsigned long)LOOK_MAX);
    for (; left > 0 && taken < nr; left--) {
        struct page *page = list_last_entry(from, struct page, lru);

        if (page_zonenum(page) > (int)highest || !get_page_unless_zero(page)) {
            list_del(&page->lru);
            list_add(&page->lru, from);
            continue;
        }
        take_off(lruvec, page);
        list_add_tail(&page->lru, to);
        taken++;
    }
    spin_unlock(&lruvec->lock);
    mod_node_page_state(pgdat->node_id, NR_ISOLATED_FILE, (long)taken);
    return taken;
}

/*
 * lru_putback - an isolated page, which is in no list, goes to the head of the list that PAGE_ACTIVE
 * names; its reference is put. Context: as lru_isolate().
 */
void lru_putback(struct page *page)
{
    struct lruvec *lruvec = lruvec_of(page);

    spin_lock(&lruvec->lock);
    insert(lruvec, page);
    spin_unlock(&lruvec->lock);
    mod_node_page_state(page_to_nid(page), NR_ISOLATED_FILE, -1);
    put_page(page);
}

/*
 * lru_age_active - look at up to @nr pages at the tail of the active list: those that were used go to its
 * head, the others become inactive.
 *
 * Returns at how many it looked. Context: as lru_isolate().
 */
unsigned long lru_age_active(pg_data_t *pgdat, unsigned long nr, enum zone_type highest)
{
    struct page *page, *next;
    struct list_head pages;
    unsigned long looked;

    list_init(&pages);
    looked = lru_isolate(pgdat, LRU_ACTIVE_FILE, nr, highest, &pages);
    list_for_each_entry_safe (page, next, &pages, lru) {
        list_del(&page->lru);
        if (!page_flag_test_and_clear(page, PAGE_REFERENCED)) {
            page_flag_clear(page, PAGE_ACTIVE);
            count_vm_event(PGDEACTIVATE);
        }
        lru_putback(page);
    }
    count_vm_events(PGREFILL, looked);
    return looked;
}

/* page_release - contract in mm/page_ref.h. */
void page_release(struct page *page)
{
    struct lruvec *lruvec = lruvec_of(page);

    if (page_flag_test(page, PAGE_LRU)) {
        spin_lock(&lruvec->lock);
        take_off(lruvec, page);
        spin_unlock(&lruvec->lock);
    }
    page_flag_clear(page, PAGE_OWNER_MASK);
    page_ref_unfreeze(page, 1); /* the one that __free_pages() expects */
    __free_pages(page, page_order(page));
}

/*
 * lru_get_page - a reference to @page, which has a descriptor, if it is in a list; else false.
 *
 * Under the lock a page in a list has its file's reference, or is about to be taken off by who has put
 * the last one. Context: a thread; takes the lock of the page's node.
 */
bool lru_get_page(struct page *page)
{
    struct lruvec *lruvec = &NODE_DATA(page_to_nid(page))->lruvec;
    bool got;

    spin_lock(&lruvec->lock);
    got = page_flag_test(page, PAGE_LRU) && get_page_unless_zero(page);
    spin_unlock(&lruvec->lock);
    return got;
}

/* A list's entries against its counts. */
static int verify_list(const struct lruvec *lruvec, int list) __must_hold(lruvec->lock)
{
    unsigned long nr[MAX_NR_ZONES] = {0};
    const struct page *page;
    int wrong = 0;

    list_for_each_entry (page, &lruvec->lists[list], lru) {
        nr[page_zonenum(page)]++;
        wrong += lruvec_of(page) != lruvec || !page_flag_test(page, PAGE_LRU) ||
                 (int)list_of(page) != list; /* L1 */
    }
    for (int i = 0; i < MAX_NR_ZONES; i++)
        wrong += nr[i] != lruvec->nr[list][i]; /* L2 */
    return wrong;
}

/* lru_verify - how often L1 and L2 are broken in @pgdat. O(pages in its lists), under the lock. */
int lru_verify(pg_data_t *pgdat)
{
    int wrong = 0;

    spin_lock(&pgdat->lruvec.lock);
    for (int list = 0; list < NR_LRU_LISTS; list++)
        wrong += verify_list(&pgdat->lruvec, list);
    spin_unlock(&pgdat->lruvec.lock);
    return wrong;
}
