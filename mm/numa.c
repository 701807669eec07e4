/*
 * mm/numa.c - which topology: the firmware's, a fake one, or a flat one.
 *
 * THEORY
 *
 * The SRAT says for each processor and each range of memory in which *proximity domain* it lies. A
 * domain's number means nothing and may be anything below 2^32; the kernel wants small numbers to
 * index arrays with. So each domain gets the next free *node id* when it is first met. Processors
 * and generic initiators are read first, in the table's order, and memory after them. With
 *
 *     processor  domain 5          node 0 = domain 5
 *     memory     domain 3     ->   node 1 = domain 7
 *     processor  domain 7          node 2 = domain 3
 *
 * The SLIT is a square matrix of distances, indexed by domain. 10 is local; 20 costs twice as much.
 *
 * Firmware is often wrong, and a half-true map of the machine is worse than none: a page that two
 * nodes claim would be freed to one and taken from the other. So the SRAT is taken as a whole or
 * not at all, and so is the SLIT:
 *
 *     numa=off, no SRAT, a damaged one, too many domains, two nodes with
 *     the same byte, RAM of 1 MiB or more that nobody owns      -> one flat node
 *     SLIT damaged, local distance not 10, remote not above 10  -> 10 local, 20 remote
 *
 * What is decided is a function of the tables, the RAM and the command line alone (numa_decide);
 * the fate of every entry is kept, to be shown in /sys/kernel/debug/numa.
 *
 * INVARIANTS (of the result)
 *   T1  No byte belongs to two nodes.
 *   T2  Every CPU has a node that is possible; if its own node is not known, nodes with memory take
 *       turns, by CPU number.
 *   T3  The distance of a node to itself is 10, all others are above 10.
 *
 * LOCKING  None: the boot CPU decides before the others start; read-only afterwards.
 * UNITS    Physical addresses in bytes; distances in units of the SLIT.
 * SOURCES  ACPI 6.4, 5.2.16 "System Resource Affinity Table (SRAT)" and 5.2.17 "System Locality
 *          Information Table (SLIT)"; the limits and tolerances are those of Linux 6.1.
 * NOT HERE Bytes (kernel/acpi/srat.c, slit.c); splitting nodes (numa_fake.c); the log
 * (numa_report.c).
 */
#include "mm/numa.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"
#include "kernel/lib/vsprintf.h"
#include "mm/numa_internal.h"

/* x2APIC entries with an id from here on count only if the machine has such a CPU, and never above
 * the second limit: so Linux has it, which is in x2APIC mode on such a machine only. */
#define XAPIC_ID_LIMIT  255
#define X2APIC_ID_LIMIT 32768

/* RAM that no node owns and that is tolerated (and lost): Linux 6.1 allows for less than 1 MiB. */
#define NUMA_UNOWNED_LIMIT MiB(1)

/* Work space of numa_decide: too big for the stack. */
static struct numa_blocks work;
_Static_assert(MEMBLOCK_MAX_REGIONS == 1024, "check_blocks() says so");

/* numa_node_of_pxm - the node that a proximity domain became, or NUMA_NO_NODE. */
int numa_node_of_pxm(const struct numa_topology *t, uint32_t pxm)
{
    for (int nid = 0; nid < t->nr_pxm_nodes; nid++) {
        if ((uint32_t)t->node_pxm[nid] == pxm)
            return nid;
    }
    return NUMA_NO_NODE;
}

/* The node of @pxm, a new one if it is met for the first time; NUMA_NO_NODE if there are too many.
 */
static int map_pxm(struct numa_topology *t, uint32_t pxm)
{
    int nid;

    if (pxm >= NUMA_MAX_PXM)
        return NUMA_NO_NODE;
    nid = numa_node_of_pxm(t, pxm);
    if (nid == NUMA_NO_NODE && t->nr_pxm_nodes < MAX_NUMNODES) {
        nid = t->nr_pxm_nodes++;
        t->node_pxm[nid] = (int32_t)pxm;
    }
    return nid;
}

static bool is_processor(const struct srat_entry *e)
{
    return e->type == SRAT_CPU || e->type == SRAT_X2APIC;
}

