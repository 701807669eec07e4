/*
 * mm/page_show.c - the monitor's `pages`: where a page is, what it is, who owns it.
 *
 *     pages 0x1f385
 *
 *     pfn 0x1f385 (127877) [mem 0x000000001f385000-0x000000001f385fff]
 *     node 0, zone DMA32, in pageblock 249, unmovable
 *     allocated: page 1 of the block of order 2 at pfn 0x1f384, refcount 1, flags slab
 *     slab of cache kmalloc-256: 64 objects of 256 bytes, 40 in use or in CPUs' stacks, 24 free
 *
 * With a count the pages from there on are summed up: a line for each run of pages that are alike, which
 * are those of one zone and pageblock type of which the same can be said in a few words. The walk goes
 * from block to block, so that a free machine is told in few steps.
 *
 * Flags have the names that Linux prints. A page's state is in its block's head (mm/page.h).
 *
 * LOCKING  None: what is told may have changed by the time it is printed. mm/page_use.c follows pointers.
 * UNITS    Page frame numbers.
 */
#include "mm/page_show.h"
#include "kernel/command.h"
#include "kernel/lib/bitmap.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/parse.h"
#include "kernel/lib/string.h"
#include "kernel/sections.h"
#include "mm/memremap.h"
#include "mm/node.h"
#include "mm/page_check.h"
#include "mm/page_ref.h"
#include "mm/pageblock.h"
#include "mm/pcp.h"

#define BLOCK_STATES (PAGE_FREE | PAGE_PCP | PAGE_ALLOCATED)
#define PFN_LIMIT    (1UL << (52 - PAGE_SHIFT)) /* what x86-64 has room for in a page table entry */
#define LABEL_SIZE   96
#define MAX_RANGES   16 /* of descriptors, that are printed */

/* ---- parts of a description ---------------------------------------------------------------------- */

static const struct {
    unsigned long flag;
    const char *name;
} flag_names[] = {
    {PAGE_LOCKED, "locked"},
    {PAGE_REFERENCED, "referenced"},
    {PAGE_UPTODATE, "uptodate"},
    {PAGE_DIRTY, "dirty"},
    {PAGE_LRU, "lru"},
    {PAGE_ACTIVE, "active"},
    {PAGE_SLAB, "slab"},
    {PAGE_RESERVED, "reserved"},
    {PAGE_WRITEBACK, "writeback"},
};

/* ", flags lru|uptodate", nothing if none is set. */
static void show_flags(struct seqbuf *s, unsigned long flags)
{
    const char *before = ", flags ";

    for (size_t i = 0; i < ARRAY_SIZE(flag_names); i++) {
        if (!(flags & flag_names[i].flag))
            continue;
        seq_printf(s, "%s%s", before, flag_names[i].name);
        before = "|";
    }
}

static bool in_kernel_image(unsigned long pfn)
{
    return pfn >= virt_to_phys(__kernel_start) >> PAGE_SHIFT &&
           pfn < (virt_to_phys(__kernel_end) + PAGE_SIZE - 1) >> PAGE_SHIFT;
}

/* The range of persistent memory that the page is in, or -1. */
static int pmem_id(unsigned long pfn)
{
    const struct dev_pagemap *dev = pmem_find(pfn);
    int id = pmem_next(-1);

    while (id >= 0 && pmem_get(id) != dev)
        id = pmem_next(id);
    return id;
}

/* What a page is that is in no block. */
static void show_reserved(struct seqbuf *s, unsigned long pfn, unsigned long flags)
{
    int id = pmem_id(pfn);

    if (id >= 0)
        seq_printf(s, "persistent memory of /dev/pmem%d", id);
    else if (flags & PAGE_HOLE)
        seq_puts(s, "not RAM");
    else if (flags & PAGE_DESCRIPTOR)
        seq_puts(s, "page descriptors");
    else
        seq_puts(s, in_kernel_image(pfn) ? "the kernel's image" : "reserved at boot");
}

static const char *state_name(unsigned long flags)
{
    return flags & PAGE_FREE ? "free" : flags & PAGE_PCP ? "in a CPU's list" : "allocated";
}

/* The ranges of pfns that have descriptors, at most MAX_RANGES of them. */
static void show_described(struct seqbuf *s)
{
    unsigned long pfn = 0, end;
    unsigned nr = 0;

    for (; pfn < max_pfn; pfn = end) {
        bool valid = pfn_valid(pfn);

        for (end = pfn; end < max_pfn && pfn_valid(end) == valid; end += MAX_ORDER_PAGES)
            ;
        if (valid && nr++ < MAX_RANGES)
            seq_printf(s, " 0x%lx-0x%lx", pfn, end - 1);
    }
    if (nr > MAX_RANGES)
        seq_printf(s, " and %u more", nr - MAX_RANGES);
    seq_putc(s, '\n');
}

