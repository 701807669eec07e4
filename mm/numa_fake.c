/*
 * mm/numa_fake.c - numa=fake=...: a machine of many nodes on a machine of few.
 *
 * THEORY
 *
 * Each fake node is a piece of a physical node, so locality stays true: it has the physical node's
 * CPUs and distances, and two pieces of one node are 10 apart. Three ways to cut:
 *
 *   fake=4      four nodes of equal size over the whole machine. Physical nodes take turns, so that
 *               fake nodes 0, 2 lie on physical node 0 and 1, 3 on node 1:
 *
 *                   physical   |------------ 0 ------------|------------ 1 ------------|
 *                   fake=4     |----- 0 -----|----- 2 -----|----- 1 -----|----- 3 -----|
 *
 *   fake=128M   nodes of at least 128 MiB of RAM each, as many as there is room for.
 *   fake=2U     each physical node into two, by address alone, holes or not.
 *
 * Sizes are multiples of 32 MiB. A piece grows past its size over holes, to the end of the physical
 * node if what would be left is too small to be a node, and to 4 GiB if less than 32 MiB would be
 * left below it (else the next node would be split in a useless ZONE_DMA32 and a ZONE_NORMAL).
 *
 * What follows the option's number and its letter is not looked at, as in Linux, but it is told.
 *
 * INVARIANTS
 *   F1  A fake node lies in one physical node, unless fake=N asks for fewer nodes than there are
 *       physical ones: then the pieces are dealt out again from node 0 on, and a node counts as a
 *       part of the physical node of its first piece.
 *   F2  All RAM that had a node has one afterwards, but for a page that a piece's border goes
 *       through (the firmware's ranges may begin anywhere).
 *   F3  Node ids are dense, and each fake node has RAM.
 *
 * LOCKING  None: the boot CPU alone.
 * UNITS    Physical addresses in bytes.
 * SOURCES  The meaning of the option, the 32 MiB and the rounding are those of Linux 6.1
 *          (Documentation/x86/x86_64/boot-options.rst, "NUMA"), so that both cut alike.
 */
#include "kernel/lib/errno.h"
#include "kernel/lib/parse.h"
#include "kernel/lib/string.h"
#include "kernel/lib/vsprintf.h"
#include "mm/numa_internal.h"
#include "mm/zone.h"
#include <arch/page.h>

#define FAKE_NODE_MIN_SIZE MiB(32)

/* How a cut decides where a piece ends. */
struct cut {
    enum { CUT_COUNT, CUT_SIZE, CUT_UNIFORM } kind;
    uint64_t size;    /* of a piece, bytes */
    unsigned nr_big;  /* CUT_COUNT: the first pieces are one unit larger, for the remainder */
    unsigned wrap;    /* CUT_COUNT: node ids are taken modulo this */
    unsigned nr_made; /* pieces cut so far */
    nodemask_t from;  /* physical nodes that are cut */
};

/* Work space: ranges that are still to be cut, and pieces. Too big for the stack. */
static struct numa_blocks left, pieces;
static int piece_phys[MAX_NUMNODES];

static uint64_t ram_in(const struct memblock *mb, uint64_t start, uint64_t end)
{
    start = ALIGN_UP(start, PAGE_SIZE);
    end = ALIGN_DOWN(end, PAGE_SIZE);
    return start < end ? memblock_bytes_in(mb, start, end, NUMA_NO_NODE) : 0;
}

/* Bytes that are not RAM. */
static uint64_t hole_in(const struct memblock *mb, uint64_t start, uint64_t end)
{
    start = ALIGN_UP(start, PAGE_SIZE);
    end = ALIGN_DOWN(end, PAGE_SIZE);
    return start < end ? end - start - ram_in(mb, start, end) : 0;
}

static int find_left(int nid)
{
    for (unsigned i = 0; i < left.nr; i++) {
        if (left.block[i].nid == nid)
            return (int)i;
    }
    return -1;
}

/* Grow [start, end) in steps until it holds @size bytes of RAM or reaches @limit. */
static uint64_t grow(const struct memblock *mb, uint64_t start, uint64_t end, uint64_t limit,
                     uint64_t size)
{
    while (end - start - hole_in(mb, start, end) < size) {
        end += FAKE_NODE_MIN_SIZE;
        if (end > limit)
            return limit;
    }
    return end;
}

