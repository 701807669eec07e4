/*
 * sched/topology.c - which CPUs are balanced with which: domains and their groups.
 *
 * THEORY
 *
 * Moving a thread costs more the farther it goes: to the other thread of its core next to nothing,
 * to another core a cache, to another node its memory. So each CPU has a chain of domains, each
 * wider than the one below, and balancing in a wide domain is rarer and wants a better reason. The
 * levels of a machine are
 *
 *     SMT   threads of one core
 *     MC    CPUs with one last-level cache
 *     DIE   CPUs of one node; left out if some package holds several nodes
 *     NODE  CPUs at the least distance that occurs: the node again
 *     NUMA  one for each further distance d: the CPUs of all nodes that are no farther than d
 *
 * No level but NUMA reaches over a node: siblings that the processor claims across nodes are
 * ignored. Distances count only between nodes that have CPUs. A CPU's chain ends at the first level
 * that spans all CPUs.
 *
 * A domain is divided into groups, and a group is what the level below made of one of its CPUs: in
 * MC the cores, in DIE the caches, in the first NUMA level the nodes. Above, groups may overlap.
 * Three nodes in a line, 20 apart, a CPU each:
 *
 *     0 --- 1 --- 2        level NUMA 20:  CPU 0: 0-1   CPU 1: 0-2   CPU 2: 1-2
 *                          level NUMA 30:  CPU 0: 0-2                CPU 2: 0-2
 *
 *     groups of CPU 0:  in 0-1: {0} {1}     in 0-2: {0-1} {1-2}
 *     groups of CPU 1:  in 0-2: {1} {2} {0}
 *
 * CPU 1 stands in both groups of the domain 0-2, because it is near to both ends. Groups are chosen
 * by walking the CPUs of the domain upwards from the own one, round the end; each CPU that no
 * earlier group has contributes the domain that *it* has one level down. If that reaches out of the
 * domain that is being divided (a network of three hops or more), a still lower one is taken.
 *
 * Overlap raises the question who balances for a group: {0-1} above is the circle around CPU 0, and
 * CPU 1 sees another one around itself. The balance mask of a group are those of its CPUs whose own
 * domain at that level is this very group, here CPU 0.
 *
 * Where distances depend on the direction, some CPUs span the machine at a lower level than others
 * and have no domain at the level that is being divided. Such CPUs contribute no group; where no
 * other's group has them, the groups don't cover the domain, and it can even have only one. And the
 * first of a balance mask need not have the domain in question. So each domain also names one CPU that
 * looks at it for the CPUs of its first group, balance_cpu: the first of them that has the same one.
 *
 * A level that adds nothing to the one below is dropped: fewer than two CPUs; or the same CPUs as
 * below and no flag that the lower one lacks (flags that speak about groups count only if there are
 * two). At the bottom a domain is dropped if it has nothing to balance and doesn't say where wake-ups
 * may go either.
 *
 * INVARIANTS  sched/verify.c has them all, D1 to D14.
 *
 * LOCKING  None: data in, data out. The result is read-only but for what struct sched_domain says.
 * UNITS    Distances are SLIT units; intervals milliseconds; capacity 1024 a CPU.
 * SOURCES  What Linux 6.1 says of itself with sched_verbose: tests/host/domains_linux.h.
 * NOT HERE Where the input comes from (sched/domains.c); what balancing does (sched/balance.c).
 */
#include "sched/topology.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"

#define MAX_NUMA_LEVELS (SCHED_MAX_DISTANCE - SCHED_LOCAL_DISTANCE + 1)
#define MAX_LEVELS      (3 + MAX_NUMA_LEVELS) /* SMT, MC, DIE */

enum level_kind { LEVEL_SMT, LEVEL_MC, LEVEL_DIE, LEVEL_NUMA };

struct level {
    enum level_kind kind;
    const char *name;
    unsigned flags;
    int distance; /* LEVEL_NUMA: nodes up to here belong to it */
};