/* The type of the pageblock that @page, which has a descriptor, is in; "-" for a device's. */
static const char *type_name(const struct page *page)
{
    unsigned long block = pageblock_of(page);

    if (block >= nr_pageblocks || READ_ONCE(pageblock_map[block]) == PAGEBLOCK_NONE)
        return "-";
    return migrate_type_name(pageblock_type(page));
}

/* ---- one page ------------------------------------------------------------------------------------ */

static void show_place(struct seqbuf *s, const struct page *page)
{
    const char *type = type_name(page);

    seq_printf(s, "node %d, zone %s", page_to_nid(page),
               zone_name((enum zone_type)page_zonenum(page)));
    if (type[0] != '-')
        seq_printf(s, ", in pageblock %lu, %s", pageblock_of(page), type);
    seq_putc(s, '\n');
}

static void show_cpu(struct seqbuf *s, const struct page *head)
{
    int cpu = pcp_find(head);

    if (cpu >= 0)
        seq_printf(s, ", CPU %d's", cpu);
}

/* The block, and which of its pages this is. */
static void show_block(struct seqbuf *s, const struct page *head, const struct page *page)
{
    unsigned long flags = READ_ONCE(head->flags), nr = (unsigned long)(page - head);
    unsigned order = (unsigned)(flags & PAGE_ORDER_MASK);

    seq_printf(s, "%s: ", state_name(flags));
    if (nr > 0)
        seq_printf(s, "page %lu of the block of order %u at pfn 0x%lx", nr, order,
                   page_to_pfn(head));
    else
        seq_printf(s, "the head of a block of order %u", order);
    if (flags & PAGE_PCP)
        show_cpu(s, head);
    if (flags & PAGE_ALLOCATED)
        seq_printf(s, ", refcount %u", page_count(head));
    show_flags(s, flags);
    seq_putc(s, '\n');
}

static void show_state(struct seqbuf *s, struct page *page)
{
    unsigned long pfn = page_to_pfn(page), flags = READ_ONCE(page->flags);
    const struct page *found = page_find_head(pfn, BLOCK_STATES);
    struct page *head;

    if (flags & PAGE_RESERVED) {
        show_reserved(s, pfn, flags);
        show_flags(s, flags);
        seq_putc(s, '\n');
        return;
    }
    if (!found) {
        seq_puts(s, "between two states: it is being allocated or freed\n");
        return;
    }
    head = pfn_to_page(page_to_pfn(found)); /* not const */
    show_block(s, head, page);
    if (page_flag_test(head, PAGE_ALLOCATED))
        page_use_show(s, head, page);
}

/*
 * page_show - where the page @pfn is, what it is, who owns it.
 *
 * @pfn  any number; one without a descriptor is said to be so. Context: a thread, may sleep.
 */
void page_show(struct seqbuf *s, unsigned long pfn)
{
    if (!pfn_valid(pfn)) {
        seq_printf(s, "pfn 0x%lx (%lu) has no descriptor: no memory of any node is there\n", pfn,
                   pfn);
        seq_puts(s, "these have:");
        show_described(s);
        return;
    }
    seq_printf(s, "pfn 0x%lx (%lu) [mem 0x%016lx-0x%016lx]\n", pfn, pfn, pfn << PAGE_SHIFT,
               (pfn << PAGE_SHIFT) + PAGE_SIZE - 1);
    show_place(s, pfn_to_page(pfn));
    show_state(s, pfn_to_page(pfn));
}

/* ---- many pages ---------------------------------------------------------------------------------- */

/* Pages [start, end) that are alike. */
struct run {
    unsigned long start, end;
    bool described;      /* they have descriptors: */
    unsigned long place; /* page_place(), */
    const char *type;    /* and the name of their pageblocks' type */
    char label[LABEL_SIZE];
};

/* The few words that are said of a block, or of a page that is in none. */
static void label_page(struct run *run, struct page *head, unsigned long flags)
{
    struct seqbuf s;

    seqbuf_init(&s, run->label, sizeof(run->label));
    if (flags & PAGE_RESERVED)
        show_reserved(&s, run->start, flags);
    else if (flags & BLOCK_STATES)
        seq_printf(&s, "%s, order %lu", state_name(flags), flags & PAGE_ORDER_MASK);
    else
        seq_puts(&s, "being allocated or freed");
    if (flags & PAGE_ALLOCATED)
        page_use_brief(&s, head);
    seqbuf_str(&s);
}