static const char *reject_reason(enum numa_fate fate)
{
    switch (fate) {
    case FATE_BAD_LENGTH:
        return "its length is wrong for its type";
    case FATE_BAD_PXM:
        return "its proximity domain is 1024 or more, or there are more than 128 domains";
    case FATE_TOO_MANY:
        return "there are more memory ranges than fit";
    case FATE_OVERLAPS:
        return "its range overlaps another node's";
    default:
        return NULL;
    }
}

/* Note why the whole table is not used. */
static int reject_entry(struct numa_topology *t, const struct srat_entry *e, enum numa_fate fate)
{
    snprintf(t->verdict, sizeof(t->verdict), "SRAT: entry at offset 0x%x: %s", e->offset,
             reject_reason(fate));
    return -EINVAL;
}

/* The APIC ids below can be a CPU's on this machine. */
static uint32_t apic_id_limit(const struct numa_input *in)
{
    for (unsigned cpu = 0; cpu < in->nr_cpus; cpu++) {
        if (in->apic_ids[cpu] >= XAPIC_ID_LIMIT)
            return X2APIC_ID_LIMIT;
    }
    return XAPIC_ID_LIMIT;
}

static enum numa_fate take_processor(struct numa_topology *t, const struct srat_entry *e,
                                     uint32_t id_limit)
{
    int nid;

    if (e->malformed)
        return FATE_BAD_LENGTH;
    if (!e->enabled)
        return FATE_DISABLED;
    if (e->type == SRAT_X2APIC && e->apic_id >= id_limit)
        return FATE_BAD_APIC;
    nid = map_pxm(t, e->pxm);
    if (nid == NUMA_NO_NODE)
        return FATE_BAD_PXM;
    nodemask_set(&t->possible, nid);
    return FATE_USED;
}

static enum numa_fate take_generic_initiator(struct numa_topology *t, const struct srat_entry *e)
{
    int nid;

    if (e->malformed)
        return FATE_BAD_LENGTH;
    if (!e->enabled)
        return FATE_DISABLED;
    nid = map_pxm(t, e->pxm);
    if (nid == NUMA_NO_NODE)
        return FATE_BAD_PXM;
    nodemask_set(&t->possible, nid);
    nodemask_set(&t->generic_initiator, nid);
    return FATE_USED;
}

static enum numa_fate take_memory(struct numa_topology *t, const struct srat_entry *e,
                                  const struct memblock *mb)
{
    uint64_t end = e->base + e->size;
    int nid;

    if (e->malformed)
        return FATE_BAD_LENGTH;
    if (!e->enabled)
        return FATE_DISABLED;
    nid = map_pxm(t, e->pxm);
    if (nid == NUMA_NO_NODE)
        return FATE_BAD_PXM;
    nodemask_set(&t->possible, nid);
    if (e->size == 0)
        return FATE_EMPTY;
    if (end < e->base)
        return FATE_WRAPS;
    if (numa_blocks_add(&work, e->base, end, nid))
        return FATE_TOO_MANY;
    return memblock_overlaps_memory(mb, e->base, end) ? FATE_USED : FATE_NO_RAM;
}

/* Read one kind of entries in the table's order. Returns -EINVAL when one rejects the table. */
static int take_entries(struct numa_topology *t, const struct numa_input *in, bool memory)
{
    uint32_t id_limit = apic_id_limit(in);

    for (unsigned i = 0; i < in->srat->nr_entries; i++) {
        const struct srat_entry *e = &in->srat->entries[i];
        enum numa_fate fate;

        if ((e->type == SRAT_MEMORY) != memory)
            continue;
        if (e->type == SRAT_MEMORY)
            fate = take_memory(t, e, in->memblock);
        else if (is_processor(e))
            fate = take_processor(t, e, id_limit);
        else if (e->type == SRAT_GENERIC_INITIATOR)
            fate = take_generic_initiator(t, e);
        else
            fate = FATE_UNKNOWN_TYPE;
        if (i < ARRAY_SIZE(t->fates))
            t->fates[i] = (uint8_t)fate;
        if (reject_reason(fate))
            return reject_entry(t, e, fate);
    }
    return 0;
}

