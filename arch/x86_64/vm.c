/*
 * arch/x86_64/vm.c - the kernel's page tables.
 *
 * THEORY
 *
 * Four levels of tables with 512 entries each; an entry of level L covers 4 KiB << 9 * (L - 1):
 *
 *     level   4        3       2       1
 *     covers  512 GiB  1 GiB   2 MiB   4 KiB
 *
 * An entry is empty, points to a table of the next level, or is a leaf: a page. Leaves may stand on
 * level 1, on level 2, and where the CPU can on level 3. vm_map() uses the highest level that the
 * alignment of both addresses and the rest of the range allow:
 *
 *     vm_map(base + 0x1ff000, 0x1ff000, 4 MiB)   one 4 KiB page, one 2 MiB page, 511 4 KiB pages
 *
 * The rights stand in the leaf alone; entries that point to tables permit everything. All leaves
 * are global (they stay in the TLB when the address space is changed: it's the same kernel in all)
 * and have their accessed and dirty bits set beforehand (nobody reads those, and the CPU then never
 * has to write them).
 *
 * INVARIANTS
 *   V1  What is mapped is changed by vm_unmap() alone: vm_map() only ever fills empty entries.
 *   V2  A table below the top one has an entry, unless its range was prepared; one that loses its
 *       last goes to the spare list. So a large page can be put where small ones were before.
 *
 * LOCKING  vm_lock protects the tables and the spare list; vm_set_pages() and vm_clear_pages() do
 *          without, on ranges that are the caller's. A CPU forgets what was unmapped when
 *          tlb_flush_range() tells it, so vm_unmap() sets lower tables aside until that has returned.
 *          A page for a table may have to be waited for, so nobody asks for one under the lock: who
 *          finds the spare list empty lets go of it, puts a page there, and tries again.
 * UNITS    Bytes; all ranges are multiples of PAGE_SIZE.
 * SOURCES  Intel SDM vol. 3A, 4.5 "4-Level Paging and 5-Level Paging", 4.10 "Caching Translation
 *          Information".
 * NOT HERE The early tables (boot/entry.asm); vm_probe_*() (probe.asm, traps.c); the TLB (tlb.c).
 */
#include "arch/x86_64/cpu_features.h"
#include "arch/x86_64/insn.h"
#include "arch/x86_64/kasan_tables.h"
#include "arch/x86_64/regs.h"
#include "arch/x86_64/stacks.h"
#include "arch/x86_64/tables.h"
#include "kernel/bug.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"
#include "kernel/lock.h"
#include "kernel/sections.h"
#include <arch/vm.h>

#define TOP_LEVEL         4
#define ENTRIES_PER_TABLE 512

/* Of a leaf: what VM_* says, as opposed to address, size and what the CPU writes. */
#define PTE_RIGHTS (PTE_WRITE | PTE_WRITE_THROUGH | PTE_NO_CACHE | PTE_NX)
#define PTE_LEAF   (PTE_PRESENT | PTE_GLOBAL | PTE_ACCESSED | PTE_DIRTY)

static struct spinlock vm_lock = SPINLOCK_INIT("vm", LOCK_VM);

static paddr_t root; /* the level 4 table; 0 before vm_init() */
static vm_alloc_fn alloc_table_page;
static vm_free_fn free_table_page; /* NULL: pages of tables stay */

/* Protected by vm_lock. */
static size_t nr_tables;
static paddr_t spare_tables; /* a list linked by their first entries, 0 ends it */

/* ---- entries ---- */

static size_t level_size(int level)
{
    return PAGE_SIZE << 9 * (level - 1);
}

static uint64_t *table_at(paddr_t pa)
{
    return phys_to_virt(pa);
}

static uint64_t *entry_of(uint64_t *table, uintptr_t va, int level)
{
    return &table[va / level_size(level) % ENTRIES_PER_TABLE];
}

static bool is_leaf(uint64_t entry, int level)
{
    return (entry & PTE_PRESENT) && (level == 1 || (entry & PTE_LARGE));
}

/* The level of a large page has PTE_LARGE as a part of the entry, level 1 hasn't. */
static uint64_t leaf_bits(int level)
{
    return PTE_LEAF | (level > 1 ? PTE_LARGE : 0);
}

static paddr_t leaf_address(uint64_t entry, int level)
{
    return ALIGN_DOWN(entry & PTE_ADDRESS, level_size(level));
}

static uint64_t rights_of_prot(unsigned prot)
{
    return ((prot & VM_WRITE) ? PTE_WRITE : 0) | ((prot & VM_EXEC) ? 0 : PTE_NX) |
           ((prot & VM_UNCACHED) ? PTE_NO_CACHE | PTE_WRITE_THROUGH : 0);
}

