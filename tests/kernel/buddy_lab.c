/*
 * tests/kernel/buddy_lab.c - a zone of one MAX_ORDER block, apart from the machine's own zones.
 */
#include "tests/kernel/buddy_lab.h"
#include "kernel/ktest.h"
#include "kernel/lib/string.h"
#include "mm/buddy.h"
#include "mm/node.h"
#include "mm/page_alloc.h"

struct zone lab_zone;
struct page *lab_block;

static unsigned long block_flags; /* of the head, as the allocator left them */

static void set_up_zone(void)
{
    memset(&lab_zone, 0, sizeof(lab_zone));
    lab_zone.name = "Lab";
    lab_zone.zone_pgdat = NODE_DATA(page_to_nid(lab_block));
    lab_zone.zone_start_pfn = page_to_pfn(lab_block);
    lab_zone.spanned_pages = LAB_PAGES;
    lab_zone.present_pages = LAB_PAGES;
    spin_lock_init(&lab_zone.lock, "lab", LOCK_ZONE);
    for (unsigned order = 0; order < MAX_ORDER; order++) {
        for (int type = 0; type < MIGRATE_TYPES; type++)
            list_init(&lab_zone.free_area[order].free_list[type]);
    }
    pageblock_set_type(lab_block, MAX_ORDER - 1, LAB_TYPE);
}

bool lab_open(void)
{
    lab_block = alloc_pages(GFP_KERNEL | __GFP_NOWARN, MAX_ORDER - 1);
    if (!KEXPECT(lab_block != NULL))
        return false;
    block_flags = lab_block->flags;
    lab_block->flags &= ~(PAGE_STATE_MASK | PAGE_ORDER_MASK);
    set_up_zone();
    return true;
}

void lab_close(void)
{
    unsigned long place = block_flags & ~(PAGE_STATE_MASK | PAGE_ORDER_MASK);

    for (unsigned long i = 0; i < LAB_PAGES; i++)
        lab_block[i].flags = place;
    lab_block->flags = block_flags;
    __free_pages(lab_block, MAX_ORDER - 1);
}

struct page *lab_alloc(unsigned order)
{
    struct page *page;
    unsigned long flags;

    spin_lock_irqsave(&lab_zone.lock, flags);
    page = buddy_alloc(&lab_zone, order, LAB_TYPE);
    spin_unlock_irqrestore(&lab_zone.lock, flags);
    return page;
}

void lab_free(struct page *page, unsigned order)
{
    unsigned long flags;

    spin_lock_irqsave(&lab_zone.lock, flags);
    buddy_free(&lab_zone, page, order);
    spin_unlock_irqrestore(&lab_zone.lock, flags);
}

void lab_give(unsigned long first, unsigned long end)
{
    unsigned long flags, start = page_to_pfn(lab_block);

    spin_lock_irqsave(&lab_zone.lock, flags);
    buddy_give(&lab_zone, start + first, start + end);
    spin_unlock_irqrestore(&lab_zone.lock, flags);
}

int lab_verify(void)
{
    unsigned long flags;
    int errors;

    spin_lock_irqsave(&lab_zone.lock, flags);
    errors = buddy_verify(&lab_zone);
    spin_unlock_irqrestore(&lab_zone.lock, flags);
    return errors;
}

unsigned long lab_nr_free(unsigned order)
{
    return lab_zone.free_area[order].nr_free;
}
