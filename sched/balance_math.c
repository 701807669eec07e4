/*
 * sched/balance_math.c - the arithmetic of balancing: is it worth moving a thread, and how many?
 *
 * THEORY
 *
 * A thread of weight w that moves from a queue of load A to one of load B gains if its share of the
 * CPU grows, w / A < w / (B + w), and that is A > B + w. Such a move also brings the sum of the squares
 * of all loads down, by 2w(A - B - w). That sum cannot fall for ever: whatever the order in which
 * CPUs balance, whatever the groups that they look at, moves that gain come to an end, and no move is
 * ever the reverse of an earlier one. All that follows only chooses among such moves, or leaves
 * some out.
 *
 * Left out are those that gain too little: A must exceed B + w by the domain's imbalance_pct, and by
 * more the farther the domain reaches. With threads of one weight, 3 on one CPU and 1 on another
 * are 50 % above and always worth a move, so that no CPU which balances has less than 2 while
 * another has 4, whatever the distance; where there are 8 and 6 it is let be even near by.
 *
 *     A  B     after     A / (B + 1)    moved up to distance
 *     2  0     1  1      200 %          any
 *     3  1     2  2      150 %          any
 *     4  2     3  3      133 %          77
 *     5  3     4  4      125 %          41
 *     6  4     5  5      120 %          21
 *     7  5               117 %          -
 *
 * A group is judged as if threads were spread evenly inside of it, for the lower domains see to that.
 * 5 threads on two CPUs are 3 and 2 then, 3 are 2 and 1. So (5, 3) is 3 against 1, and a move pays, while
 * (4, 3) is 2 against 1: every CPU is within one thread of every other, and nobody would gain. The
 * imbalance is the number of moves until counting doesn't ask for more, and mean loads, which see that
 * threads have different weights, don't either.
 *
 * INVARIANTS
 *   B1  What pays one way doesn't pay back after it was done.
 *   B2  As many moves as balance_imbalance() says, threads being of one weight, never make the other
 *       group the emptier one.
 *   B3  Where every queue has the same load, nothing pays.
 *
 * LOCKING  None: data to data.
 * UNITS    Loads are weights (1024: nice 0); tolerances percent; distances SLIT units.
 * NOT HERE Where loads come from, and who looks when (sched/balance.c).
 */
#include "sched/balance_math.h"

#define LOCAL_DISTANCE   10  /* ACPI 6.4, 5.2.17 "System Locality Information Table (SLIT)" */
#define DISTANCE_PER_PCT 4   /* each so many units farther, a percent more is let be */
#define MAX_TOLERANCE    145 /* percent; below 3 against 1 + 1 */
#define FROM_HOME_PCT    15  /* so much more where a thread would leave its memory */
#define FREE_PCT         105 /* so little more doesn't keep it away from there; averages aren't exact */

/* Far above what a look takes; where it seems to take longer, the host had the CPU meanwhile. */
#define NEWIDLE_COST_MAX_NS 500000u
#define COST_LEFT           253 /* of 256, after a second; as in Linux */

/*
 * balance_tolerance - past how many percent a queue is busier than another one.
 *
 * @imbalance_pct  the domain's, at least 100.
 * @distance       up to which its span reaches; 0 inside of a node.
 *
 * Returns at most MAX_TOLERANCE, but for an @imbalance_pct above it.
 */
unsigned balance_tolerance(unsigned imbalance_pct, int distance)
{
    unsigned far = distance > LOCAL_DISTANCE ? (unsigned)(distance - LOCAL_DISTANCE) : 0;

    return max(imbalance_pct, min(imbalance_pct + far / DISTANCE_PER_PCT, (unsigned)MAX_TOLERANCE));
}

/* balance_tolerance_from_home - the same for a thread that would leave its home node. */
unsigned balance_tolerance_from_home(unsigned tolerance_pct)
{
    return max(tolerance_pct, min(tolerance_pct + FROM_HOME_PCT, (unsigned)MAX_TOLERANCE));
}

/* Threads on the fullest and on the emptiest CPU, if they are spread evenly. */
static uint64_t fullest(const struct queue_load *q)
{
    return ((uint64_t)q->nr_running + q->nr_cpus - 1) / q->nr_cpus;
}

static uint64_t emptiest(const struct queue_load *q)
{
    return q->nr_running / q->nr_cpus;
}

/* Is the mean load of a CPU of @a more than @pct percent of that of a CPU of @b and @weight? */
static bool mean_exceeds(const struct queue_load *a, const struct queue_load *b, uint64_t weight,
                         unsigned pct)
{
    return a->load * b->nr_cpus * 100 > (b->load + weight * b->nr_cpus) * a->nr_cpus * pct;
}