static unsigned prot_of_rights(uint64_t entry)
{
    return ((entry & PTE_WRITE) ? VM_WRITE : 0) | ((entry & PTE_NX) ? 0 : VM_EXEC) |
           ((entry & PTE_NO_CACHE) ? VM_UNCACHED : 0);
}

/* A new empty table; 0 if there is no spare page: add_spare_table(), then try again. */
static paddr_t new_table(void)
{
    paddr_t pa = spare_tables;

    if (pa == 0)
        return 0;
    spare_tables = table_at(pa)[0];
    memset(table_at(pa), 0, PAGE_SIZE);
    return pa;
}

static bool table_is_empty(paddr_t pa)
{
    const uint64_t *table = table_at(pa);

    for (unsigned i = 0; i < ENTRIES_PER_TABLE; i++) {
        if (table[i] != 0)
            return false;
    }
    return true;
}

/* No entry points to the table any more: put it on the list @head. */
static void push_table(paddr_t *head, paddr_t pa)
{
    table_at(pa)[0] = *head;
    *head = pa;
}

static void spare_tables_of(paddr_t list)
{
    while (list != 0) {
        paddr_t next = table_at(list)[0];

        push_table(&spare_tables, list);
        list = next;
    }
}

/* A page more for tables. False without memory. Context: may sleep, as far as the allocator does. */
static bool add_spare_table(void)
{
    paddr_t pa = alloc_table_page();
    unsigned long flags;

    if (pa == 0)
        return false;
    spin_lock_irqsave(&vm_lock, flags);
    nr_tables++;
    push_table(&spare_tables, pa);
    spin_unlock_irqrestore(&vm_lock, flags);
    return true;
}

/* The entry that decides about @va, and its level: a leaf, or the empty entry that ends the walk.
 */
static uint64_t *walk(uintptr_t va, int *level)
{
    uint64_t *table = table_at(root);

    for (*level = TOP_LEVEL;; (*level)--) {
        uint64_t *entry = entry_of(table, va, *level);

        if (!(*entry & PTE_PRESENT) || is_leaf(*entry, *level))
            return entry;
        table = table_at(*entry & PTE_ADDRESS);
    }
}

/* From @va to the end of the entry of @level that covers it. */
static size_t rest_of_entry(uintptr_t va, int level)
{
    return level_size(level) - va % level_size(level);
}

static void check_range(const char *who, uintptr_t va, size_t size)
{
    if (!IS_ALIGNED(va | size, PAGE_SIZE) || va + size < va)
        panic("%s of 0x%zx bytes at 0x%lx: both must be multiples of the page size, and the end "
              "no less than the start",
              who, size, (unsigned long)va);
    if (root == 0)
        panic("%s of 0x%zx bytes at 0x%lx before vm_init", who, size, (unsigned long)va);
}

/* ---- mapping ---- */

/* The highest level whose pages fit @va, @pa and what is left of the range. */
static int best_level(uintptr_t va, paddr_t pa, size_t left)
{
    int level = cpu_has(CPU_HAS_GIB_PAGES) ? 3 : 2;

    while (level > 1 && (!IS_ALIGNED(va | pa, level_size(level)) || left < level_size(level)))
        level--;
    return level;
}

/* What is there already must be what is wanted. */
static void check_same(uint64_t entry, int level, uintptr_t va, paddr_t pa, uint64_t rights)
{
    paddr_t there = leaf_address(entry, level) + va % level_size(level);

    if (there != pa || (entry & PTE_RIGHTS) != rights)
        panic("vm_map of 0x%lx to physical 0x%lx with rights 0x%x: it is mapped to 0x%lx with "
              "rights 0x%x",
              (unsigned long)va, (unsigned long)pa, prot_of_rights(rights), (unsigned long)there,
              prot_of_rights(entry));
}

/* Map one page at @va, as large as may be. Returns its size (what is left of it, if it was there
 * already), or 0 if there is no spare table. */
static size_t map_page(uintptr_t va, paddr_t pa, size_t left, uint64_t rights)
{
    int wanted = best_level(va, pa, left), level;
    uint64_t *entry = walk(va, &level);

    if (is_leaf(*entry, level)) {
        check_same(*entry, level, va, pa, rights);
        return rest_of_entry(va, level);
    }
    while (level > wanted) {
        paddr_t table = new_table();

        if (table == 0)
            return 0;
        *entry = table | PTE_PRESENT | PTE_WRITE;
        entry = entry_of(table_at(table), va, --level);
    }
    *entry = pa | rights | leaf_bits(level);
    return level_size(level);
}

