/*
 * mm/movable.c - the arithmetic of ZONE_MOVABLE: where it begins in each node.
 *
 * THEORY
 *
 * Pages that the kernel uses for itself cannot be moved: somebody has their address. One of them in the
 * middle of 1 GiB is enough that the gigabyte can neither be pulled out of the machine nor become one
 * large page. So a part of each node can be kept for memory whose owner lets it be moved
 * (__GFP_MOVABLE): the upper end, from the node's *border* on.
 *
 *     node 0   | DMA | DMA32 ........ border ==== Movable ====|
 *     node 1   | Normal ..... border ======== Movable ========|
 *
 * kernelcore=SIZE says how much the kernel keeps in the whole machine, movablecore=SIZE how much it does
 * not; both can be a percentage. Every node shall give the same to the kernel. A node that has less than
 * its share gives all that it has, and what is missing is shared out again among the others:
 *
 *     kernelcore=1G on nodes of    128 MiB   512 MiB   1 GiB    256 MiB
 *     first round, 256 MiB each    128       256       256      256         128 MiB are missing
 *     second, 43 MiB each          -         299       299      -           43 MiB are missing
 *     third, 21 MiB each           -         320       320      -
 *
 * Memory below the highest ordinary zone of the machine (4 GiB, or 16 MiB where there is nothing above
 * 4 GiB) is always the kernel's, since that is what devices can reach, and counts as given.
 *
 * With movable_node the firmware decides: a node's border is its lowest hot-pluggable address.
 *
 * INVARIANTS
 *   K1  A border is a multiple of MAX_ORDER_PAGES, rounded up, and lies before the node's end; a node
 *       without such a place has none (0).
 *
 * LOCKING  None: pure.
 * UNITS    Page frame numbers, pages; memblock has bytes.
 * SOURCES  The results are those of Linux 6.1 ("Movable zone start for each node" in its log).
 * NOT HERE The command line (mm/movable_init.c); zones (mm/zone.c).
 */
#include "mm/movable.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/parse.h"
#include "kernel/lib/string.h"
#include "mm/page.h"
#include "mm/zone.h"

/* While memory is shared out. */
struct plan {
    unsigned long *border;
    const struct memblock *mb;
    unsigned long usable;  /* a movable zone may begin from here on */
    unsigned long missing; /* pages that the kernel has not got yet */
};

static unsigned long pfn_up(uint64_t pa)
{
    return ALIGN_UP(pa, PAGE_SIZE) >> PAGE_SHIFT;
}

static unsigned long pfn_down(uint64_t pa)
{
    return pa >> PAGE_SHIFT;
}

/* Take @nr off *@from, which never falls below 0. */
static void subtract(unsigned long *from, unsigned long nr)
{
    *from -= min(*from, nr);
}

/*
 * movable_parse_size - SIZE with an optional suffix, or N%.
 *
 * @out  written on success only.
 * @why  out on error: a clause that says what would be right.
 *
 * Returns 0 or -EINVAL.
 */
int movable_parse_size(const char *text, struct movable_size *out, const char **why)
{
    uint64_t value;
    const char *end;

    if (strcmp(text, "mirror") == 0) {
        *why = "memory that the firmware mirrors is not told apart; write SIZE or N%";
        return -EINVAL;
    }
    *why = "not a size; write 512M, 2G or 30%";
    if (parse_u64(text, 0, &value, &end) == 0 && strcmp(end, "%") == 0) {
        *why = "more than 100%";
        if (value > 100)
            return -EINVAL;
        *out = (struct movable_size){.given = true, .percent = (unsigned)value};
        return 0;
    }
    if (parse_size(text, &value, NULL))
        return -EINVAL;
    *out = (struct movable_size){.given = true, .nr_pages = pfn_down(value)};
    return 0;
}

/* All pages, and which nodes have some. */
static unsigned long count_pages(const struct memblock *mb, nodemask_t *nodes)
{
    unsigned long nr = 0;

    nodemask_zero(nodes);
    for (unsigned i = 0; i < mb->memory.nr; i++) {
        const struct memblock_region *r = &mb->memory.regions[i];

        if (r->nid == NUMA_NO_NODE || pfn_up(r->start) >= pfn_down(r->end))
            continue;
        nr += pfn_down(r->end) - pfn_up(r->start);
        nodemask_set(nodes, r->nid);
    }
    return nr;
}