/* Where the piece that starts at @start ends; @limit is the end of the physical range. */
static uint64_t piece_end(const struct cut *cut, const struct memblock *mb, uint64_t start,
                          uint64_t limit)
{
    uint64_t end = start + cut->size;

    if (cut->kind == CUT_COUNT && cut->nr_made < cut->nr_big)
        end += FAKE_NODE_MIN_SIZE;
    if (cut->kind != CUT_UNIFORM)
        end = grow(mb, start, end, limit, cut->size);
    if (end < ZONE_DMA32_END &&
        ZONE_DMA32_END - end - hole_in(mb, end, ZONE_DMA32_END) < FAKE_NODE_MIN_SIZE)
        end = ZONE_DMA32_END;
    if (cut->kind != CUT_UNIFORM && end < limit &&
        limit - end - hole_in(mb, end, limit) < cut->size)
        end = limit;
    return min(end, limit);
}

/* Cut the next piece off range @i. -ENOSPC if there are too many pieces, or nodes. */
static int cut_piece(struct cut *cut, const struct memblock *mb, int i)
{
    struct numa_block *b = &left.block[i];
    int nid = (int)(cut->kind == CUT_COUNT ? cut->nr_made % cut->wrap : cut->nr_made);
    uint64_t end = piece_end(cut, mb, b->start, b->end);

    if (nid >= MAX_NUMNODES || numa_blocks_add(&pieces, b->start, end, nid))
        return -ENOSPC;
    cut->nr_made++;
    if (piece_phys[nid] == NUMA_NO_NODE)
        piece_phys[nid] = b->nid;
    b->start = end;
    if (b->start >= b->end)
        numa_blocks_remove(&left, (unsigned)i);
    return 0;
}

/* Let the physical nodes of the cut take turns until nothing is left of them. */
static int cut_all(struct cut *cut, const struct memblock *mb)
{
    while (!nodemask_empty(&cut->from)) {
        int nid;

        for_each_node_mask (nid, &cut->from) {
            int i = find_left(nid);

            if (i < 0)
                nodemask_clear(&cut->from, nid);
            else if (cut_piece(cut, mb, i))
                return -ENOSPC;
        }
    }
    return 0;
}

static int fail(struct numa_topology *t, const char *option, const char *why)
{
    snprintf(t->fake_verdict, sizeof(t->fake_verdict), "numa=fake=%s: %s", option, why);
    return -EINVAL;
}

/* The option is obeyed, but not to the letter. */
static void note(struct numa_topology *t, const char *option, const char *what)
{
    snprintf(t->fake_verdict, sizeof(t->fake_verdict), "numa=fake=%s: %s", option, what);
}

/* fake=N */
static int cut_by_count(struct numa_topology *t, const struct memblock *mb, const char *option,
                        uint64_t n)
{
    struct cut cut = {.kind = CUT_COUNT, .from = t->possible};
    uint64_t bytes, exact;

    if (n == 0)
        return fail(t, option, "the number of nodes must be at least 1");
    if (n > MAX_NUMNODES) {
        n = MAX_NUMNODES;
        note(t, option, "that is too many, taken as 128");
    }
    bytes = memblock_end(mb) - hole_in(mb, 0, memblock_end(mb));
    exact = ((bytes >> PAGE_SHIFT) / n) << PAGE_SHIFT;
    cut.size = ALIGN_DOWN(exact, FAKE_NODE_MIN_SIZE);
    if (!cut.size)
        return fail(t, option, "less than 32 MiB of RAM for each node");
    cut.nr_big = (unsigned)((exact - cut.size) * n / FAKE_NODE_MIN_SIZE);
    cut.wrap = (unsigned)n;
    return cut_all(&cut, mb);
}

/* fake=SIZE */
static int cut_by_size(struct numa_topology *t, const struct memblock *mb, const char *option,
                       uint64_t size)
{
    struct cut cut = {.kind = CUT_SIZE, .from = t->possible};
    uint64_t all = ALIGN_UP(memblock_end(mb), FAKE_NODE_MIN_SIZE);
    uint64_t pages = (memblock_end(mb) - hole_in(mb, 0, memblock_end(mb))) >> PAGE_SHIFT;
    uint64_t least = (pages / MAX_NUMNODES) << PAGE_SHIFT;

    if (size == 0)
        return fail(t, option, "the size must be above 0");
    least = ALIGN_UP(max(least, FAKE_NODE_MIN_SIZE), FAKE_NODE_MIN_SIZE);
    if (size < least)
        note(t, option, "too small, a node has at least 32 MiB and 1/128 of the RAM");
    /* No piece is larger than all there is, and sums with it don't wrap. */
    cut.size = ALIGN_DOWN(clamp(size, least, max(all, least)), FAKE_NODE_MIN_SIZE);
    return cut_all(&cut, mb);
}