/* A group before it is one. */
struct choice {
    int cpu;   /* who contributes it, */
    int level; /* by its domain of this level; -1: just itself */
};

/* A level of one CPU that is kept. */
struct kept {
    int level;
    int nr_groups;
};

/* What building needs; lies in the caller's scratch memory, together with its arrays. */
struct builder {
    const struct sched_topology_input *in;
    struct sched_domains *d;
    int nr_levels;
    struct level levels[MAX_LEVELS];
    struct kept kept[MAX_LEVELS];
    struct choice ring[NR_CPUS];
    cpumask_t spans[]; /* [level * nr_cpus + cpu]; empty where the CPU has no such level */
};

/* Flags that mean nothing in a domain of one group. */
#define GROUP_FLAGS (~(unsigned)SD_WAKE_AFFINE)

/* ---- levels ---------------------------------------------------------------------------------- */

static int distance_of(const struct sched_topology_input *in, int from, int to)
{
    return in->distance[from * in->nr_nodes + to];
}

/* Does @nid have CPUs of those that get domains? */
static bool node_takes_part(const struct sched_topology_input *in, int nid)
{
    cpumask_t cpus;

    cpumask_and(&cpus, &in->node_cpus[nid], in->cpus);
    return !cpumask_empty(&cpus);
}

/* Mark the distances that occur between nodes with CPUs in @seen[0..SCHED_MAX_DISTANCE]. */
static void mark_distances(const struct sched_topology_input *in, bool *seen)
{
    for (int i = 0; i < in->nr_nodes; i++) {
        if (!node_takes_part(in, i))
            continue;
        for (int j = 0; j < in->nr_nodes; j++) {
            if (!seen[distance_of(in, i, j)] && node_takes_part(in, j))
                seen[distance_of(in, i, j)] = true;
        }
    }
}

/* Does some package hold CPUs of several nodes? Then a node is no larger unit than a package. */
static bool package_spans_nodes(const struct sched_topology_input *in)
{
    int a, b;

    for_each_cpu (a, in->cpus) {
        for_each_cpu (b, in->cpus) {
            if (in->place[a].package == in->place[b].package &&
                in->place[a].node != in->place[b].node)
                return true;
        }
    }
    return false;
}

static void add_level(struct builder *b, enum level_kind kind, const char *name, unsigned flags,
                      int distance)
{
    flags |= SD_BALANCE_NEWIDLE | SD_BALANCE_EXEC | SD_BALANCE_FORK | SD_WAKE_AFFINE;
    if (!(flags & SD_NUMA))
        flags |= SD_PREFER_SIBLING;
    else if (distance > b->in->reclaim_distance)
        flags &= ~(unsigned)(SD_BALANCE_EXEC | SD_BALANCE_FORK | SD_WAKE_AFFINE);
    b->levels[b->nr_levels++] = (struct level){kind, name, flags, distance};
}

/* NODE and the NUMA levels. A distance below that of a node to itself makes all of them void. */
static void add_numa_levels(struct builder *b)
{
    bool seen[SCHED_MAX_DISTANCE + 1] = {false}, first = true;

    mark_distances(b->in, seen);
    for (int distance = 0; distance <= SCHED_MAX_DISTANCE; distance++) {
        if (!seen[distance])
            continue;
        if (distance < SCHED_LOCAL_DISTANCE)
            return;
        if (first)
            add_level(b, LEVEL_NUMA, "NODE", 0, distance);
        else
            add_level(b, LEVEL_NUMA, "NUMA", SD_NUMA | SD_OVERLAP | SD_SERIALIZE, distance);
        first = false;
    }
}

