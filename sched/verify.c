/*
 * sched/verify.c - what must hold of scheduling domains, by named codes.
 *
 *   D1   Parent and child point at each other; the lowest domain has no child.
 *   D2   A domain spans its CPU and at least one more, only CPUs that take part, and knows how many.
 *   D3   A domain spans at least what its child spans.
 *   D4   Upwards, levels grow and distances don't shrink; distances belong to domains of nodes.
 *   D5   The groups form a ring that comes back to the first; there are at most as many as CPUs.
 *   D6   The first group holds the CPU.
 *   D7   A group holds CPUs, only such as the domain spans, and knows how many and their capacity.
 *   D8   The groups together hold all CPUs of the domain.                     (*)
 *   D9   Groups share CPUs only where SD_OVERLAP says so.
 *   D10  A group's balance mask isn't empty and lies in the group.
 *   D11  Who is in one's domain sees it likewise: without SD_OVERLAP it has the same span at the same
 *        level, with it it spans the other one at the same or a lower level.   (*)
 *   D12  Intervals, busy factor and percentage make sense.
 *   D13  The highest domain spans all CPUs.                                    (*)
 *   D14  Who looks at a domain for its first group is of that group, and has the same domain.
 *
 * (*) With SD_NUMA only where distances are the same in both directions. Where they are not, one CPU
 * can be near to another that is far from it, and sched/topology.c says what becomes of the groups.
 *
 * LOCKING  None: the domains are read-only once built.
 */
#include "sched/verify.h"
#include "kernel/bug.h"
#include "kernel/lib/seqbuf.h"

/* What is being verified; where it stands is part of every report. */
struct check {
    const struct sched_domains *d;
    const struct sched_topology_input *in;
    bool two_way; /* distances don't depend on the direction */
    int cpu;
    const struct sched_domain *sd;
    int errors;
};

/* Report that invariant @code doesn't hold of the domain that is being looked at. */
static void __printf(3, 4) broken(struct check *c, const char *code, const char *fmt, ...)
{
    char text[160];
    struct seqbuf s;
    va_list args;

    seqbuf_init(&s, text, sizeof(text));
    va_start(args, fmt);
    seq_vprintf(&s, fmt, args);
    va_end(args);
    report_bug("%s: cpu %d domain %s level %d: %s", code, c->cpu, c->sd ? c->sd->name : "-",
               c->sd ? c->sd->level : -1, seqbuf_str(&s));
    c->errors++;
}

static bool is_subset(const cpumask_t *a, const cpumask_t *b)
{
    cpumask_t rest;

    cpumask_andnot(&rest, a, b);
    return cpumask_empty(&rest);
}

/* The distances between nodes, in both directions alike, and none below that of a node to itself. */
static bool distances_are_two_way(const struct sched_topology_input *in)
{
    for (int i = 0; i < in->nr_nodes; i++) {
        for (int j = 0; j < in->nr_nodes; j++) {
            int there = in->distance[i * in->nr_nodes + j];

            if (there != in->distance[j * in->nr_nodes + i] || there < SCHED_LOCAL_DISTANCE)
                return false;
        }
    }
    return true;
}

/* D1 to D4: the domain in its chain. */
static void check_links(struct check *c)
{
    const struct sched_domain *sd = c->sd, *child = sd->child;

    if (sd->parent && sd->parent->child != sd)
        broken(c, "D1", "the child of its parent is another domain");
    if ((sd == c->d->base[c->cpu]) != !child || (child && child->parent != sd))
        broken(c, "D1", "its child is not the domain below");
    if (!cpumask_test(&sd->span, c->cpu) || !is_subset(&sd->span, c->in->cpus) || sd->weight < 2 ||
        sd->weight != (unsigned)cpumask_weight(&sd->span))
        broken(c, "D2", "it spans %d CPUs and says %u", cpumask_weight(&sd->span), sd->weight);
    if (child && !is_subset(&child->span, &sd->span))
        broken(c, "D3", "its child %s spans CPUs that it doesn't", child->name);
    if (child && (child->level >= sd->level || child->distance > sd->distance))
        broken(c, "D4", "distance %d stands above level %d, distance %d", sd->distance,
               child->level, child->distance);
    if ((sd->flags & SD_NUMA) && sd->distance < SCHED_LOCAL_DISTANCE)
        broken(c, "D4", "it reaches over nodes, at distance %d", sd->distance);
}

/* D7, D10: one group. */
static void check_group(struct check *c, const struct sched_group *sg)
{
    if (cpumask_empty(&sg->span) || !is_subset(&sg->span, &c->sd->span) ||
        sg->weight != (unsigned)cpumask_weight(&sg->span) ||
        sg->capacity != sg->weight * SCHED_CAPACITY_SCALE)
        broken(c, "D7", "a group of %d CPUs says %u and capacity %u, or isn't inside",
               cpumask_weight(&sg->span), sg->weight, sg->capacity);
    if (cpumask_empty(&sg->balance_mask) || !is_subset(&sg->balance_mask, &sg->span))
        broken(c, "D10", "the balance mask of group %d.. is empty or leaves the group",
               cpumask_first(&sg->span));
}

