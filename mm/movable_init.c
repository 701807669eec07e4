/*
 * mm/movable_init.c - ZONE_MOVABLE on this machine: what the command line asks for, and the log.
 *
 * With movable_node, memory that the kernel takes at boot must not lie where memory may be pulled out.
 * Until the SRAT is read nobody knows where that is; what lies near the kernel most likely goes and stays
 * with it, so allocations go upwards from the kernel's end till then. Whatever node holds something all
 * the same is not hot-pluggable any more: the kernel could not part with it. Afterwards memblock leaves
 * hot-pluggable ranges alone; so the descriptors of a node that can be pulled out lie on a node that
 * cannot, as in Linux.
 */
#include "kernel/cmdline.h"
#include "kernel/printk.h"
#include "mm/movable.h"
#include "mm/node.h"
#include "mm/numa.h"

static struct movable_options options;

static void read_size(const char *name, struct movable_size *size)
{
    const char *text = cmdline_get(name), *why;

    if (text && movable_parse_size(text, size, &why))
        pr_warn("%s=%s: %s; ignored", name, text, why);
}

/* movable_early - contract in the header. */
void movable_early(struct memblock *mb, uint64_t kernel_end)
{
    read_size("kernelcore", &options.kernelcore);
    read_size("movablecore", &options.movablecore);
    options.movable_node = cmdline_get("movable_node") != NULL;
    if (!options.movable_node)
        return;
    if (options.kernelcore.given || options.movablecore.given)
        pr_warn("movable_node: kernelcore= and movablecore= are ignored, the firmware decides");
    mb->bottom_up = true;
    mb->floor = kernel_end;
}

/* Does somebody have memory of this node? */
static bool holds_something(const struct memblock *mb, int nid)
{
    uint64_t cursor = 0, start, end, nr_free = 0;

    while (memblock_next_free(mb, &cursor, nid, &start, &end))
        nr_free += end - start;
    return nr_free < memblock_bytes_in(mb, 0, UINT64_MAX, nid);
}

static void strike_used_nodes(struct memblock *mb)
{
    for (unsigned i = 0; i < mb->memory.nr; i++) {
        const struct memblock_region *r = &mb->memory.regions[i];
        uint64_t at;

        if (memblock_first_hotplug(mb, r->start, r->end, &at) && holds_something(mb, r->nid)) {
            pr_info(
                "movable_node: node %d [mem 0x%016llx-0x%016llx] holds kernel memory, so not movable",
                r->nid, (unsigned long long)r->start, (unsigned long long)r->end - 1);
            memblock_clear_hotplug(mb, r->start, r->end);
        }
    }
}

/* Linux's lines. */
static void print_borders(void)
{
    pr_info("Movable zone start for each node");
    for (int nid = 0; nid < MAX_NUMNODES; nid++) {
        if (zone_movable_pfn[nid])
            pr_info("  Node %d: 0x%016llx", nid,
                    (unsigned long long)zone_movable_pfn[nid] << PAGE_SHIFT);
    }
}

/* movable_init - contract in the header. */
void movable_init(struct memblock *mb)
{
    if (options.movable_node) {
        numa_mark_hotplug(mb);
        strike_used_nodes(mb);
        mb->bottom_up = false;
    }
    movable_find(zone_movable_pfn, mb, &options);
    if (options.movable_node || options.kernelcore.given || options.movablecore.given)
        print_borders();
}
