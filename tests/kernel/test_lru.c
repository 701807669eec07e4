/*
 * tests/kernel/test_lru.c - which pages reclaim takes, and which it leaves.
 */
#include "kernel/ktest.h"
#include "mm/lru.h"
#include "mm/page_ref.h"
#include "mm/page_wait.h"
#include "mm/reclaim_internal.h"
#include "mm/vmscan.h"
#include "tests/kernel/cache_helpers.h"

static struct test_file file;

static unsigned long total(enum node_stat_item item)
{
    return global_node_page_state(item);
}

/* A list with a wrong count makes reclaim look for pages that aren't there, or miss some. */
static void expect_lists_are_sound(void)
{
    int nid;

    for_each_node (nid)
        KEXPECT_EQ(0, lru_verify(NODE_DATA(nid)));
    KEXPECT(nothing_is_isolated());
}

/* A file that is read through once must not push out what is used again and again. */
KTEST(lru, page_read_once_is_inactive)
{
    test_file_init(&file, 8, false);
    test_file_read(&file, 0, 8);
    KEXPECT_EQ(8, total(NR_INACTIVE_FILE));
    KEXPECT_EQ(0, total(NR_ACTIVE_FILE));
    KEXPECT_EQ(8, total(NR_FILE_PAGES));
    expect_lists_are_sound();
    address_space_drop(&file.mapping);
    KEXPECT_EQ(0, total(NR_INACTIVE_FILE));
    KEXPECT_EQ(0, total(NR_FILE_PAGES));
}

/* The rule that makes a cache of a heap of pages. */
KTEST(lru, page_used_twice_becomes_active)
{
    test_file_init(&file, 8, false);
    for (int round = 0; round < 3; round++) {
        test_file_check(&file, 3);
        test_file_check(&file, 5);
    }
    KEXPECT_EQ(2, total(NR_ACTIVE_FILE));
    KEXPECT_EQ(0, total(NR_INACTIVE_FILE));
    expect_lists_are_sound();
    address_space_drop(&file.mapping);
}

/* Who reads a page in many small pieces uses it once. */
KTEST(lru, small_pieces_are_one_use)
{
    unsigned char byte;

    test_file_init(&file, 1, false);
    for (unsigned pos = 0; pos < PAGE_SIZE; pos += 100)
        filemap_read(&file.mapping, pos, &byte, 1);
    KEXPECT_EQ(1, total(NR_INACTIVE_FILE));
    KEXPECT_EQ(1, reclaim_all_once()); /* and has no second chance */
    address_space_drop(&file.mapping);
}

/* Second chance: what was used since the last look stays once, and goes if it isn't used again. */
KTEST(lru, referenced_page_survives_one_round)
{
    test_file_init(&file, 8, false);
    test_file_read(&file, 0, 8);
    test_file_check(&file, 2);
    test_file_check(&file, 6);
    KEXPECT_EQ(6, reclaim_all_once());
    KEXPECT(test_file_node_of(&file, 2) >= 0);
    KEXPECT(test_file_node_of(&file, 6) >= 0);
    KEXPECT_EQ(2, reclaim_all_once());
    KEXPECT_EQ(0, file.mapping.nr_pages);
    expect_lists_are_sound();
}

/* Active pages are looked at when they are more than the inactive ones; unused, they become those. */
KTEST(lru, active_page_that_is_not_used_ages)
{
    test_file_init(&file, 4, false);
    for (int round = 0; round < 3; round++)
        test_file_read(&file, 0, 4);
    KEXPECT_EQ(4, total(NR_ACTIVE_FILE));
    reclaim_all_once();
    reclaim_all_once();
    reclaim_all_once();
    KEXPECT_EQ(0, total(NR_FILE_PAGES));
    expect_lists_are_sound();
}

/* What is dropped must come back as it was. */
KTEST(lru, dropped_page_is_read_again)
{
    test_file_init(&file, 10, false);
    KEXPECT(test_file_read(&file, 0, 10));
    KEXPECT_EQ(10, reclaim_all_once());
    KEXPECT(test_file_read(&file, 0, 10));
    KEXPECT_EQ(20, file.nr_reads);
    address_space_drop(&file.mapping);
}

