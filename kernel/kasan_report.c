/*
 * kernel/kasan_report.c - what a wrong access looks like in the log.
 *
 *     BUG: KASAN: use-after-free in show+0x2e/0x60: Read of size 8 at addr ffff88800a1b2008 by task top/7
 *     Call trace:
 *     ...
 *     Memory state around the buggy address:
 *      ffff88800a1b1f80: 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
 *     >ffff88800a1b2000: ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff
 *                           ^
 *
 * The last part is the shadow, a row for 128 bytes. The words are Linux's.
 *
 * LOCKING  None. `reporting` is each CPU's own, with interrupts off.
 */
#ifdef CONFIG_KASAN

#include "kernel/kasan_report.h"
#include "kernel/bug.h"
#include "kernel/kasan.h"
#include "kernel/ksyms.h"
#include "kernel/lib/seqbuf.h"
#include "kernel/printk.h"
#include "kernel/task.h"
#include <arch/irq.h>
#include <arch/kasan.h>
#include <arch/percpu.h>
#include <arch/stack.h>

#define ROW_BYTES   16 /* of shadow */
#define ROW_SIZE    (ROW_BYTES * KASAN_GRANULE)
#define ROWS_BEFORE 2
#define ROWS_AFTER  2

/* A loop over bad memory would fill the log; the first few say what there is to say. */
#define MAX_REPORTS 16

void (*kasan_describe)(uintptr_t addr);

static DEFINE_PER_CPU(bool, reporting);
static unsigned nr_unexpected; /* atomic */

static const uint8_t *shadow_of(uintptr_t addr)
{
    return (const uint8_t *)kasan_shadow_of(addr);
}

/* Why the byte at @addr may not be touched. */
static const char *kind_of(uintptr_t addr)
{
    uint8_t why = *shadow_of(addr);

    if (why < KASAN_GRANULE)
        why = *shadow_of(addr + KASAN_GRANULE); /* the rest of an object: what lies behind it? */
    switch (why) {
    case KASAN_PAGE_FREE:
    case KASAN_OBJECT_FREE:
        return "use-after-free";
    case KASAN_OBJECT_REDZONE:
        return "slab-out-of-bounds";
    case KASAN_GLOBAL_REDZONE:
        return "global-out-of-bounds";
    case KASAN_STACK_LEFT:
    case KASAN_STACK_MID:
    case KASAN_STACK_RIGHT:
        return "stack-out-of-bounds";
    case KASAN_USE_AFTER_SCOPE:
        return addr >= KSTACK_END && addr < VMALLOC_END ? "vmalloc-out-of-bounds"
                                                        : "use-after-scope";
    default:
        return "out-of-bounds";
    }
}

static void print_row(uintptr_t row, uintptr_t marked)
{
    bool has_mark = marked - row < ROW_SIZE;
    char text[80];
    struct seqbuf s;

    seqbuf_init(&s, text, sizeof(text));
    for (unsigned i = 0; i < ROW_BYTES; i++)
        seq_printf(&s, " %02x", shadow_of(row)[i]);
    pr_err("%c%016lx:%s", has_mark ? '>' : ' ', row, seqbuf_str(&s));
    if (has_mark)
        pr_err("%*s^",
               (int)(sizeof(">ffff888000000000: ") - 1 + (marked - row) / KASAN_GRANULE * 3), "");
}

static void print_shadow(uintptr_t addr)
{
    uintptr_t row = ALIGN_DOWN(addr, ROW_SIZE);

    pr_err("Memory state around the buggy address:");
    for (int i = -ROWS_BEFORE; i <= ROWS_AFTER; i++) {
        uintptr_t at = row + (uintptr_t)i * ROW_SIZE;

        if (at >= KASAN_MEMORY_START) /* not past either end */
            print_row(at, addr);
    }
}

static void report(const struct kasan_access *a)
{
    const struct task *t = cpu_current();
    size_t offset = 0, size = 0;
    const char *name = ksym_lookup(a->pc - 1, &offset, &size);

    report_bug("KASAN: %s in %s+0x%zx/0x%zx: %s of size %zu at addr %016lx by task %s/%d",
               kind_of(a->first_bad), name ? name : "(no function)", name ? offset + 1 : 0, size,
               a->is_write ? "Write" : "Read", a->size, a->addr, t ? t->comm : "swapper",
               t ? t->pid : 0);
    if (report_is_expected())
        return;
    if (kasan_describe)
        kasan_describe(a->first_bad);
    print_shadow(a->first_bad);
}

/* Is this one of the first MAX_REPORTS, or provoked? */
static bool is_wanted(void)
{
    unsigned nr;

    if (report_is_expected())
        return true;
    nr = __atomic_add_fetch(&nr_unexpected, 1, __ATOMIC_RELAXED);
    if (nr == MAX_REPORTS + 1)
        pr_err("KASAN: more wrong accesses are not shown");
    return nr <= MAX_REPORTS;
}

/* kasan_report - contract in the header. */
void kasan_report(const struct kasan_access *access)
{
    unsigned long flags = irq_save();
    bool *mine = raw_cpu_ptr(&reporting);

    if (!*mine) {
        *mine = true;
        if (is_wanted())
            report(access);
        *mine = false;
    }
    irq_restore(flags);
}

#endif
