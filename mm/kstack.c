/*
 * mm/kstack.c - stacks for threads and CPUs, each from a node, with a guard below.
 *
 * THEORY
 *
 * A stack is a block of pages mapped in a slot of the window of <arch/stack.h>. When it is given back
 * the pages go to the buddy and the slot's page-table entries are cleared, but a CPU may still
 * remember them. To ask all CPUs to forget costs more than the stack is worth, so the slot is only
 * dirty, and when there are no clean ones left all dirty ones are cleaned by one flush:
 *
 *     clean  --kstack_alloc-->  used  --kstack_free-->  dirty
 *       ^                                                 |
 *       +------------- one flush for all of them ---------+
 *
 * Until then a wild access to the old stack may go unnoticed. One CPU cleans at a time; who needs a
 * slot meanwhile waits for it, since those that are being cleaned are more than enough for all.
 *
 * The window's page tables are made a table (64 slots) at a time, and stay.
 *
 * INVARIANTS
 *   K1  A slot is in at most one list; an entry of a clean slot is in no TLB.
 *
 * LOCKING  kstack_lock protects the lists; a slot that is in none of them is its owner's.
 * UNITS    Slots by number.
 */
#include "mm/kstack.h"
#include "kernel/bug.h"
#include "kernel/cpu.h"
#include "kernel/lock.h"
#include "mm/kasan.h"
#include "mm/node.h"
#include "mm/page_alloc.h"
#include <arch/cpu.h>
#include <arch/vm.h>

#define SLOTS_PER_TABLE (MiB(2) / KSTACK_SLOT)
#define BOOT_SLOTS      512 /* beside those of the CPUs; for more a table is made when needed */
#define MIN_DIRTY       64  /* so few are not worth a flush */
#define NO_SLOT         0xffffu

_Static_assert(NR_KSTACKS < NO_SLOT, "slot numbers have 16 bits");
_Static_assert(NR_KSTACKS % SLOTS_PER_TABLE == 0, "whole tables");

struct slot_list {
    uint16_t first;
    unsigned nr;
};

static struct spinlock kstack_lock = SPINLOCK_INIT("kstack", LOCK_KSTACK);

/* Protected by kstack_lock. */
static uint16_t next_slot[NR_KSTACKS];
static struct slot_list clean = {.first = NO_SLOT};
static struct slot_list dirty = {.first = NO_SLOT};
static bool cleaning;        /* a flush is under way, for slots that are in neither list */
static unsigned nr_prepared; /* slots below have tables */
static unsigned nr_used;

static void push(struct slot_list *list, unsigned slot)
{
    next_slot[slot] = list->first;
    list->first = (uint16_t)slot;
    list->nr++;
}

static unsigned pop(struct slot_list *list)
{
    unsigned slot = list->first;

    if (slot != NO_SLOT) {
        list->first = next_slot[slot];
        list->nr--;
    }
    return slot;
}

static uintptr_t stack_of(unsigned slot)
{
    return KSTACK_BASE + slot * KSTACK_SLOT + KSTACK_SIZE;
}

static unsigned slot_of(const void *stack)
{
    uintptr_t offset = (uintptr_t)stack - KSTACK_SIZE - KSTACK_BASE;

    BUG_ON(offset % KSTACK_SLOT != 0 || offset / KSTACK_SLOT >= NR_KSTACKS);
    return (unsigned)(offset / KSTACK_SLOT);
}

static unsigned take_clean(void)
{
    unsigned long flags;
    unsigned slot;

    spin_lock_irqsave(&kstack_lock, flags);
    slot = pop(&clean);
    nr_used += slot != NO_SLOT;
    spin_unlock_irqrestore(&kstack_lock, flags);
    return slot;
}

/* The slots from @first on, for which there was no table, are there to be prepared again; they are lost
 * if others were prepared meanwhile. */
static void undo_grow(unsigned first)
{
    unsigned long flags;

    spin_lock_irqsave(&kstack_lock, flags);
    if (nr_prepared == first + SLOTS_PER_TABLE)
        nr_prepared = first;
    spin_unlock_irqrestore(&kstack_lock, flags);
}

/* The next table's slots become clean. False if there is no room for it. */
static bool grow(void)
{
    unsigned long flags;
    unsigned first;

    spin_lock_irqsave(&kstack_lock, flags);
    first = nr_prepared;
    nr_prepared += first < NR_KSTACKS ? SLOTS_PER_TABLE : 0;
    spin_unlock_irqrestore(&kstack_lock, flags);
    if (first == NR_KSTACKS)
        return false;
    if (vm_prepare(KSTACK_BASE + first * KSTACK_SLOT, SLOTS_PER_TABLE * KSTACK_SLOT)) {
        undo_grow(first);
        return false;
    }
    spin_lock_irqsave(&kstack_lock, flags);
    for (unsigned i = SLOTS_PER_TABLE; i-- > 0;)
        push(&clean, first + i);
    spin_unlock_irqrestore(&kstack_lock, flags);
    return true;
}

/* Who cleans, or has just done so. */
enum cleaner { NOBODY, WE, ANOTHER };

/* Take all dirty slots for cleaning, if there are at least @min_dirty and no others to be had. */
static enum cleaner begin_cleaning(struct slot_list *batch, unsigned min_dirty)
{
    enum cleaner who = NOBODY;
    unsigned long flags;