static unsigned long pages_of(const struct movable_size *size, unsigned long total)
{
    return size->percent ? total * size->percent / 100 : size->nr_pages;
}

/* How much the kernel shall keep; 0 or @total: all, and there is no ZONE_MOVABLE. */
static unsigned long wanted_pages(const struct movable_options *o, unsigned long total)
{
    unsigned long kernel = pages_of(&o->kernelcore, total);
    unsigned long movable = pages_of(&o->movablecore, total);

    if (!movable)
        return kernel;
    movable = min(ALIGN_UP(movable, MAX_ORDER_PAGES), total);
    return max(kernel, total - movable);
}

/* The first page of the machine's highest ordinary zone. */
static unsigned long first_usable(const struct memblock *mb)
{
    if (memblock_end(mb) > ZONE_DMA32_END)
        return pfn_down(ZONE_DMA32_END);
    return pfn_down(min(memblock_end(mb), (uint64_t)ZONE_DMA_END));
}

/* Node @nid gives up to @share more pages to the kernel, from its border upwards. */
static void give(struct plan *p, int nid, unsigned long share)
{
    for (unsigned i = 0; i < p->mb->memory.nr; i++) {
        const struct memblock_region *r = &p->mb->memory.regions[i];
        unsigned long start = max(pfn_up(r->start), p->border[nid]), end = pfn_down(r->end);
        unsigned long from, nr;

        if (r->nid != nid || start >= end)
            continue;
        from = clamp(p->usable, start, end);
        subtract(&share, from - start);
        subtract(&p->missing, from - start);
        nr = min(end - from, share);
        p->border[nid] = from + nr;
        subtract(&share, nr);
        subtract(&p->missing, nr);
        if (from < end && !share)
            return;
    }
}

/* Rounds, each among one node less, until what is missing is less than a page a node. */
static void share_out(struct plan *p, const nodemask_t *nodes)
{
    unsigned long nr_nodes = (unsigned long)nodemask_weight(nodes);

    do {
        unsigned long share = p->missing / nr_nodes;
        int nid;

        for_each_node_mask (nid, nodes) {
            if (p->missing < share)
                share = p->missing / nr_nodes;
            give(p, nid, share);
        }
        nr_nodes--;
    } while (nr_nodes && p->missing > nr_nodes);
}

/* movable_node: the lowest hot-pluggable page of each node. */
static void find_hotplug(unsigned long *border, const struct memblock *mb)
{
    for (unsigned i = 0; i < mb->memory.nr; i++) {
        const struct memblock_region *r = &mb->memory.regions[i];
        uint64_t at;

        if (r->nid == NUMA_NO_NODE || !memblock_first_hotplug(mb, r->start, r->end, &at))
            continue;
        if (!border[r->nid] || pfn_down(at) < border[r->nid])
            border[r->nid] = pfn_down(at);
    }
}

/* K1 */
static void round_borders(unsigned long *border, const struct memblock *mb)
{
    for (int nid = 0; nid < MAX_NUMNODES; nid++) {
        uint64_t start, end;

        border[nid] = ALIGN_UP(border[nid], MAX_ORDER_PAGES);
        if (!memblock_node_span(mb, nid, &start, &end) || border[nid] >= pfn_down(end))
            border[nid] = 0;
    }
}

/*
 * movable_find - the first page of ZONE_MOVABLE of each node, 0 for none.
 *
 * @border   out, MAX_NUMNODES entries.
 * @mb       RAM with its nodes, and with movable_node the hot-pluggable ranges.
 *
 * Context: any; pure. O(nodes^2 x regions).
 */
void movable_find(unsigned long *border, const struct memblock *mb,
                  const struct movable_options *options)
{
    nodemask_t nodes;
    unsigned long total = count_pages(mb, &nodes), wanted = wanted_pages(options, total);
    struct plan plan = {.border = border, .mb = mb, .missing = wanted};

    memset(border, 0, MAX_NUMNODES * sizeof(*border));
    if (options->movable_node) {
        find_hotplug(border, mb);
    } else {
        if (!wanted || wanted >= total)
            return;
        plan.usable = first_usable(mb);
        share_out(&plan, &nodes);
    }
    round_borders(border, mb);
}