/* D5 to D10: the ring. */
static void check_groups(struct check *c)
{
    const struct sched_domain *sd = c->sd;
    const struct sched_group *sg = sd->groups;
    cpumask_t covered, both;
    unsigned nr = 0;

    cpumask_zero(&covered);
    if (!sg || !cpumask_test(&sg->span, c->cpu))
        broken(c, "D6", "the first group doesn't hold the CPU");
    for (; sg && nr < sd->weight; sg = sg->next == sd->groups ? NULL : sg->next, nr++) {
        check_group(c, sg);
        cpumask_and(&both, &covered, &sg->span);
        if (!(sd->flags & SD_OVERLAP) && !cpumask_empty(&both))
            broken(c, "D9", "group %d.. holds CPU %d of another group", cpumask_first(&sg->span),
                   cpumask_first(&both));
        cpumask_or(&covered, &covered, &sg->span);
        if (!sg->next)
            broken(c, "D5", "the ring of groups is open after %u", nr + 1);
    }
    if (sg)
        broken(c, "D5", "the ring of groups doesn't come back after %u", nr);
    if ((c->two_way || !(sd->flags & SD_NUMA)) && !is_subset(&sd->span, &covered))
        broken(c, "D8", "the groups hold %d of %u CPUs", cpumask_weight(&covered), sd->weight);
}

/* Has @other a domain of the level of c->sd and with its span? */
static bool has_same(const struct check *c, int other)
{
    const struct sched_domain *sd;

    for_each_domain_from (sd, c->d->base[other]) {
        if (sd->level == c->sd->level)
            return cpumask_equal(&sd->span, &c->sd->span);
    }
    return false;
}

/* Does @other span our CPU at the level of c->sd or below? */
static bool reaches_back(const struct check *c, int other)
{
    const struct sched_domain *sd;

    for_each_domain_from (sd, c->d->base[other]) {
        if (sd->level <= c->sd->level && cpumask_test(&sd->span, c->cpu))
            return true;
    }
    return false;
}

/* D11 */
static void check_others(struct check *c)
{
    bool overlap = c->sd->flags & SD_OVERLAP;
    int other;

    if (!c->two_way && (c->sd->flags & SD_NUMA))
        return;
    for_each_cpu (other, &c->sd->span) {
        if (other != c->cpu && !(overlap ? reaches_back(c, other) : has_same(c, other)))
            broken(c, "D11", "CPU %d is in it and doesn't see it likewise", other);
    }
}

/* D14 */
static void check_balance_cpu(struct check *c)
{
    const struct sched_group *own = c->sd->groups;
    int cpu = c->sd->balance_cpu;

    if (!own || cpu < 0 || cpu >= NR_CPUS || !cpumask_test(&own->span, cpu) || !has_same(c, cpu))
        broken(c, "D14", "CPU %d looks at it, which is of another group or domain", cpu);
}

/* D12 */
static void check_tuning(struct check *c)
{
    const struct sched_domain *sd = c->sd;

    if (!sd->min_interval || sd->min_interval > sd->max_interval || !sd->busy_factor ||
        sd->imbalance_pct < 100)
        broken(c, "D12", "interval %u to %u ms, busy factor %u, imbalance %u %%", sd->min_interval,
               sd->max_interval, sd->busy_factor, sd->imbalance_pct);
}

/* D1: going up ends. Nothing else can be asked of a chain that doesn't. */
static void check_chain(struct check *c)
{
    const struct sched_domain *sd;
    int length = 0;

    for_each_domain_from (sd, c->d->base[c->cpu]) {
        if (length++ > SCHED_MAX_DISTANCE) {
            broken(c, "D1", "the chain of parents doesn't end");
            return;
        }
    }
}

static void check_cpu(struct check *c)
{
    const struct sched_domain *sd;

    c->sd = NULL;
    for_each_domain_from (sd, c->d->base[c->cpu]) {
        c->sd = sd;
        check_links(c);
        check_groups(c);
        check_others(c);
        check_tuning(c);
        check_balance_cpu(c);
    }
    if (c->two_way && cpumask_weight(c->in->cpus) > 1 &&
        (!c->sd || !cpumask_equal(&c->sd->span, c->in->cpus)))
        broken(c, "D13", "no domain above it, and it doesn't span all %d CPUs",
               cpumask_weight(c->in->cpus));
}

/*
 * sched_domains_verify - check D1 to D14 of @d, which was built from @in.
 *
 * Reports each violation (kernel/bug.h) and returns how many there are.
 * Context: any. O(CPUs^2 * levels^2).
 */
int sched_domains_verify(const struct sched_domains *d, const struct sched_topology_input *in)
{
    struct check c = {.d = d, .in = in, .two_way = distances_are_two_way(in)};

    for_each_cpu (c.cpu, in->cpus)
        check_chain(&c);
    if (c.errors)
        return c.errors;
    for_each_cpu (c.cpu, in->cpus)
        check_cpu(&c);
    return c.errors;
}
