/*
 * mm/page_use.c - what an allocated page is used for.
 *
 * THEORY
 *
 * A page's descriptor doesn't say who has it. Some of its users mark it: objects have PAGE_SLAB, pages of
 * files are in an LRU list. Others are known by what they map: the slots of kernel stacks, the areas of
 * the vmalloc space. Those are asked one after the other whether they map this page, which takes long
 * enough that only `pages` does it. Who is left has told nobody; in debug builds the descriptor
 * remembers the function that asked.
 *
 * LOCKING  The page may change at any moment. What is followed from its descriptor is held first: a slab by
 *          its node's lock, a page of a file by a reference and PAGE_LOCKED.
 */
#include "kernel/ksyms.h"
#include "kernel/lib/seqbuf.h"
#include "kernel/task.h"
#include "mm/filemap.h"
#include "mm/kstack.h"
#include "mm/lru.h"
#include "mm/page_ref.h"
#include "mm/page_show.h"
#include "mm/page_wait.h"
#include "mm/slab.h"
#include "mm/vmap_area.h"

static void show_symbol(struct seqbuf *s, uintptr_t pc)
{
    size_t offset, size;
    const char *name = ksym_lookup(pc, &offset, &size);

    if (name)
        seq_printf(s, "%s+0x%zx/0x%zx", name, offset, size);
    else
        seq_printf(s, "0x%lx", pc);
}

/* ---- pages of files ---------------------------------------------------------------------------- */

static void show_mapping(struct seqbuf *s, struct address_space *m)
{
    if (m->a_ops->print_name)
        m->a_ops->print_name(m, s);
    else
        seq_puts(s, "a file without a name");
}

/* The file that a page belongs to; the caller has a reference. True, and *@index, if there is one. */
static bool show_file(struct seqbuf *s, struct page *page, unsigned long *index)
{
    bool has_file;

    if (!trylock_page(page)) {
        seq_puts(s, "page cache, being filled or dropped");
        return false;
    }
    has_file = page->mapping != NULL;
    seq_puts(s, has_file ? "page cache of " : "page cache, of a file that is gone");
    if (has_file) {
        show_mapping(s, page->mapping);
        *index = page->index;
    }
    unlock_page(page);
    return has_file;
}

static void show_cached(struct seqbuf *s, struct page *page)
{
    unsigned long index;

    if (show_file(s, page, &index))
        seq_printf(s, ": page %lu", index);
    seq_printf(s, ", in the %s list\n", page_flag_test(page, PAGE_ACTIVE) ? "active" : "inactive");
    put_page(page);
}

/* ---- pages that are mapped ---------------------------------------------------------------------- */

static void show_stack_owner(struct seqbuf *s, const void *stack)
{
    for (int pid = task_next_pid(-1); pid >= 0; pid = task_next_pid(pid)) {
        struct task *t = task_find(pid);

        if (!t)
            continue;
        if (READ_ONCE(t->stack) == stack)
            seq_printf(s, " of thread %d (%s)", pid, t->comm);
        task_put(t);
    }
}

/* Is the block a kernel stack's? Those have an order of their own. */
static const void *find_stack(const struct page *head)
{
    return page_order(head) == KSTACK_ORDER ? kstack_find(page_to_pfn(head)) : NULL;
}

/* Of all areas the first that maps @page. */
static bool show_area(struct seqbuf *s, const struct page *page)
{
    struct vmap_info info = {.end = VMAP_START};
    uintptr_t va;

    while (vmap_info_above(info.end, &info)) {
        if (!vmap_find_page(&info, page_to_pfn(page), &va))
            continue;
        seq_printf(s, "%s area 0x%lx-0x%lx, at 0x%lx, made by ",
                   info.kind == VMAP_VMALLOC ? "vmalloc" : "vmap", info.start,
                   info.start + info.nr_pages * PAGE_SIZE, va);
        show_symbol(s, info.caller);
        seq_putc(s, '\n');
        return true;
    }
    return false;
}

/* ---- all of them -------------------------------------------------------------------------------- */

/* page_use_brief - contract in the header; nothing if nobody is known. */
void page_use_brief(struct seqbuf *s, struct page *head)
{
    unsigned long index;

    if (page_flag_test(head, PAGE_SLAB)) {
        seq_puts(s, ", slab of ");
        slab_name_show(s, head);
    } else if (lru_get_page(head)) {
        seq_puts(s, ", ");
        show_file(s, head, &index);
        put_page(head);
    } else if (find_stack(head)) {
        seq_puts(s, ", kernel stack");
    }
}

static void show_owner(struct seqbuf *s, const struct page *head)
{
    if (!head->owner_pc)
        return;
    seq_printf(s, "order %u was asked for on CPU %d by ", head->owner_order, head->owner_cpu);
    show_symbol(s, head->owner_pc - 1);
    seq_putc(s, '\n');
}

/* page_use_show - contract in the header. */
void page_use_show(struct seqbuf *s, struct page *head, struct page *page)
{
    const void *stack;

    if (page_flag_test(page, PAGE_SLAB)) {
        slab_page_show(s, page);
        seq_putc(s, '\n');
    } else if (lru_get_page(head)) {
        show_cached(s, head);
    } else if ((stack = find_stack(head)) != NULL) {
        seq_printf(s, "kernel stack at 0x%lx", (uintptr_t)stack);
        show_stack_owner(s, stack);
        seq_putc(s, '\n');
    } else {
        show_area(s, page);
    }
    show_owner(s, head);
}