/* Two nodes claim the same byte: name them, and mark the entries. */
static int reject_overlap(struct numa_topology *t, const struct numa_input *in, unsigned first,
                          unsigned second)
{
    const struct numa_block *a = &work.block[first], *b = &work.block[second];

    snprintf(t->verdict, sizeof(t->verdict),
             "SRAT: node %d [mem 0x%08llx-0x%08llx] overlaps with node %d [mem 0x%08llx-0x%08llx]",
             a->nid, (unsigned long long)a->start, (unsigned long long)a->end - 1, b->nid,
             (unsigned long long)b->start, (unsigned long long)b->end - 1);
    for (unsigned i = 0; i < min(in->srat->nr_entries, (unsigned)ARRAY_SIZE(t->fates)); i++) {
        const struct srat_entry *e = &in->srat->entries[i];

        if (t->fates[i] == FATE_USED && e->type == SRAT_MEMORY &&
            (e->base == a->start || e->base == b->start))
            t->fates[i] = FATE_OVERLAPS;
    }
    return -EINVAL;
}

/* Is there an enabled memory entry at all? */
static bool any_memory_entry(const struct srat *srat)
{
    for (unsigned i = 0; i < srat->nr_entries; i++) {
        if (srat->entries[i].type == SRAT_MEMORY && srat->entries[i].enabled)
            return true;
    }
    return false;
}

static int reject(struct numa_topology *t, const char *why)
{
    strlcpy(t->verdict, why, sizeof(t->verdict));
    return -EINVAL;
}

/* Do the ranges of `work` hold together, with each other and with RAM? */
static int check_blocks(struct numa_topology *t, const struct numa_input *in)
{
    unsigned first, second;

    numa_blocks_trim(&work, in->memblock);
    if (numa_blocks_find_overlap(&work, &first, &second))
        return reject_overlap(t, in, first, second);
    numa_blocks_join(&work);
    t->covered_bytes = numa_blocks_ram(&work, in->memblock);
    if (!t->covered_bytes || t->ram_bytes - t->covered_bytes >= NUMA_UNOWNED_LIMIT) {
        snprintf(t->verdict, sizeof(t->verdict),
                 "SRAT: nodes own only %llu KiB of %llu KiB of RAM, all but 1024 KiB must have one",
                 (unsigned long long)t->covered_bytes >> 10,
                 (unsigned long long)t->ram_bytes >> 10);
        return -EINVAL;
    }
    if (!numa_blocks_fit(&work, in->memblock))
        return reject(t, "SRAT: its ranges cut RAM into more than 1024 pieces");
    return 0;
}

/* Make `work` the nodes' memory. */
static int accept_blocks(struct numa_topology *t, const struct numa_input *in)
{
    int err = check_blocks(t, in);

    if (err)
        return err;
    t->nr_blocks = work.nr;
    memcpy(t->blocks, work.block, work.nr * sizeof(work.block[0]));
    return 0;
}

static int from_srat(struct numa_topology *t, const struct numa_input *in)
{
    int err;

    if (!in->srat)
        return reject(t, "no SRAT");
    if (in->srat_diag) {
        snprintf(t->verdict, sizeof(t->verdict), "SRAT: offset 0x%x: %s", in->srat_diag->offset,
                 in->srat_diag->reason);
        return -EINVAL;
    }
    t->nr_fates = min(in->srat->nr_entries, (unsigned)ARRAY_SIZE(t->fates));
    work.nr = 0;
    err = take_entries(t, in, false);
    if (!err)
        err = take_entries(t, in, true);
    if (err)
        return err;
    if (!any_memory_entry(in->srat))
        return reject(t, "SRAT: no enabled memory entry, so no node would have memory");
    return accept_blocks(t, in);
}

/* One node with everything. Keeps the verdict and the fates that led here. */
static void make_flat(struct numa_topology *t, const struct numa_input *in)
{
    t->origin = NUMA_ORIGIN_FLAT;
    nodemask_zero(&t->possible);
    nodemask_zero(&t->generic_initiator);
    nodemask_set(&t->possible, 0);
    while (t->nr_pxm_nodes)
        t->node_pxm[--t->nr_pxm_nodes] = -1;
    t->nr_blocks = 1;
    t->blocks[0] = (struct numa_block){.start = 0, .end = memblock_end(in->memblock), .nid = 0};
}