/* fake=NU */
static int cut_uniformly(struct numa_topology *t, const struct memblock *mb, const char *option,
                         uint64_t n)
{
    unsigned made = 0;
    int phys;

    if (n == 0 || n > MAX_NUMNODES)
        return fail(t, option, "the number of nodes must be 1 to 128");
    for_each_node_mask (phys, &t->possible) {
        struct cut cut = {.kind = CUT_UNIFORM, .nr_made = made};
        uint64_t pages;

        if (!left.nr)
            break;
        /* The list shrinks from its front, so its first range is the next node's. */
        pages = (left.block[0].end - left.block[0].start) >> PAGE_SHIFT;
        cut.size = ALIGN_UP(max((pages / n) << PAGE_SHIFT, FAKE_NODE_MIN_SIZE), FAKE_NODE_MIN_SIZE);
        nodemask_zero(&cut.from);
        nodemask_set(&cut.from, left.block[0].nid);
        if (cut_all(&cut, mb))
            return -ENOSPC;
        if (cut.nr_made < n)
            return fail(t, option, "a physical node is too small to be cut so often");
        made = cut.nr_made;
    }
    return 0;
}

/* Understand the option and cut. */
static int cut_as_told(struct numa_topology *t, const struct memblock *mb, const char *option)
{
    static const char expected[] = "expected a number of nodes (4), a size (128M, 2G) or 4U";
    const char *end;
    uint64_t n;

    if (parse_u64(option, 0, &n, &end))
        return fail(t, option, expected);
    if (*end && (!strchr("UMG", *end) || end[1]))
        note(t, option, "what follows the number, or its U, M or G, is ignored");
    if (*end == 'U')
        return cut_uniformly(t, mb, option, n);
    if (*end != 'M' && *end != 'G')
        return cut_by_count(t, mb, option, n);
    if (parse_size(option, &n, &end))
        return fail(t, option, expected);
    return cut_by_size(t, mb, option, n);
}

/* F3 */
static bool all_have_ram(const struct memblock *mb)
{
    nodemask_t with_ram;
    int highest = 0;

    nodemask_zero(&with_ram);
    for (unsigned i = 0; i < pieces.nr; i++) {
        highest = max(highest, pieces.block[i].nid);
        if (numa_block_ram(&pieces.block[i], mb))
            nodemask_set(&with_ram, pieces.block[i].nid);
    }
    return nodemask_weight(&with_ram) == highest + 1;
}

/* Make the pieces the topology. */
static void commit(struct numa_topology *t)
{
    static uint8_t phys_distance[MAX_NUMNODES * MAX_NUMNODES];
    int nr_phys = t->nr_nodes;

    memcpy(phys_distance, t->distance, sizeof(phys_distance));
    nodemask_zero(&t->possible);
    nodemask_zero(&t->generic_initiator);
    t->nr_nodes = 0;
    for (unsigned i = 0; i < pieces.nr; i++) {
        nodemask_set(&t->possible, pieces.block[i].nid);
        t->nr_nodes = max(t->nr_nodes, pieces.block[i].nid + 1);
    }
    for (int i = 0; i < t->nr_nodes; i++) {
        t->phys_node[i] = piece_phys[i];
        for (int j = 0; j < t->nr_nodes; j++)
            t->distance[i * t->nr_nodes + j] =
                phys_distance[piece_phys[i] * nr_phys + piece_phys[j]];
    }
    t->nr_blocks = pieces.nr;
    memcpy(t->blocks, pieces.block, pieces.nr * sizeof(pieces.block[0]));
}

/*
 * numa_fake - cut the nodes of @t as @option says ("4", "128M", "2U").
 *
 * Returns 0, and a note in @t->fake_verdict if that is not to the letter what was asked for; or
 * -EINVAL if the option makes no sense on this machine, with the reason in @t->fake_verdict, and
 * the rest of @t is as it was.
 */
int numa_fake(struct numa_topology *t, const struct memblock *mb, const char *option)
{
    int err;

    left.nr = t->nr_blocks;
    memcpy(left.block, t->blocks, t->nr_blocks * sizeof(t->blocks[0]));
    pieces.nr = 0;
    for (int nid = 0; nid < MAX_NUMNODES; nid++)
        piece_phys[nid] = NUMA_NO_NODE;
    err = cut_as_told(t, mb, option);
    if (err == -ENOSPC)
        return fail(t, option, "that would make more than 128 nodes, or 1024 ranges");
    if (err)
        return err;
    if (!all_have_ram(mb))
        return fail(t, option, "there would be a node without RAM");
    numa_blocks_trim(&pieces, mb);
    numa_blocks_join(&pieces);
    if (!numa_blocks_fit(&pieces, mb))
        return fail(t, option, "that would cut RAM into more than 1024 pieces");
    commit(t);
    return 0;
}