/*
 * vm_map - map [va, va + size) to [pa, pa + size) with the largest pages that fit.
 *
 * @va, @pa, @size  multiples of PAGE_SIZE; @size may be 0.
 * @prot            VM_*.
 *
 * Returns 0, or -ENOMEM if there was no page for a table; what was mapped until then stays. Panics
 * if a part is mapped to another frame or with other rights.
 * Context: after vm_init(). Needs no TLB flush: the CPU doesn't remember what was not there.
 */
int vm_map(uintptr_t va, paddr_t pa, size_t size, unsigned prot)
{
    uint64_t rights = rights_of_prot(prot);
    size_t done = 0;

    check_range("vm_map", va, size);
    if (!IS_ALIGNED(pa, PAGE_SIZE) || (pa & ~PTE_ADDRESS) || pa + size < pa)
        panic("vm_map of 0x%lx to physical 0x%lx, 0x%zx bytes: there is no such memory",
              (unsigned long)va, (unsigned long)pa, size);
    while (done < size) {
        unsigned long flags;
        size_t step;

        spin_lock_irqsave(&vm_lock, flags);
        step = map_page(va + done, pa + done, size - done, rights);
        spin_unlock_irqrestore(&vm_lock, flags);
        if (step == 0 && !add_spare_table())
            return -ENOMEM;
        done += min(step, size - done);
    }
    return 0;
}

/* ---- prepared ranges ---- */

/* The entry of level 1 for @va, with the tables above it made. NULL if there is no spare one. */
static uint64_t *make_entry(uintptr_t va)
{
    int level;
    uint64_t *entry = walk(va, &level);

    while (level > 1) {
        paddr_t table = new_table();

        BUG_ON(*entry & PTE_PRESENT); /* a large page in a range that is to be prepared */
        if (table == 0)
            return NULL;
        *entry = table | PTE_PRESENT | PTE_WRITE;
        entry = entry_of(table_at(table), va, --level);
    }
    return entry;
}

/* vm_prepare - contract in the header. Context: may sleep, once threads run. */
int vm_prepare(uintptr_t va, size_t size)
{
    uintptr_t end = va + size;

    check_range("vm_prepare", va, size);
    while (va < end) {
        unsigned long flags;
        bool made;

        spin_lock_irqsave(&vm_lock, flags);
        made = make_entry(va) != NULL;
        spin_unlock_irqrestore(&vm_lock, flags);
        if (made)
            va = ALIGN_DOWN(va, level_size(2)) + level_size(2);
        else if (!add_spare_table())
            return -ENOMEM;
    }
    return 0;
}

/* Entries of level 1 for @va, all of which one table holds up to the next 2 MiB. */
static uint64_t *prepared_entry(uintptr_t va)
{
    int level;
    uint64_t *entry = walk(va, &level);

    BUG_ON(level != 1);
    return entry;
}

/* vm_set_pages - contract in the header. Context: any; within one 2 MiB. */
void vm_set_pages(uintptr_t va, paddr_t pa, size_t size, unsigned prot)
{
    uint64_t *entry = prepared_entry(va), bits = rights_of_prot(prot) | leaf_bits(1);

    DEBUG_ASSERT(va % level_size(2) + size <= level_size(2));
    for (size_t i = 0; i < size / PAGE_SIZE; i++)
        WRITE_ONCE(entry[i], (pa + i * PAGE_SIZE) | bits);
}

/* vm_clear_pages - contract in the header. Context: any; within one 2 MiB. */
void vm_clear_pages(uintptr_t va, size_t size)
{
    uint64_t *entry = prepared_entry(va);

    DEBUG_ASSERT(va % level_size(2) + size <= level_size(2));
    for (size_t i = 0; i < size / PAGE_SIZE; i++)
        WRITE_ONCE(entry[i], 0);
}

/* vm_prepared_frame - contract in the header. Context: any. */
paddr_t vm_prepared_frame(uintptr_t va)
{
    uint64_t entry = READ_ONCE(*prepared_entry(va));

    return entry & PTE_PRESENT ? leaf_address(entry, 1) : 0;
}

/* Does [va, va + size) cover the whole entry of @level that it begins in? */
static bool covers_entry(uintptr_t va, uintptr_t end, int level)
{
    return va % level_size(level) == 0 && end - va >= level_size(level);
}

/* Take the tables below @table out that [va, end) covers whole, and put them on the list @taken. The top
 * table's entries stay: they are the same in all address spaces. */