/* A distance as the SLIT has it for two nodes, or the default where it says nothing. */
static uint8_t slit_distance(const struct numa_topology *t, const struct slit *slit, int from,
                             int to)
{
    uint8_t other = from == to ? LOCAL_DISTANCE : REMOTE_DISTANCE;
    uint32_t from_pxm, to_pxm;

    if (!slit || from >= t->nr_pxm_nodes || to >= t->nr_pxm_nodes)
        return other;
    from_pxm = (uint32_t)t->node_pxm[from];
    to_pxm = (uint32_t)t->node_pxm[to];
    if (from_pxm >= slit->nr_localities || to_pxm >= slit->nr_localities)
        return other;
    return slit->distance[(size_t)from_pxm * slit->nr_localities + to_pxm];
}

/* Local is 10, remote is more, everywhere in the table; else the verdict says where not. */
static bool slit_values_ok(struct numa_topology *t, const struct slit *slit)
{
    for (unsigned i = 0; i < slit->nr_localities; i++) {
        for (unsigned j = 0; j < slit->nr_localities; j++) {
            unsigned d = slit->distance[(size_t)i * slit->nr_localities + j];

            if (i == j ? d == LOCAL_DISTANCE : d > LOCAL_DISTANCE)
                continue;
            snprintf(t->slit_verdict, sizeof(t->slit_verdict),
                     "SLIT: distance of domain %u to domain %u is %u, should be %s", i, j, d,
                     i == j ? "10" : "above 10");
            return false;
        }
    }
    return true;
}

/* The table to take distances from, or NULL with the reason in the verdict. */
static const struct slit *usable_slit(struct numa_topology *t, const struct numa_input *in)
{
    if (t->origin == NUMA_ORIGIN_FLAT)
        strlcpy(t->slit_verdict, "SLIT: there is one node only", sizeof(t->slit_verdict));
    else if (in->slit_diag)
        snprintf(t->slit_verdict, sizeof(t->slit_verdict), "SLIT: offset 0x%x: %s",
                 in->slit_diag->offset, in->slit_diag->reason);
    else if (!in->slit)
        strlcpy(t->slit_verdict, "no SLIT", sizeof(t->slit_verdict));
    else if (slit_values_ok(t, in->slit))
        return in->slit;
    return NULL;
}

static int highest_node(const nodemask_t *mask)
{
    int nid, last = -1;

    for_each_node_mask (nid, mask)
        last = nid;
    return last;
}

static void set_distances(struct numa_topology *t, const struct numa_input *in)
{
    const struct slit *slit = usable_slit(t, in);

    t->slit_used = slit != NULL;
    t->nr_nodes = highest_node(&t->possible) + 1;
    for (int i = 0; i < t->nr_nodes; i++) {
        for (int j = 0; j < t->nr_nodes; j++)
            t->distance[i * t->nr_nodes + j] = slit_distance(t, slit, i, j);
    }
}

/* The nodes that own RAM. */
static nodemask_t memory_nodes(const struct numa_topology *t, const struct memblock *mb)
{
    nodemask_t m;

    nodemask_zero(&m);
    for (unsigned i = 0; i < t->nr_blocks; i++) {
        if (numa_block_ram(&t->blocks[i], mb))
            nodemask_set(&m, t->blocks[i].nid);
    }
    return m;
}

/* The last enabled entry for this APIC id, or NULL; earlier ones are marked. */
static const struct srat_entry *find_processor(struct numa_topology *t, const struct srat *srat,
                                               uint32_t apic_id)
{
    const struct srat_entry *found = NULL;
    unsigned found_at = 0;

    for (unsigned i = 0; i < srat->nr_entries; i++) {
        const struct srat_entry *e = &srat->entries[i];

        if (!is_processor(e) || e->malformed || !e->enabled || e->apic_id != apic_id)
            continue;
        if (found && found_at < t->nr_fates)
            t->fates[found_at] = FATE_REPEATED;
        found = e;
        found_at = i;
    }
    return found;
}