static void add_levels(struct builder *b)
{
    add_level(b, LEVEL_SMT, "SMT", SD_SHARE_CPUCAPACITY | SD_SHARE_PKG_RESOURCES, 0);
    add_level(b, LEVEL_MC, "MC", SD_SHARE_PKG_RESOURCES, 0);
    if (!package_spans_nodes(b->in))
        add_level(b, LEVEL_DIE, "DIE", 0, 0);
    add_numa_levels(b);
}

/* ---- spans ----------------------------------------------------------------------------------- */

static cpumask_t *span_of(struct builder *b, int level, int cpu)
{
    return &b->spans[level * b->in->nr_cpus + cpu];
}

static bool share_core(const struct sched_cpu_place *a, const struct sched_cpu_place *b)
{
    return a->node == b->node && a->package == b->package && a->core == b->core;
}

static void add_threads(const struct sched_topology_input *in, int cpu, cpumask_t *span)
{
    int other;

    for_each_cpu (other, in->cpus) {
        if (share_core(&in->place[cpu], &in->place[other]))
            cpumask_set(span, other);
    }
}

/*
 * The last-level cache of a core is what its first thread says. Threads that contradict each other
 * would make some CPU's siblings differ from their sibling's.
 */
static uint32_t cache_of(struct builder *b, int cpu)
{
    return b->in->place[cpumask_first(span_of(b, 0, cpu))].llc;
}

static void add_cache_siblings(struct builder *b, int cpu, cpumask_t *span)
{
    const struct sched_cpu_place *place = b->in->place;
    uint32_t llc = cache_of(b, cpu);
    int other;

    for_each_cpu (other, b->in->cpus) {
        if (place[other].node == place[cpu].node && cache_of(b, other) == llc)
            cpumask_set(span, other);
    }
}

/* Add the nodes that are no farther from @cpu than @distance, but farther than @past. */
static void add_nodes(const struct sched_topology_input *in, int cpu, int past, int distance,
                      cpumask_t *span)
{
    for (int nid = 0; nid < in->nr_nodes; nid++) {
        int d = distance_of(in, in->place[cpu].node, nid);

        if (d > past && d <= distance)
            cpumask_or(span, span, &in->node_cpus[nid]);
    }
}

/* Make @span, @cpu's of the level below, its span of @level. */
static void widen(struct builder *b, int level, int cpu, cpumask_t *span)
{
    const struct sched_topology_input *in = b->in;
    const struct level *l = &b->levels[level];

    switch (l->kind) {
    case LEVEL_SMT:
        add_threads(in, cpu, span);
        break;
    case LEVEL_MC:
        add_cache_siblings(b, cpu, span);
        break;
    case LEVEL_DIE:
        cpumask_or(span, span, &in->node_cpus[in->place[cpu].node]);
        break;
    case LEVEL_NUMA:
        add_nodes(in, cpu, l[-1].distance, l->distance, span);
        break;
    }
    cpumask_and(span, span, in->cpus);
}

/* The spans of @cpu from MC up to the first that holds all CPUs; SMT, which all CPUs have, is there. */
static void fill_spans(struct builder *b, int cpu)
{
    cpumask_t span = *span_of(b, 0, cpu);

    for (int level = 1; level < b->nr_levels && !cpumask_equal(&span, b->in->cpus); level++) {
        widen(b, level, cpu, &span);
        *span_of(b, level, cpu) = span;
    }
}

/* ---- groups ---------------------------------------------------------------------------------- */

static bool is_subset(const cpumask_t *a, const cpumask_t *b)
{
    cpumask_t rest;

    cpumask_andnot(&rest, a, b);
    return cpumask_empty(&rest);
}

static int last_cpu(const cpumask_t *mask)
{
    int cpu, last = NR_CPUS;

    for_each_cpu (cpu, mask)
        last = cpu;
    return last;
}

/* The first of @todo from @cpu upwards, round the end; @todo is not empty. */
static int next_round(const cpumask_t *todo, int cpu)
{
    int next = cpumask_next(todo, cpu - 1);

    return next < NR_CPUS ? next : cpumask_first(todo);
}