static void prune_range(uint64_t *table, int level, uintptr_t va, uintptr_t end, paddr_t *taken)
{
    while (va < end) {
        uint64_t *entry = entry_of(table, va, level);
        uintptr_t next = va + min(rest_of_entry(va, level), end - va);

        if ((*entry & PTE_PRESENT) && !is_leaf(*entry, level)) {
            paddr_t lower = *entry & PTE_ADDRESS;

            if (level > 2)
                prune_range(table_at(lower), level - 1, va, next, taken);
            if (level < TOP_LEVEL && covers_entry(va, next, level)) {
                BUG_ON(!table_is_empty(lower));
                *entry = 0;
                push_table(taken, lower);
            }
        }
        va = next;
    }
}

/* vm_prune - contract in the header. Context: any. */
void vm_prune(uintptr_t va, size_t size, paddr_t *tables)
{
    unsigned long flags;

    check_range("vm_prune", va, size);
    spin_lock_irqsave(&vm_lock, flags);
    prune_range(table_at(root), TOP_LEVEL, va, va + size, tables);
    spin_unlock_irqrestore(&vm_lock, flags);
}

/* Give the pages of a list back, or keep them as spare ones if they are not the allocator's. */
static void free_tables(paddr_t list)
{
    paddr_t kept = 0;
    size_t nr_freed = 0;
    unsigned long flags;

    while (list != 0) {
        paddr_t next = table_at(list)[0];

        if (free_table_page && free_table_page(list))
            nr_freed++;
        else
            push_table(&kept, list);
        list = next;
    }
    spin_lock_irqsave(&vm_lock, flags);
    nr_tables -= nr_freed;
    spare_tables_of(kept);
    spin_unlock_irqrestore(&vm_lock, flags);
}

/* vm_free_tables - contract in the header. Spare tables go with them. Context: any. */
void vm_free_tables(paddr_t tables)
{
    paddr_t spares;
    unsigned long flags;

    spin_lock_irqsave(&vm_lock, flags);
    spares = spare_tables;
    spare_tables = 0;
    spin_unlock_irqrestore(&vm_lock, flags);
    free_tables(spares);
    free_tables(tables);
}

/* vm_is_mapped - contract in arch/x86_64/tables.h. */
bool vm_is_mapped(uintptr_t va)
{
    uint64_t entry;
    int level;

    if (root == 0)
        return false;
    entry = *walk(va, &level);
    return is_leaf(entry, level);
}

/* vm_root - contract in arch/x86_64/tables.h. */
paddr_t vm_root(void)
{
    return root;
}

/* vm_map_device - contract in arch/x86_64/tables.h. Context: boot. */
volatile void *vm_map_device(paddr_t pa)
{
    uintptr_t va = (uintptr_t)phys_to_virt(ALIGN_DOWN(pa, PAGE_SIZE));

    if (vm_map(va, ALIGN_DOWN(pa, PAGE_SIZE), PAGE_SIZE, VM_WRITE | VM_UNCACHED))
        return NULL;
    return phys_to_virt(pa);
}

/* ---- unmapping ---- */

/* Put a table with 512 pages of the next lower level in the place of the leaf @entry. */
static int split_leaf(uint64_t *entry, int level)
{
    paddr_t pa = leaf_address(*entry, level), table = new_table();
    uint64_t bits = (*entry & PTE_RIGHTS) | leaf_bits(level - 1);

    if (table == 0)
        return -ENOMEM;
    for (unsigned i = 0; i < ENTRIES_PER_TABLE; i++)
        table_at(table)[i] = (pa + i * level_size(level - 1)) | bits;
    *entry = table | PTE_PRESENT | PTE_WRITE; /* what TLBs know of the large page stays true */
    return 0;
}

/* Split until no page reaches across @va. */
static int split_at(uintptr_t va)
{
    for (;;) {
        int level, err;
        uint64_t *entry = walk(va, &level);

        if (!is_leaf(*entry, level) || va % level_size(level) == 0)
            return 0;
        err = split_leaf(entry, level);
        if (err)
            return err;
    }
}

/* Remove [va, end) from @table, and every lower table that this empties, which goes to the list
 * @freed. No leaf reaches across the ends. */
static void unmap_range(uint64_t *table, int level, uintptr_t va, uintptr_t end, paddr_t *freed)
{
    while (va < end) {
        uint64_t *entry = entry_of(table, va, level);
        uintptr_t next = va + min(rest_of_entry(va, level), end - va);

        if (is_leaf(*entry, level)) {
            *entry = 0;
        } else if (*entry & PTE_PRESENT) {
            paddr_t lower = *entry & PTE_ADDRESS;

            unmap_range(table_at(lower), level - 1, va, next, freed);
            if (table_is_empty(lower)) {
                *entry = 0;
                push_table(freed, lower);
            }
        }
        va = next;
    }
}