    spin_lock_irqsave(&kstack_lock, flags);
    if (cleaning || clean.nr > 0) {
        who = ANOTHER;
    } else if (dirty.nr >= min_dirty) {
        who = WE;
        *batch = dirty;
        dirty = (struct slot_list){.first = NO_SLOT};
        cleaning = true;
    }
    spin_unlock_irqrestore(&kstack_lock, flags);
    return who;
}

static void end_cleaning(struct slot_list *batch)
{
    unsigned long flags;
    unsigned slot;

    spin_lock_irqsave(&kstack_lock, flags);
    while ((slot = pop(batch)) != NO_SLOT)
        push(&clean, slot); /* K1 */
    cleaning = false;
    spin_unlock_irqrestore(&kstack_lock, flags);
}

/*
 * All that are dirty become clean, if there are at least @min_dirty, or those that another CPU cleans.
 * False: neither. The cleaner cannot be preempted, so that nobody waits for it on its own CPU.
 */
static bool clean_up(unsigned min_dirty)
{
    struct slot_list batch;
    enum cleaner who;

    preempt_disable();
    who = begin_cleaning(&batch, min_dirty);
    if (who == WE) {
        tlb_flush_all();
        end_cleaning(&batch);
    }
    preempt_enable();
    while (who == ANOTHER && READ_ONCE(cleaning))
        cpu_relax();
    return who != NOBODY;
}

static unsigned take_slot(void)
{
    unsigned slot;

    while ((slot = take_clean()) == NO_SLOT) {
        if (!clean_up(MIN_DIRTY) && !grow() && !clean_up(1))
            break;
    }
    return slot;
}

static void give_slot(struct slot_list *list, unsigned slot)
{
    unsigned long flags;

    spin_lock_irqsave(&kstack_lock, flags);
    push(list, slot);
    nr_used--;
    spin_unlock_irqrestore(&kstack_lock, flags);
}

/*
 * kstack_alloc - a stack of KSTACK_SIZE bytes in the memory of node @nid.
 *
 * @nid  from another node only if that one has no memory, or none left.
 *
 * Returns its lowest address, or NULL without memory. The contents are undefined.
 * Context: as for tlb_flush_all().
 */
void *kstack_alloc(int nid)
{
    struct page *page =
        alloc_pages_node(node_nearest_with_memory(nid), GFP_KERNEL | __GFP_NOWARN, KSTACK_ORDER);
    unsigned slot;

    if (!page)
        return NULL;
    slot = take_slot();
    if (slot == NO_SLOT)
        goto free_pages;
    if (!kasan_stack_alloc((const void *)stack_of(slot), page_to_nid(page)))
        goto give_slot;
    vm_set_pages(stack_of(slot), page_to_pfn(page) << PAGE_SHIFT, KSTACK_SIZE, VM_WRITE);
    return (void *)stack_of(slot);

give_slot:
    give_slot(&clean, slot);
free_pages:
    __free_pages(page, KSTACK_ORDER);
    return NULL;
}

static struct page *page_of(const void *stack)
{
    paddr_t pa;

    BUG_ON(!vm_query((uintptr_t)stack, &pa, NULL, NULL));
    return pfn_to_page(pa >> PAGE_SHIFT);
}

/*
 * kstack_free - give back what kstack_alloc() returned; NULL is allowed.
 *
 * Context: any, but not on that stack; interrupts may be off.
 */
void kstack_free(void *stack)
{
    unsigned slot;
    struct page *page;

    if (!stack)
        return;
    slot = slot_of(stack);
    page = page_of(stack);
    vm_clear_pages((uintptr_t)stack, KSTACK_SIZE);
    kasan_stack_free(stack);
    give_slot(&dirty, slot);
    __free_pages(page, KSTACK_ORDER);
}

/* kstack_node - the node whose memory the stack is in. Context: any. */
int kstack_node(const void *stack)
{
    return page_to_nid(page_of(stack));
}

/* kstack_nr_used - how many stacks there are. A snapshot. Context: any. */
unsigned kstack_nr_used(void)
{
    return READ_ONCE(nr_used);
}

/*
 * kstack_find - the lowest address of the stack that the page @pfn is a part of, or NULL.
 *
 * A snapshot; asks the page tables for each slot that was ever used. Context: any.
 */
const void *kstack_find(unsigned long pfn)
{
    unsigned nr = READ_ONCE(nr_prepared);
    paddr_t pa;

    for (unsigned slot = 0; slot < nr; slot++) {
        if (vm_query(stack_of(slot), &pa, NULL, NULL) &&
            pfn - (pa >> PAGE_SHIFT) < KSTACK_SIZE / PAGE_SIZE)
            return (const void *)stack_of(slot);
    }
    return NULL;
}

/* kstack_init - prepare the slots that every machine needs. Context: boot, after mm_init(). */
void kstack_init(void)
{
    unsigned wanted = (unsigned)cpumask_weight(&cpu_present_mask) * NR_CPU_STACKS + BOOT_SLOTS;

    while (nr_prepared < wanted) {
        if (!grow())
            panic("no memory for the page tables of %u kernel stacks", wanted);
    }
}