/* The CPUs of a group. */
static cpumask_t choice_span(struct builder *b, struct choice c)
{
    return c.level >= 0 ? *span_of(b, c.level, c.cpu) : cpumask_of(c.cpu);
}

/* What @cpu contributes to a domain of @level with @span: the widest of its own that fits. */
static struct choice choose(struct builder *b, int level, int cpu, const cpumask_t *span)
{
    int lower = level - 1;

    while (lower > 0 && !is_subset(span_of(b, lower, cpu), span))
        lower--;
    return (struct choice){cpu, lower};
}

/*
 * Divide @cpu's domain of @level: fills b->ring, beginning with the CPU @first. Returns the number
 * of groups.
 */
static int divide(struct builder *b, int level, int cpu, int first)
{
    const cpumask_t *span = span_of(b, level, cpu);
    cpumask_t todo = *span;
    int nr = 0;

    for (int i = first; !cpumask_empty(&todo); i++) {
        cpumask_t group;

        i = next_round(&todo, i);
        cpumask_clear(&todo, i);
        if (cpumask_empty(span_of(b, level, i)))
            continue;
        b->ring[nr] = choose(b, level, i, span);
        group = choice_span(b, b->ring[nr++]);
        cpumask_andnot(&todo, &todo, &group);
    }
    return nr;
}

/* Turn the ring so that the group of @cpu comes first. */
static void turn_ring(struct builder *b, int nr, int cpu)
{
    for (int turns = 0; turns < nr; turns++) {
        struct choice head = b->ring[0];
        cpumask_t span = choice_span(b, head);

        if (cpumask_test(&span, cpu))
            return;
        memmove(&b->ring[0], &b->ring[1], (size_t)(nr - 1) * sizeof(b->ring[0]));
        b->ring[nr - 1] = head;
    }
}

/*
 * The groups of @cpu's domain of @level into b->ring, its own first. Returns how many.
 *
 * Linux lets the CPUs of a domain whose groups don't overlap share one ring, which has the order in
 * which the last of them walked. The order shows only where numbers of groups interleave.
 */
static int make_ring(struct builder *b, int level, int cpu)
{
    int nr;

    if (b->levels[level].flags & SD_OVERLAP)
        return divide(b, level, cpu, cpu);
    nr = divide(b, level, cpu, last_cpu(span_of(b, level, cpu)));
    turn_ring(b, nr, cpu);
    return nr;
}

/* Those of the group @c whose own domain of the group's level is the group. */
static cpumask_t balance_mask_of(struct builder *b, struct choice c, const cpumask_t *span)
{
    cpumask_t mask;
    int cpu;

    cpumask_zero(&mask);
    for_each_cpu (cpu, span) {
        if (cpumask_equal(span_of(b, c.level, cpu), span))
            cpumask_set(&mask, cpu);
    }
    return mask;
}

/* ---- which levels are kept ------------------------------------------------------------------- */

static bool is_degenerate(int weight, unsigned flags, int nr_groups)
{
    if (weight == 1)
        return true;
    return nr_groups == 1 && !(flags & SD_WAKE_AFFINE);
}

/* Does the level @parent add nothing to the kept one below it? */
static bool adds_nothing(struct builder *b, int cpu, const struct kept *below,
                         const struct kept *parent)
{
    const cpumask_t *span = span_of(b, parent->level, cpu);
    unsigned flags = b->levels[parent->level].flags;

    if (is_degenerate(cpumask_weight(span), flags, parent->nr_groups))
        return true;
    if (!cpumask_equal(span, span_of(b, below->level, cpu)))
        return false;
    if (parent->nr_groups == 1)
        flags &= ~GROUP_FLAGS;
    return !(flags & ~b->levels[below->level].flags);
}