/* From run->start on: the rest of its block, or of the pages in a row that are reserved with equal flags. */
static void find_run(struct run *run, unsigned long end)
{
    const struct page *found = page_find_head(run->start, BLOCK_STATES);
    struct page *head = pfn_to_page(found ? page_to_pfn(found) : run->start);
    unsigned long flags = READ_ONCE(head->flags), next = run->start + 1;

    run->place = flags >> PAGE_ZONE_SHIFT;
    run->type = type_name(pfn_to_page(run->start));
    label_page(run, head, flags);
    if (flags & BLOCK_STATES)
        next = max(next, page_to_pfn(head) + (1UL << (flags & PAGE_ORDER_MASK)));
    while ((flags & PAGE_RESERVED) && next < end && next % PAGEBLOCK_PAGES &&
           READ_ONCE(pfn_to_page(next)->flags) == flags &&
           in_kernel_image(next) == in_kernel_image(run->start) &&
           pmem_find(next) == pmem_find(run->start))
        next++;
    run->end = min(next, end);
}

/* The same where there may be no descriptors. */
static void find_any_run(struct run *run, unsigned long start, unsigned long end)
{
    *run = (struct run){.start = start, .described = pfn_valid(start), .type = "-"};
    if (run->described) {
        find_run(run, end);
        return;
    }
    run->end =
        start >= max_pfn ? end : min(end, ALIGN_DOWN(start, MAX_ORDER_PAGES) + MAX_ORDER_PAGES);
    strlcpy(run->label, "no descriptors", sizeof(run->label));
}

static bool alike(const struct run *a, const struct run *b)
{
    return a->described == b->described && a->place == b->place && strcmp(a->type, b->type) == 0 &&
           strcmp(a->label, b->label) == 0;
}

static void show_run(struct seqbuf *s, const struct run *run)
{
    seq_printf(s, "0x%09lx-0x%09lx %9lu ", run->start, run->end - 1, run->end - run->start);
    if (run->described)
        seq_printf(s, "%4lu %-8s", run->place >> PAGE_ZONE_BITS,
                   zone_name((enum zone_type)(run->place & ((1 << PAGE_ZONE_BITS) - 1))));
    else
        seq_printf(s, "%4s %-8s", "-", "-");
    seq_printf(s, " %-12s %s\n", run->type, run->label);
}

/* page_show_range - the pages [@start, @end), a line for each run of like ones. Context: a thread. */
void page_show_range(struct seqbuf *s, unsigned long start, unsigned long end)
{
    struct run run, next;

    seq_puts(s, "         pfns            pages     node zone     pageblock    what\n");
    for (find_any_run(&run, start, end); run.end < end;) {
        find_any_run(&next, run.end, end);
        if (alike(&run, &next)) {
            run.end = next.end;
        } else {
            show_run(s, &run);
            run = next;
        }
    }
    show_run(s, &run);
}

/* ---- the command --------------------------------------------------------------------------------- */

static bool parse_number(const char *text, unsigned long *value)
{
    unsigned base = text[0] == '0' && (text[1] | ' ') == 'x' ? 16 : 10;
    uint64_t number;

    if (parse_u64(text, base, &number, NULL) || number >= PFN_LIMIT)
        return false;
    *value = number;
    return true;
}

static int fail_number(struct seqbuf *out, const char *text, const char *what)
{
    seq_printf(out, "pages: %s is no %s; 0x1f400 and 128000 are\n", text, what);
    return -EINVAL;
}

static int pages_command(int argc, char **argv, struct seqbuf *out)
{
    unsigned long pfn, nr = 1;

    if (argc < 2 || argc > 3) {
        seq_puts(out, "pages: which ones? pages PFN, or pages PFN COUNT; these have descriptors:");
        show_described(out);
        return -EINVAL;
    }
    if (!parse_number(argv[1], &pfn))
        return fail_number(out, argv[1], "page frame number");
    if (argc == 3 && (!parse_number(argv[2], &nr) || nr == 0))
        return fail_number(out, argv[2], "number of pages");
    if (argc == 3)
        page_show_range(out, pfn, min(pfn + nr, PFN_LIMIT));
    else
        page_show(out, pfn);
    return 0;
}

MONITOR_COMMAND("pages", "PFN [COUNT]", "where a page is, what it is, who owns it", pages_command);