/* Does it pay to move a thread of the mean weight @weight from @other to @local? */
static bool group_pays(const struct queue_load *local, const struct queue_load *other,
                       uint64_t weight, unsigned pct)
{
    if (other->nr_running == 0)
        return false;
    if (fullest(other) * 100 > (emptiest(local) + 1) * pct &&
        (local->nr_running < local->nr_cpus || mean_exceeds(other, local, 0, 100)))
        return true;
    return other->nr_running > other->nr_cpus && mean_exceeds(other, local, weight, pct);
}

/*
 * balance_imbalance - how many threads should move from the group @other to the group @local.
 *
 * Returns 0, if @other isn't busier, to BALANCE_MAX_MOVES. B2.
 */
unsigned balance_imbalance(const struct queue_load *local, const struct queue_load *other,
                           unsigned tolerance_pct)
{
    struct queue_load to = *local, from = *other;
    uint64_t weight = other->nr_running ? other->load / other->nr_running : 0;
    unsigned nr = 0;

    while (nr < BALANCE_MAX_MOVES && group_pays(&to, &from, weight, tolerance_pct)) {
        from.nr_running--;
        to.nr_running++;
        from.load -= weight;
        to.load += weight;
        nr++;
    }
    return nr;
}

/* balance_is_busier - has @a more load a CPU than @b, or else more threads? */
bool balance_is_busier(const struct queue_load *a, const struct queue_load *b)
{
    uint64_t load_a = a->load * b->nr_cpus, load_b = b->load * a->nr_cpus;

    if (load_a != load_b)
        return load_a > load_b;
    return (uint64_t)a->nr_running * b->nr_cpus > (uint64_t)b->nr_running * a->nr_cpus;
}

/*
 * balance_consider - let @best be the busiest group, of those seen and @other.
 *
 * The busiest is the one from which most threads should move to @local; among equals the one with
 * more load; among those the first. True if it is @other now.
 */
bool balance_consider(struct balance_choice *best, const struct queue_load *local,
                      const struct queue_load *other, unsigned tolerance_pct)
{
    unsigned imbalance = balance_imbalance(local, other, tolerance_pct);

    if (imbalance == 0 || imbalance < best->imbalance)
        return false;
    if (imbalance == best->imbalance && !balance_is_busier(other, &best->load))
        return false;
    *best = (struct balance_choice){imbalance, *other};
    return true;
}

/*
 * balance_pays - is it worth moving a thread of @weight from the queue @from to the queue @to?
 *
 * @from  holds the thread, and counts it. B1, B3.
 */
bool balance_pays(const struct queue_load *from, const struct queue_load *to, uint64_t weight,
                  unsigned tolerance_pct)
{
    return from->nr_running > 1 && from->load * 100 > (to->load + weight) * tolerance_pct;
}

/*
 * balance_is_free - would a thread of @weight of the queue @from be no worse off in @to?
 *
 * Then it may go home. It has as many companions there as here, or fewer, and, but for a few percent,
 * no smaller share; so this makes no queue the longest, and no move that pays undoes it.
 */
bool balance_is_free(const struct queue_load *from, const struct queue_load *to, uint64_t weight)
{
    if (to->nr_running == 0)
        return from->nr_running > 0 && to->load <= from->load;
    return to->nr_running < from->nr_running && (to->load + weight) * 100 <= from->load * FREE_PCT;
}

/*
 * balance_next_interval - how long until a domain is looked at again, ms.
 *
 * @moved  threads had to be moved: there may be more of them, so look soon; else twice as late.
 */
unsigned balance_next_interval(unsigned interval, unsigned min, unsigned max, bool moved)
{
    return moved ? min : min(2 * interval, max);
}

/*
 * balance_newidle_cost - what a newly idle CPU's look at a domain takes at worst, ns.
 *
 * @worst_ns  what it took at worst before.
 * @cost_ns   what it took now.
 */
uint64_t balance_newidle_cost(uint64_t worst_ns, uint64_t cost_ns)
{
    return max(worst_ns, min(cost_ns, (uint64_t)NEWIDLE_COST_MAX_NS));
}

/*
 * balance_fade_cost - what is left of @worst_ns after @seconds in which nothing took longer.
 *
 * 0 in the end, so that one long look doesn't keep a CPU for ever from looking again.
 */
uint64_t balance_fade_cost(uint64_t worst_ns, uint64_t seconds)
{
    while (seconds-- > 0 && worst_ns > 0)
        worst_ns = worst_ns * COST_LEFT / 256;
    return worst_ns;
}