/* The levels of @cpu that are kept go to b->kept, lowest first; the lowest is not judged yet. */
static int keep_levels(struct builder *b, int cpu)
{
    int nr = 0;

    for (int level = 0; level < b->nr_levels; level++) {
        struct kept k = {.level = level};

        if (cpumask_empty(span_of(b, level, cpu)))
            break;
        k.nr_groups = make_ring(b, level, cpu);
        if (!nr || !adds_nothing(b, cpu, &b->kept[nr - 1], &k))
            b->kept[nr++] = k;
    }
    return nr;
}

/* ---- the result ------------------------------------------------------------------------------ */

static void init_group(struct builder *b, struct sched_group *sg, struct choice c, bool overlap,
                       bool has_child)
{
    sg->span = choice_span(b, c);
    sg->balance_mask = overlap ? balance_mask_of(b, c, &sg->span) : sg->span;
    sg->weight = (unsigned)cpumask_weight(&sg->span);
    sg->capacity = sg->weight * SCHED_CAPACITY_SCALE;
    sg->flags = has_child ? b->levels[c.level].flags : 0;
}

/* The ring of groups of @sd, in one piece of memory. Returns 0 or -ENOMEM. */
static int link_groups(struct builder *b, struct sched_domain *sd, int cpu)
{
    size_t nr = (size_t)make_ring(b, sd->level, cpu);
    struct sched_group *groups = b->d->alloc(b->d, cpu, nr * sizeof(*groups));

    if (!groups)
        return -ENOMEM;
    for (size_t i = 0; i < nr; i++) {
        init_group(b, &groups[i], b->ring[i], sd->flags & SD_OVERLAP, sd->child != NULL);
        groups[i].next = &groups[(i + 1) % nr];
    }
    sd->groups = groups;
    return 0;
}

/* Numbers as Linux 6.1 sets them, by level and weight. */
static void set_tuning(struct sched_domain *sd)
{
    sd->min_interval = sd->weight;
    sd->max_interval = 2 * sd->weight;
    sd->balance_interval = sd->min_interval;
    sd->busy_factor = 16;
    sd->imbalance_pct = sd->flags & SD_SHARE_CPUCAPACITY ? 110 : 117;
    if (sd->flags & SD_NUMA)
        sd->cache_nice_tries = 2;
    else if (!(sd->flags & SD_SHARE_CPUCAPACITY))
        sd->cache_nice_tries = 1;
}

static void init_domain(struct builder *b, struct sched_domain *sd, const struct kept *k, int cpu)
{
    const struct level *l = &b->levels[k->level];

    sd->span = *span_of(b, k->level, cpu);
    sd->weight = (unsigned)cpumask_weight(&sd->span);
    sd->flags = l->flags;
    sd->name = l->name;
    sd->level = k->level;
    sd->distance = l->distance;
    set_tuning(sd);
}

/* The chain of @cpu from the kept levels @k[0..nr). Returns 0 or -ENOMEM. */
static int link_domains(struct builder *b, const struct kept *k, int nr, int cpu)
{
    struct sched_domain *below = NULL;

    for (int i = 0; i < nr; i++) {
        struct sched_domain *sd = b->d->alloc(b->d, cpu, sizeof(*sd));

        if (!sd)
            return -ENOMEM;
        init_domain(b, sd, &k[i], cpu);
        sd->child = below;
        if (link_groups(b, sd, cpu))
            return -ENOMEM;
        if (below)
            below->parent = sd;
        else
            b->d->base[cpu] = sd;
        below = sd;
    }
    return 0;
}

static int build_cpu(struct builder *b, int cpu)
{
    const struct kept *k = b->kept;
    int nr = keep_levels(b, cpu);

    if (is_degenerate(cpumask_weight(span_of(b, k->level, cpu)), b->levels[k->level].flags,
                      k->nr_groups)) {
        k++;
        nr--;
    }
    return link_domains(b, k, nr, cpu);
}

