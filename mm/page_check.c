/*
 * mm/page_check.c - mistakes of those who use pages.
 *
 * THEORY
 *
 * Only the head of a block carries a state (mm/page.h), so one comparison in page_free_ok() sees
 * every wrong free; the search for what exactly is wrong happens here, on the slow path. The price
 * in every build: 13 instructions a free, whatever the order.
 *
 * Debug builds also fill free pages with 0xaa and look, when the page is handed out again, whether
 * somebody wrote meanwhile; and they keep in the head who asked for the block, with which order, on
 * which CPU. Pages that boot gave have never been filled, so each descriptor says whether its page
 * is.
 *
 * LOCKING  The caller owns the block.
 */
#include "mm/page_check.h"
#include "kernel/bug.h"
#include "kernel/cpu.h"
#include "kernel/ksyms.h"
#include "kernel/lib/string.h"
#include "mm/zone.h"

/* page_find_head - contract in the header. */
const struct page *page_find_head(unsigned long pfn, unsigned long states)
{
    for (unsigned order = 0; order < MAX_ORDER; order++) {
        unsigned long head_pfn = pfn >> order << order;
        const struct page *head = pfn_to_page(head_pfn);

        if ((READ_ONCE(head->flags) & states) && head_pfn + (1UL << page_order(head)) > pfn)
            return head;
    }
    return NULL;
}

/* Report with what every such sentence needs: pfn, node, zone, order. */
static void report(const struct page *page, unsigned order, const char *what, unsigned detail)
{
    report_bug("bad free of pfn 0x%lx (node %d, zone %s, order %u): %s %u", page_to_pfn(page),
               page_to_nid(page), zone_name((enum zone_type)page_zonenum(page)), order, what,
               detail);
}

/*
 * page_report_bad_free - say what is wrong with freeing @page with @order.
 *
 * Context: page_free_ok() said no. @page may be any pointer.
 */
void page_report_bad_free(const struct page *page, unsigned order)
{
    unsigned long pfn = page_to_pfn(page);
    const struct page *head;

    if (!pfn_valid(pfn)) {
        report_bug("bad free of pfn 0x%lx (order %u): no memory of any node is there", pfn, order);
        return;
    }
    if (page_zonenum(page) == ZONE_DEVICE) {
        report(page, order, "a device's memory, never allocated, flags",
               (unsigned)(page->flags & PAGE_STATE_MASK));
        return;
    }
    if (page->flags & PAGE_RESERVED) {
        report(page, order, page->flags & PAGE_HOLE ? "not RAM, flags" : "reserved at boot, flags",
               (unsigned)(page->flags & (PAGE_STATE_MASK | PAGE_ORDER_MASK)));
        return;
    }
    head = page_find_head(pfn, PAGE_FREE);
    if (head) {
        report(page, order, "double free, it lies in a free block of order", page_order(head));
        return;
    }
    head = page_find_head(pfn, PAGE_PCP);
    if (head) {
        report(page, order, "double free, it lies in a CPU's list, in a block of order",
               page_order(head));
        return;
    }
    head = page_find_head(pfn, PAGE_ALLOCATED);
    if (head && head != page)
        report(page, order, "not the first page of its block, which has order", page_order(head));
    else if (head && page_order(head) != order)
        report(page, order, "wrong order, it was allocated with order", page_order(head));
    else if (page->flags & PAGE_OWNER_MASK)
        report(page, order, "its owner still uses it, flags",
               (unsigned)(page->flags & PAGE_OWNER_MASK));
    else
        report(page, order, "its reference count is not 1 but", page->refcount);
}

#ifdef CONFIG_DEBUG
#define POISON_BYTE 0xaa /* alternating bits: neither a small number nor a likely pointer */
#define POISON_WORD 0xaaaaaaaaaaaaaaaaUL

void page_poison(struct page *page, unsigned order)
{
    memset(page_address(page), POISON_BYTE, PAGE_SIZE << order);
    for (unsigned i = 0; i < 1U << order; i++)
        page[i].poisoned = true;
}

/* The first word of the page that is not poison, or NULL. */
static const unsigned long *find_change(const struct page *page)
{
    const unsigned long *word = page_address(page);

    for (unsigned i = 0; i < PAGE_SIZE / sizeof(*word); i++) {
        if (word[i] != POISON_WORD)
            return &word[i];
    }
    return NULL;
}

static void check_one(struct page *page, const struct page *last_owner)
{
    const unsigned long *word;
    const char *owner;

    if (!page->poisoned)
        return;
    page->poisoned = false;
    word = find_change(page);
    if (!word)
        return;
    owner = ksym_lookup(last_owner->owner_pc, NULL, NULL);
    report_bug(
        "write after free: pfn 0x%lx (node %d) offset 0x%lx is 0x%lx, expected poison 0x%lx; "
        "last allocated with order %u on CPU %d by %s",
        page_to_pfn(page), page_to_nid(page), (uintptr_t)word & (PAGE_SIZE - 1), *word, POISON_WORD,
        last_owner->owner_order, last_owner->owner_cpu, owner ? owner : "an unknown function");
}

void page_check_poison(struct page *page, unsigned order, uintptr_t pc)
{
    for (unsigned i = 0; i < 1U << order; i++)
        check_one(&page[i], page[i].owner_pc ? &page[i] : page);
    page->owner_order = (uint8_t)order;
    page->owner_cpu = (int16_t)this_cpu();
    page->owner_pc = pc;
}
#endif
