/*
 * arch/x86_64/kasan.c - the page tables of the shadow.
 *
 * THEORY
 *
 * The shadow takes 16 TiB of the address space, and nearly all of it is the shadow of nothing. So one
 * page of zeros shows everywhere, by three tables, one for each level, all of whose entries are alike:
 *
 *     top table, 32 entries --> zero_tables[3] --> zero_tables[2] --> zero_tables[1] --> zero_page
 *                                (512 times)        (512 times)        (512 times)
 *
 * Where memory of its own is to be mapped, the tables on the way become copies, which then differ:
 *
 *     top table --> copy of [3] --> copy of [2] --> 2 MiB of shadow
 *                       |               +--> copy of [1] --> 4 KiB of shadow
 *                       |               |         +--> zero_page
 *                       |               +--> zero_tables[1]
 *                       +--> zero_tables[2]
 *
 * The compiler has each function with arrays mark its stack frame in the shadow, from the first one on.
 * Until the stacks have a shadow, these marks land in the page of zeros, which therefore can be
 * written to at first, and isn't looked at. This file itself is compiled without checks.
 *
 * LOCKING  The boot CPU alone; later whoever holds the lock of mm/kasan.c.
 * SOURCES  Linux 6.1, Documentation/x86/x86_64/mm.rst, "KASAN shadow memory": the place.
 * NOT HERE Which memory becomes shadow (mm/kasan.c); what it means (kernel/kasan.c).
 */
#ifdef CONFIG_KASAN

#include <arch/kasan.h>

#include "arch/x86_64/insn.h"
#include "arch/x86_64/kasan_tables.h"
#include "arch/x86_64/regs.h"
#include "arch/x86_64/tables.h"
#include "kernel/bug.h"
#include "kernel/lib/compiler.h"
#include "kernel/lib/errno.h"

#define TOP_LEVEL         4
#define ENTRIES_PER_TABLE 512
/* What the CPU would set is set beforehand, so that entries can be compared. */
#define TABLE_BITS (PTE_PRESENT | PTE_WRITE | PTE_ACCESSED)
#define LEAF_BITS  (PTE_PRESENT | PTE_NX | PTE_ACCESSED | PTE_DIRTY)

static uint8_t zero_page[PAGE_SIZE] __aligned(PAGE_SIZE);
static bool sealed; /* the page of zeros can only be read */
/* By level, 1 to 3. */
static uint64_t zero_tables[TOP_LEVEL][ENTRIES_PER_TABLE] __aligned(PAGE_SIZE);

static uintptr_t level_size(int level)
{
    return PAGE_SIZE << 9 * (level - 1);
}

static unsigned index_of(uintptr_t va, int level)
{
    return (unsigned)(va / level_size(level) % ENTRIES_PER_TABLE);
}

/* What an entry of @level is where there is no shadow but zeros. */
static uint64_t zero_entry(int level)
{
    if (level == 1)
        return virt_to_phys(zero_page) | LEAF_BITS | (sealed ? 0 : PTE_WRITE);
    return virt_to_phys(zero_tables[level - 1]) | TABLE_BITS;
}

static void fill(uint64_t *table, uint64_t entry)
{
    for (unsigned i = 0; i < ENTRIES_PER_TABLE; i++)
        table[i] = entry;
}

/* kasan_early_map - contract in the header. */
void kasan_early_map(uint64_t *root)
{
    unsigned last = index_of(KASAN_SHADOW_END - 1, TOP_LEVEL);

    for (unsigned i = index_of(KASAN_SHADOW_START, TOP_LEVEL); i <= last; i++)
        root[i] = zero_entry(TOP_LEVEL);
}

/* kasan_early_init - contract in <arch/kasan.h>. Context: before any checked function. */
void kasan_early_init(void)
{
    for (int level = 1; level < TOP_LEVEL; level++)
        fill(zero_tables[level], zero_entry(level));
    kasan_early_map(phys_to_virt(insn_read_cr3() & PTE_ADDRESS));
}

/* The entry of @level for @va in a table that is not shared; NULL without memory. */
static uint64_t *own_entry(uintptr_t va, int level, vm_alloc_fn alloc)
{
    uint64_t *table = phys_to_virt(vm_root());

    for (int at = TOP_LEVEL; at > level; at--) {
        uint64_t *entry = &table[index_of(va, at)];

        if (*entry == zero_entry(at)) {
            paddr_t copy = alloc();

            if (copy == 0)
                return NULL;
            fill(phys_to_virt(copy), zero_entry(at - 1));
            *entry = copy | TABLE_BITS;
        }
        table = phys_to_virt(*entry & PTE_ADDRESS);
    }
    return &table[index_of(va, level)];
}