/* Does @cpu have the domain @sd, too: the same circle, of which its group is the same part? */
static bool has_domain(const struct sched_domains *d, int cpu, const struct sched_domain *sd)
{
    const struct sched_domain *other;

    for_each_domain_from (other, d->base[cpu]) {
        if (other->level == sd->level)
            return cpumask_equal(&other->span, &sd->span) &&
                   cpumask_equal(&other->groups->span, &sd->groups->span);
    }
    return false;
}

/* The first CPU of the own group that has the domain @sd of @cpu; at the latest it is @cpu. */
static int balance_cpu_of(const struct sched_domains *d, const struct sched_domain *sd, int cpu)
{
    int first;

    for_each_cpu (first, &sd->groups->span) {
        if (has_domain(d, first, sd))
            break;
    }
    return first < NR_CPUS ? first : cpu;
}

static void choose_balance_cpus(struct builder *b)
{
    struct sched_domain *sd;
    int cpu;

    for_each_cpu (cpu, b->in->cpus) {
        for_each_domain_from (sd, b->d->base[cpu])
            sd->balance_cpu = balance_cpu_of(b->d, sd, cpu);
    }
}

/* ---- the interface --------------------------------------------------------------------------- */

/* Each CPU has a number in range and a node that has it, too. */
static bool input_is_valid(const struct sched_topology_input *in)
{
    int cpu;

    if (in->nr_cpus < 1 || in->nr_cpus > NR_CPUS || in->nr_nodes < 1)
        return false;
    for_each_cpu (cpu, in->cpus) {
        int nid = cpu < in->nr_cpus ? in->place[cpu].node : -1;

        if (nid < 0 || nid >= in->nr_nodes || !cpumask_test(&in->node_cpus[nid], cpu))
            return false;
    }
    return true;
}

/* How many levels the machine has at most, without an array of them. */
static size_t max_levels(const struct sched_topology_input *in)
{
    bool seen[SCHED_MAX_DISTANCE + 1] = {false};
    size_t nr = 3; /* SMT, MC, DIE */

    mark_distances(in, seen);
    for (int distance = 0; distance <= SCHED_MAX_DISTANCE; distance++)
        nr += seen[distance];
    return nr;
}

/* sched_topology_scratch_bytes - how much scratch memory sched_topology_build needs for @in. */
size_t sched_topology_scratch_bytes(const struct sched_topology_input *in)
{
    return sizeof(struct builder) + max_levels(in) * (size_t)in->nr_cpus * sizeof(cpumask_t);
}

/*
 * sched_topology_build - the domains of all CPUs of in->cpus.
 *
 * @d        d->alloc is set; the result is d->base.
 * @scratch  sched_topology_scratch_bytes(in) bytes, aligned as a long is; free again afterwards.
 *
 * Returns 0; -EINVAL if a CPU's number or node is out of range, or its node doesn't name it; -ENOMEM
 * if d->alloc returned NULL. After an error d->base is all NULL; what d->alloc gave is the caller's.
 * Context: any that d->alloc is fit for. O(levels * CPUs^2) in the usual case.
 */
int sched_topology_build(struct sched_domains *d, const struct sched_topology_input *in,
                         void *scratch)
{
    struct builder *b = scratch;
    int cpu, err = 0;

    memset(d->base, 0, sizeof(d->base));
    if (!input_is_valid(in))
        return -EINVAL;
    memset(b, 0, sched_topology_scratch_bytes(in));
    b->in = in;
    b->d = d;
    add_levels(b);
    for_each_cpu (cpu, in->cpus)
        widen(b, 0, cpu, span_of(b, 0, cpu));
    for_each_cpu (cpu, in->cpus)
        fill_spans(b, cpu);
    for_each_cpu (cpu, in->cpus) {
        err = build_cpu(b, cpu);
        if (err)
            break;
    }
    if (err)
        memset(d->base, 0, sizeof(d->base));
    else
        choose_balance_cpus(b);
    return err;
}