/* Bytes that are nowhere else are lost for ever if they aren't written first. */
KTEST(lru, dirty_page_is_written_before_it_is_dropped)
{
    test_file_init(&file, 4, true);
    KASSERT(test_file_read(&file, 0, 4));
    KEXPECT(test_file_change(&file, 1));
    KEXPECT_EQ(1, total(NR_FILE_DIRTY));
    KEXPECT_EQ(4, reclaim_all_once());
    KEXPECT_EQ(1, file.nr_writes);
    KEXPECT_EQ(0, total(NR_FILE_DIRTY));
    KEXPECT_EQ(1, file.version[1]);
    KEXPECT(test_file_read(&file, 0, 4));
    address_space_drop(&file.mapping);
}

/* A disk that refuses is no reason to lose what was to be written. */
KTEST(lru, page_whose_writing_fails_stays_dirty)
{
    test_file_init(&file, 1, true);
    KEXPECT(test_file_change(&file, 0));
    file.fail_writes = true;
    KEXPECT_EQ(0, reclaim_all_once());
    KEXPECT_EQ(1, total(NR_FILE_DIRTY));
    KEXPECT_EQ(0, total(NR_WRITEBACK));
    file.fail_writes = false;
    KEXPECT_EQ(1, reclaim_all_once());
    KEXPECT_EQ(1, file.version[0]);
}

/* A file that goes away takes its dirty pages along; the count must follow. */
KTEST(lru, dropped_file_leaves_no_dirty_pages_behind)
{
    test_file_init(&file, 2, true);
    KEXPECT(test_file_change(&file, 0));
    KEXPECT(test_file_change(&file, 1));
    address_space_drop(&file.mapping);
    KEXPECT_EQ(0, total(NR_FILE_DIRTY));
    KEXPECT_EQ(0, file.nr_writes);
}

/* Reclaim that waits for a page that is being read may wait for the memory that it should get. */
KTEST(lru, locked_page_is_passed_over)
{
    struct page *page;

    test_file_init(&file, 1, false);
    KASSERT_EQ(0, filemap_get_page(&file.mapping, 0, &page));
    KASSERT(trylock_page(page));
    put_page(page); /* the tree's reference is left */
    KEXPECT_EQ(0, reclaim_all_once());
    unlock_page(page);
    KEXPECT_EQ(1, reclaim_all_once());
}

/* A request for low memory gains nothing from pages of high zones. */
KTEST(lru, pages_of_higher_zones_are_left_alone)
{
    struct list_head pages;
    struct page *page;
    int zone;

    test_file_init(&file, 1, false);
    KASSERT_EQ(0, filemap_get_page(&file.mapping, 0, &page));
    zone = page_zonenum(page);
    list_init(&pages);
    if (zone > 0) {
        KEXPECT_EQ(0, lru_isolate(NODE_DATA(page_to_nid(page)), LRU_INACTIVE_FILE, 32,
                                  (enum zone_type)(zone - 1), &pages));
        KEXPECT_EQ(1, lru_size(&NODE_DATA(page_to_nid(page))->lruvec, LRU_INACTIVE_FILE,
                               (enum zone_type)zone));
    }
    KEXPECT_EQ(1, lru_isolate(NODE_DATA(page_to_nid(page)), LRU_INACTIVE_FILE, 32,
                              (enum zone_type)zone, &pages));
    list_del(&page->lru);
    lru_putback(page);
    put_page(page);
    expect_lists_are_sound();
    address_space_drop(&file.mapping);
}

/* The user's own way to see what is cache: after this, what is left is not. */
KTEST(lru, drop_caches_drops_clean_pages_used_or_not)
{
    unsigned long before = vm_event_sum(DROP_PAGECACHE);

    test_file_init(&file, 8, true);
    for (int round = 0; round < 3; round++)
        test_file_read(&file, 0, 8);
    KEXPECT(test_file_change(&file, 7));
    KEXPECT_EQ(0, drop_caches_store("1\n", 2));
    KEXPECT_EQ(1, total(NR_FILE_PAGES)); /* the dirty one */
    KEXPECT_EQ(0, file.nr_writes);
    KEXPECT_EQ(before + 1, vm_event_sum(DROP_PAGECACHE));
    KEXPECT(drop_caches_store("0", 1) < 0);
    KEXPECT(drop_caches_store("pages", 5) < 0);
    address_space_drop(&file.mapping);
}