/* kasan_shadow_map - contract in <arch/kasan.h>. */
int kasan_shadow_map(uintptr_t va, paddr_t pa, size_t size, vm_alloc_fn alloc)
{
    int level = size == PAGE_SIZE ? 1 : 2;
    uint64_t *entry = own_entry(va, level, alloc);

    BUG_ON(size != level_size(level) || !IS_ALIGNED(va | pa, size));
    if (!entry)
        return -ENOMEM;
    BUG_ON(*entry != zero_entry(level));
    *entry = pa | LEAF_BITS | PTE_WRITE | PTE_GLOBAL | (level > 1 ? PTE_LARGE : 0);
    return 0;
}

/* kasan_shadow_prepare - contract in <arch/kasan.h>. */
int kasan_shadow_prepare(uintptr_t va, size_t size, vm_alloc_fn alloc)
{
    for (uintptr_t end = va + size; va < end; va = ALIGN_DOWN(va, level_size(2)) + level_size(2)) {
        if (!own_entry(va, 1, alloc))
            return -ENOMEM;
    }
    return 0;
}

/* Take the right to write to the page of zeros out of @table and the copies below it. */
static void seal(uint64_t *table, int level)
{
    for (unsigned i = 0; i < ENTRIES_PER_TABLE; i++) {
        if (level == 1 && table[i] == zero_entry(1))
            table[i] &= ~PTE_WRITE;
        else if (level > 1 && table[i] != zero_entry(level) && !(table[i] & PTE_LARGE))
            seal(phys_to_virt(table[i] & PTE_ADDRESS), level - 1);
    }
}

/* kasan_shadow_finish - contract in <arch/kasan.h>. */
void kasan_shadow_finish(void)
{
    uint64_t *root = phys_to_virt(vm_root());
    unsigned last = index_of(KASAN_SHADOW_END - 1, TOP_LEVEL);

    for (unsigned i = index_of(KASAN_SHADOW_START, TOP_LEVEL); i <= last; i++) {
        if (root[i] != zero_entry(TOP_LEVEL))
            seal(phys_to_virt(root[i] & PTE_ADDRESS), TOP_LEVEL - 1);
    }
    seal(zero_tables[1], 1);
    sealed = true;
    /* From here on marks go where they belong; nothing that makes any may be called in between. */
    insn_write_cr3(insn_read_cr3());
    for (unsigned i = 0; i < PAGE_SIZE; i++)
        WRITE_ONCE(zero_page[i], 0);
}

/* kasan_shadow_take - contract in <arch/kasan.h>. */
paddr_t kasan_shadow_take(uintptr_t va)
{
    uint64_t *table = phys_to_virt(vm_root()), entry;

    for (int at = TOP_LEVEL; at > 1; at--) {
        entry = table[index_of(va, at)];
        if (entry == zero_entry(at))
            return 0;
        table = phys_to_virt(entry & PTE_ADDRESS);
    }
    entry = table[index_of(va, 1)];
    if (entry == zero_entry(1))
        return 0;
    table[index_of(va, 1)] = zero_entry(1);
    return entry & PTE_ADDRESS;
}

static bool shows_zeros(const uint64_t *table, int level)
{
    for (unsigned i = 0; i < ENTRIES_PER_TABLE; i++) {
        if (table[i] != zero_entry(level))
            return false;
    }
    return true;
}

static void prune(uint64_t *table, int level, uintptr_t va, uintptr_t end, paddr_t *tables)
{
    while (va < end) {
        uint64_t *entry = &table[index_of(va, level)];
        uintptr_t next = min(ALIGN_DOWN(va, level_size(level)) + level_size(level), end);

        if (*entry != zero_entry(level)) {
            paddr_t lower = *entry & PTE_ADDRESS;

            if (level > 2)
                prune(phys_to_virt(lower), level - 1, va, next, tables);
            if (level < TOP_LEVEL && next - va == level_size(level) &&
                shows_zeros(phys_to_virt(lower), level - 1)) {
                *entry = zero_entry(level);
                *(paddr_t *)phys_to_virt(lower) = *tables;
                *tables = lower;
            }
        }
        va = next;
    }
}

/* kasan_shadow_prune - contract in <arch/kasan.h>. */
void kasan_shadow_prune(uintptr_t va, size_t size, paddr_t *tables)
{
    prune(phys_to_virt(vm_root()), TOP_LEVEL, va, va + size, tables);
}

#endif