/* Mark the entries of processors that the machine does not have. */
static void mark_absent_processors(struct numa_topology *t, const struct numa_input *in)
{
    for (unsigned i = 0; i < t->nr_fates; i++) {
        const struct srat_entry *e = &in->srat->entries[i];
        bool present = false;

        if (!is_processor(e) || t->fates[i] != FATE_USED)
            continue;
        for (unsigned cpu = 0; cpu < in->nr_cpus; cpu++)
            present |= in->apic_ids[cpu] == e->apic_id;
        if (!present)
            t->fates[i] = FATE_NO_CPU;
    }
}

/* numa_logical_node - the first node that is, or is a part of, the firmware's node @nid; 0 if there is none. numa=fake
 * leaves no part of a node without memory; its CPUs go to node 0 then, as in Linux. */
int numa_logical_node(const struct numa_topology *t, int nid)
{
    int n;

    for_each_node_mask (n, &t->possible) {
        if (t->phys_node[n] == nid)
            return n;
    }
    return 0;
}

/* T2: each CPU to its node, those without one in turns to the nodes with memory. */
static void place_cpus(struct numa_topology *t, const struct numa_input *in)
{
    nodemask_t with_memory = memory_nodes(t, in->memblock);
    int turn = nodemask_first(&with_memory);

    for (unsigned cpu = 0; cpu < in->nr_cpus && cpu < NUMA_MAX_CPUS; cpu++) {
        const struct srat_entry *e = NULL;

        if (t->origin == NUMA_ORIGIN_SRAT)
            e = find_processor(t, in->srat, in->apic_ids[cpu]);
        t->cpu_node[cpu] = e ? numa_logical_node(t, numa_node_of_pxm(t, e->pxm)) : turn;
        turn = nodemask_next(&with_memory, turn);
        if (turn >= MAX_NUMNODES)
            turn = nodemask_first(&with_memory);
    }
    if (t->origin == NUMA_ORIGIN_SRAT)
        mark_absent_processors(t, in);
}

/* The word by which numa= says that the SRAT shall not be used, or NULL. All mean the same. */
static const char *refusal(const char *option)
{
    static const char *const words[][2] = {{"off", "numa=off"}, {"noacpi", "numa=noacpi"}};

    for (unsigned i = 0; option && i < ARRAY_SIZE(words); i++) {
        if (strcmp(option, words[i][0]) == 0)
            return words[i][1];
    }
    return NULL;
}

/* What of numa= comes after the firmware's topology is known. */
static void obey_option(struct numa_topology *t, const struct numa_input *in)
{
    if (!in->option || refusal(in->option))
        return;
    if (strncmp(in->option, "fake=", 5) == 0)
        t->fake = numa_fake(t, in->memblock, in->option + 5) == 0;
    else
        snprintf(t->fake_verdict, sizeof(t->fake_verdict),
                 "numa=%s: not known; use off, noacpi, fake=N, fake=SIZE (M or G) or fake=NU",
                 in->option);
}

/*
 * numa_decide - the whole decision.
 *
 * @t   out; anything in it is overwritten.
 * @in  see struct numa_input; memblock has at least one page of RAM.
 *
 * Always succeeds: what cannot be used is left out, with the reason in the verdicts and fates.
 * Context: boot; not reentrant (one work space). Cost: entries x CPUs, and ranges^2 comparisons.
 */
void numa_decide(struct numa_topology *t, const struct numa_input *in)
{
    memset(t, 0, sizeof(*t));
    t->origin = NUMA_ORIGIN_SRAT;
    t->ram_bytes = memblock_bytes_in(in->memblock, 0, UINT64_MAX, NUMA_NO_NODE);
    for (int nid = 0; nid < MAX_NUMNODES; nid++) {
        t->phys_node[nid] = nid;
        t->node_pxm[nid] = -1;
    }
    if (refusal(in->option) ? reject(t, refusal(in->option)) : from_srat(t, in))
        make_flat(t, in);
    set_distances(t, in);
    obey_option(t, in);
    place_cpus(t, in);
}

/*
 * numa_apply - tell memblock whose each range is.
 *
 * RAM in no block, and a page that two nodes share, is nobody's and no longer in @mb afterwards.
 * Returns 0, if @mb is the one that the decision was made from; else maybe -ENOSPC.
 */
int numa_apply(const struct numa_topology *t, struct memblock *mb)
{
    return numa_blocks_apply(t->blocks, t->nr_blocks, mb);
}