/*
 * vm_unmap - remove what maps [va, va + size). Parts that aren't mapped are no error.
 *
 * @va, @size  multiples of PAGE_SIZE.
 *
 * Returns 0, or -ENOMEM if a large page at a border could not be split; then everything is still
 * mapped. Context: after vm_init(), as for tlb_flush_range(). No CPU knows the
 * range any more on return.
 */
int vm_unmap(uintptr_t va, size_t size)
{
    paddr_t freed = 0;
    unsigned long flags;
    int err;

    check_range("vm_unmap", va, size);
    do {
        spin_lock_irqsave(&vm_lock, flags);
        err = split_at(va);
        if (!err)
            err = split_at(va + size);
        if (!err)
            unmap_range(table_at(root), TOP_LEVEL, va, va + size, &freed);
        spin_unlock_irqrestore(&vm_lock, flags);
        if (err && !add_spare_table())
            return err;
    } while (err);
    tlb_flush_range(va, size, freed != 0);
    spin_lock_irqsave(&vm_lock, flags);
    spare_tables_of(freed);
    spin_unlock_irqrestore(&vm_lock, flags);
    return 0;
}

/*
 * vm_query - what maps @va?
 *
 * @pa    out, the physical address of the byte at @va.
 * @prot  out, VM_*.
 * @size  out, of the page: 4 KiB, 2 MiB or 1 GiB.
 *
 * Returns false, and leaves all of them alone, if nothing does. Any of them may be NULL.
 * Context: after vm_init(); tells of the final tables, even before vm_activate().
 */
bool vm_query(uintptr_t va, paddr_t *pa, unsigned *prot, size_t *size)
{
    unsigned long flags;
    int level;
    uint64_t entry;

    check_range("vm_query", ALIGN_DOWN(va, PAGE_SIZE), 0);
    spin_lock_irqsave(&vm_lock, flags);
    entry = *walk(va, &level);
    spin_unlock_irqrestore(&vm_lock, flags);
    if (!is_leaf(entry, level))
        return false;
    if (pa)
        *pa = leaf_address(entry, level) + va % level_size(level);
    if (prot)
        *prot = prot_of_rights(entry);
    if (size)
        *size = level_size(level);
    return true;
}

/* ---- the kernel's own mappings ---- */

static void map_image_part(const char *start, const char *end, unsigned prot)
{
    if (vm_map((uintptr_t)start, virt_to_phys(start), (size_t)(end - start), prot))
        panic("no memory for the page tables of the kernel image");
}

static void unmap_guards(void)
{
    for (int id = 0; id < NR_CPU_STACKS; id++) {
        if (vm_unmap((uintptr_t)boot_stacks[id].guard, PAGE_SIZE))
            panic("no memory to unmap the guard pages under the boot stacks");
    }
}

/*
 * vm_init - start the final tables with the image, each part with its rights, stack guards left
 * out.
 *
 * @alloc  where table pages come from until vm_set_alloc().
 *
 * Panics if @alloc fails. The early tables stay loaded. Context: boot, once, after cpu_init().
 */
void vm_init(vm_alloc_fn alloc)
{
    vm_set_alloc(alloc);
    if (!add_spare_table())
        panic("no memory for the kernel's top page table");
    root = new_table();
    kasan_early_map(table_at(root));
    map_image_part(__text_start, __text_end, VM_EXEC);
    map_image_part(__rodata_start, __rodata_end, 0);
    map_image_part(__data_start, __kernel_end, VM_WRITE);
    unmap_guards();
}

/* vm_set_alloc - take table pages from @alloc from now on. Context: any. */
void vm_set_alloc(vm_alloc_fn alloc)
{
    alloc_table_page = alloc;
}

/* vm_set_free - contract in the header. Context: boot. */
void vm_set_free(vm_free_fn free)
{
    free_table_page = free;
}

/*
 * vm_activate - load the final tables. Nothing of the early ones stays in the TLB: they have no
 * global pages. Context: boot, after vm_init() and vm_map() of all that is still needed.
 */
void vm_activate(void)
{
    insn_write_cr3(root);
}

/* vm_table_bytes - how much memory the final tables take. Context: any. */
size_t vm_table_bytes(void)
{
    return nr_tables * PAGE_SIZE;
}
