/*
 * mm/vmalloc_show.c - the vmalloc space as files, in Linux's formats.
 *
 * A line of /proc/vmallocinfo is an area: its addresses, guard included, its size, who asked for it,
 * its pages, its kind, and how many of its pages each node has. Before them stands the window of the
 * kernel stacks, whose slots are not areas (mm/kstack.c); behind the areas in use come the ranges
 * that are kept back until the next flush.
 *
 *     0xffffc90000000000-0xffffc90020000000 536870912 kstack_alloc stacks=24 pages=96
 *     0xffffc90020001000-0xffffc90020005000   16384 make_table+0x21/0x60 pages=3 vmalloc N0=1 N1=2
 *     0xffffc90020005000-0xffffc90020007000    8192 unpurged vm_area
 */
#include "kernel/ksyms.h"
#include "kernel/lib/seqbuf.h"
#include "kernel/lib/string.h"
#include "kernel/mutex.h"
#include "mm/kstack.h"
#include "mm/node.h"
#include "mm/vmalloc.h"
#include "mm/vmap_area.h"

static DEFINE_MUTEX(counts_mutex);
static unsigned long counts[MAX_NUMNODES]; /* protected by counts_mutex; too large for a stack */

static void show_range(struct seqbuf *s, uintptr_t start, uintptr_t end)
{
    seq_printf(s, "0x%016lx-0x%016lx %7lu", start, end, end - start);
}

static void show_caller(struct seqbuf *s, uintptr_t caller)
{
    size_t offset, size;
    const char *name = ksym_lookup(caller, &offset, &size);

    if (name)
        seq_printf(s, " %s+0x%zx/0x%zx", name, offset, size);
    else
        seq_printf(s, " 0x%lx", caller);
}

static void show_area(struct seqbuf *s, const struct vmap_info *info)
{
    memset(counts, 0, sizeof(counts));
    if (!vmap_count_nodes(info, counts))
        return; /* freed meanwhile */
    show_range(s, info->start, info->start + (info->nr_pages + 1) * PAGE_SIZE);
    show_caller(s, info->caller);
    if (info->kind == VMAP_VMALLOC)
        seq_printf(s, " pages=%lu vmalloc", info->nr_pages);
    else
        seq_puts(s, " vmap");
    for (int nid = 0; nid < MAX_NUMNODES && info->kind == VMAP_VMALLOC; nid++)
        if (counts[nid])
            seq_printf(s, " N%d=%lu", nid, counts[nid]);
    seq_putc(s, '\n');
}

/* The window of the kernel stacks is one line, as its slots are not areas. */
static void show_stacks(struct seqbuf *s)
{
    show_range(s, KSTACK_BASE, KSTACK_END);
    seq_printf(s, " kstack_alloc stacks=%u pages=%lu\n", kstack_nr_used(),
               (unsigned long)kstack_nr_used() << KSTACK_ORDER);
}

/* vmallocinfo_show - /proc/vmallocinfo. Context: may sleep. */
void vmallocinfo_show(struct seqbuf *s)
{
    struct vmap_info info;

    show_stacks(s);
    mutex_lock(&counts_mutex);
    for (uintptr_t at = 0; vmap_info_above(at, &info); at = info.end)
        show_area(s, &info);
    mutex_unlock(&counts_mutex);
    for (uintptr_t at = 0; vmap_lazy_above(at, &info); at = info.end) {
        show_range(s, info.start, info.end);
        seq_puts(s, " unpurged vm_area\n");
    }
}

/* vmalloc_meminfo_show - contract in the header. Linux's chunk is always 0, ours tells. */
void vmalloc_meminfo_show(struct seqbuf *s)
{
    struct vmap_stats stats;

    vmap_stats_get(&stats);
    seq_printf(s, "VmallocTotal:   %8lu kB\n", (VMALLOC_END - VMALLOC_BASE - 1) >> 10);
    seq_printf(s, "VmallocUsed:    %8lu kB\n",
               global_node_page_state(NR_VMALLOC) << (PAGE_SHIFT - 10));
    seq_printf(s, "VmallocChunk:   %8zu kB\n", stats.largest >> 10);
}
