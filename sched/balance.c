/*
 * sched/balance.c - moving threads from the busiest CPU of a domain to the one with least to do.
 *
 * THEORY
 *
 * A look at a domain compares its groups (sched/balance_math.c): from which of them should how many
 * threads come to ours? Then, a thread at a time, the fullest queue of that group gives one to the
 * emptiest of ours. Which one:
 *
 *     one that waits, and may run there;
 *     best one whose home node, where its memory is, is there; at least one that isn't at home here;
 *     one that would leave its home only if the difference is so much larger (FROM_HOME_PCT);
 *     not one that ran a moment ago, and whose cache is warm, unless looks have failed repeatedly.
 *
 * If nobody waits who could go, and that was so several times, the running thread is asked to go:
 * active balancing. It leaves when its CPU chooses the next time, which is at once (rq->active).
 *
 * How busy a queue is depends on why one asks. It counts as busy only if it is now and has been (the
 * lower of its weight and its average), and as free only likewise (the higher), so that nobody
 * travels between nodes for the sake of a moment. Inside of a node an idle CPU takes at once.
 *
 * A CPU that goes idle looks by itself, from its narrowest domain outwards, and takes one thread. It
 * leaves out domains in which a look takes longer than it is idle, usually.
 *
 * LOCKING  Queues are compared without their locks, and looked at again, for the one thread, under the
 *          lock of the queue that gives it. Two are never locked together (sched/rq.h). Statistics and
 *          intervals of a domain are changed by the CPU that owns it and by balancers: a count may be
 *          lost.
 * NOT HERE Who looks when (sched/kbalance.c); where threads wake (sched/affinity.c).
 */
#include "sched/balance.h"
#include "kernel/timer.h"
#include "kernel/trace.h"
#include "sched/balance_math.h"
#include "sched/load.h"
#include <arch/clock.h>
#include <arch/cpu.h>

#define MAX_LOOKS      32      /* threads of a queue that are looked at for one to move */
#define MAX_HOME_LOOKS 8       /* likewise, of those that are away, for one to go home */
#define CACHE_HOT_NS   500000u /* a thread that ran more recently has a warm cache; as in Linux */
#define ACTIVE_TRIES   2       /* more failures than cache_nice_tries: a running thread must go */
#define IDLE_AVG_SHIFT 3       /* the last idle time counts an eighth, */
#define IDLE_MAX_NS    1000000 /* and is counted up to here: a long sleep says little of the next */

/* A look at a domain. */
struct look {
    struct sched_domain *sd;
    enum cpu_idle_type idle;
    int cpu;            /* that looks; newly idle: that takes */
    unsigned tolerance; /* percent */
    struct balance_finding found;
    unsigned imbalance; /* threads to move */
    int from, to;       /* CPUs, of the last attempt */
    unsigned moved;
    enum balance_result result;
};

/* Of each CPU: how long it is idle, usually. Changed by itself. */
struct idle_times {
    uint64_t total_ns; /* of its idle thread, when it last became idle */
    uint64_t average_ns;
};

static DEFINE_PER_CPU(struct idle_times, idle_times);

#define RESULT_TEXT(_name, _text) [_name] = (_text),
static const char *const result_names[] = {BALANCE_RESULTS(RESULT_TEXT)};
#undef RESULT_TEXT

/* balance_result_name - as the trace shows it. */
const char *balance_result_name(enum balance_result result)
{
    return result_names[result];
}

/* ---- how busy -------------------------------------------------------------------------------- */

/* balance_nr_running - threads that run or wait on @cpu, the one that balances left out. */
unsigned balance_nr_running(int cpu)
{
    const struct rq *rq = cpu_rq(cpu);
    unsigned nr = READ_ONCE(rq->nr_running);

    if (nr > 0 && is_balancer(cpu, __atomic_load_n(&rq->curr, __ATOMIC_RELAXED)))
        nr--;
    return nr;
}

/*
 * balance_look - how busy @cpu is, without its lock: a snapshot whose parts may be a moment apart.
 *
 * @as_source  as one to take threads from, else as one to bring them to.
 */
struct queue_load balance_look(int cpu, bool as_source)
{
    const struct rq *rq = cpu_rq(cpu);
    uint64_t weight = READ_ONCE(rq->fair.weight), trend, load;
    struct load_avg avg = rq->avg;

    load_update(&avg, clock_ns(), weight, 0);
    trend = load_value(&avg);
    load = as_source ? min(weight, trend) : max(weight, trend);
    return (struct queue_load){.nr_cpus = 1, .nr_running = balance_nr_running(cpu), .load = load};
}

static struct queue_load look_at(void *unused, int cpu, bool as_source)
{
    (void)unused;
    return balance_look(cpu, as_source);
}

static bool is_emptier(const struct queue_load *a, const struct queue_load *b)
{
    if (a->nr_running == 0 || b->nr_running == 0)
        return a->nr_running < b->nr_running;
    return balance_is_busier(b, a);
}

/* balance_emptiest - the CPU of both @cpus and @allowed with least to do, or NR_CPUS. */
int balance_emptiest(const cpumask_t *cpus, const cpumask_t *allowed)
{
    struct queue_load least = {0};
    int best = NR_CPUS, cpu;

    for_each_cpu (cpu, cpus) {
        struct queue_load q;

        if (!cpumask_test(allowed, cpu))
            continue;
        q = balance_look(cpu, false);
        if (best == NR_CPUS || is_emptier(&q, &least)) {
            best = cpu;
            least = q;
        }
    }
    return best;
}

/* The CPU of @cpus with most to do, somebody waiting there, or NR_CPUS. */
static int fullest(const cpumask_t *cpus)
{
    struct queue_load most = {0};
    int best = NR_CPUS, cpu;

    for_each_cpu (cpu, cpus) {
        struct queue_load q = balance_look(cpu, true);

        if (q.nr_running > 1 && (best == NR_CPUS || balance_is_busier(&q, &most))) {
            best = cpu;
            most = q;
        }
    }
    return best;
}

static bool find_busiest_group(struct look *l)
{
    balance_find_busiest(&l->found, l->sd, l->tolerance, look_at, NULL);
    l->imbalance = l->found.best.imbalance;
    if (l->idle == CPU_NEWLY_IDLE)
        l->imbalance = min(l->imbalance, 1u);
    return l->imbalance > 0;
}

/* ---- which thread ---------------------------------------------------------------------------- */

static bool is_far(int from, int to)
{
    return cpu_to_node(from) != cpu_to_node(to);
}

/* Is @cpu near the memory of @t? */
static bool is_at_home(const struct task *t, int cpu)
{
    return cpumask_test(sched_home_cpus(t), cpu);
}

static bool leaves_home(const struct task *t, int from, int to)
{
    return is_far(from, to) && is_at_home(t, from);
}

/* Would @t's move from one CPU to the other be worth it? */
static bool pays(const struct look *l, const struct task *t, int from, int to)
{
    struct queue_load a = balance_look(from, true), b = balance_look(to, false);
    unsigned tolerance = l->tolerance;

    if (!is_far(from, to) && b.nr_running == 0)
        return a.nr_running > 1;
    if (leaves_home(t, from, to))
        tolerance = balance_tolerance_from_home(tolerance);
    return balance_pays(&a, &b, t->weight, tolerance);
}

/*
 * Did @t run so recently that its data are in the caches of the CPU of @rq, and nowhere else? Where the
 * last-level cache is shared, an idle CPU has them again long before @t would get its turn.
 */
static bool is_hot(const struct look *l, const struct rq *rq, const struct task *t)
{
    unsigned same_caches = SD_SHARE_CPUCAPACITY;

    if (l->idle != CPU_NOT_IDLE)
        same_caches |= SD_SHARE_PKG_RESOURCES;
    return !(l->sd->flags & same_caches) && rq->clock - t->exec_start < CACHE_HOT_NS;
}

static bool may_move_hot(const struct look *l)
{
    return l->sd->nr_balance_failed > l->sd->cache_nice_tries;
}

/* Where @t would go: l->to, or if it may not run there another CPU of our group. NR_CPUS: nowhere. */
static int destination(const struct look *l, const struct task *t)
{
    if (task_may_run_on(t, l->to))
        return l->to;
    return l->idle == CPU_NEWLY_IDLE ? NR_CPUS
                                     : balance_emptiest(&l->sd->groups->span, &t->cpus_mask);
}

/* May @t, of the queue @rq, which is locked, move to @to? BALANCE_MOVED, or why not. */
static enum balance_result judge(const struct look *l, const struct rq *rq, const struct task *t,
                                 int to)
{
    if (to == NR_CPUS || to == rq->cpu)
        return BALANCE_PINNED;
    if (is_hot(l, rq, t) && !may_move_hot(l))
        return BALANCE_HOT;
    if (pays(l, t, rq->cpu, to))
        return BALANCE_MOVED;
    return leaves_home(t, rq->cpu, to) ? BALANCE_HOME : BALANCE_HEAVY;
}

/* How gladly @t is moved: 2 home, 1 from one strange node to another, or within one, 0 away. */
static int preference(const struct task *t, int from, int to)
{
    if (is_far(from, to) && is_at_home(t, to))
        return 2;
    return leaves_home(t, from, to) ? 0 : 1;
}

/* The thread that waits in @rq, which is locked, and had best go; l->to is where. NULL: l->result. */
static struct task *choose_waiting(struct look *l, struct rq *rq)
{
    struct task *best = NULL;
    int best_preference = -1, best_to = l->to, looks = 0;
    struct rb_node *node = rb_first(&rq->fair.waiting);

    for (; node && looks < MAX_LOOKS && best_preference < 2; node = rb_next(node), looks++) {
        struct task *t = rb_entry(node, struct task, node);
        int to = destination(l, t);
        enum balance_result verdict = judge(l, rq, t, to);

        if (verdict != BALANCE_MOVED) {
            l->result = verdict;
        } else if (preference(t, rq->cpu, to) > best_preference) {
            best = t;
            best_to = to;
            best_preference = preference(t, rq->cpu, to);
        }
    }
    l->to = best_to;
    return best;
}

/* ---- moving ---------------------------------------------------------------------------------- */

/* @t, detached, arrives on the CPU that it was sent to; interrupts are as in @flags afterwards. */
static void arrive(struct task *t, unsigned long flags) __no_lock_analysis
{
    struct rq *rq = cpu_rq(t->cpu);

    rq_lock(rq);
    attach_task(rq, t, ENQUEUE_MOVE);
    check_preempt(rq, t);
    task_rq_unlock(rq, flags);
}

/* Move one thread from l->from to l->to. False: l->result says why not. */
static bool move_one(struct look *l) __no_lock_analysis
{
    struct rq *rq = cpu_rq(l->from);
    unsigned long flags;
    struct task *t;

    l->result = BALANCE_RUNNING;
    flags = irq_save();
    rq_lock(rq);
    rq_update_clock(rq);
    t = choose_waiting(l, rq);
    if (!t) {
        task_rq_unlock(rq, flags);
        return false;
    }
    if (is_hot(l, rq, t))
        l->sd->stats.lb[l->idle].lb_hot_gained++;
    detach_task(rq, t, l->to);
    rq_unlock(rq);
    arrive(t, flags);
    l->moved++;
    return true;
}

/*
 * Choose the emptiest of our CPUs and the fullest of @left. False: there is none to take from; then
 * l->from and l->to stay what was tried last.
 */
static bool choose_queues(struct look *l, const cpumask_t *left)
{
    int from = fullest(left);
    int to = l->idle == CPU_NEWLY_IDLE ? l->cpu
                                       : balance_emptiest(&l->sd->groups->span, &cpu_online_mask);

    if (from == NR_CPUS || from == to)
        return false;
    l->from = from;
    l->to = to;
    return true;
}

/* As many threads as the imbalance says; a queue that gives none is not asked again. */
static void move_threads(struct look *l)
{
    cpumask_t left = l->found.cpus;
    bool any = false;

    while (l->moved < l->imbalance && choose_queues(l, &left)) {
        any = true;
        if (!move_one(l))
            cpumask_clear(&left, l->from);
    }
    if (!any)
        l->result = BALANCE_NO_BUSY_QUEUE;
    if (l->moved)
        l->result = BALANCE_MOVED;
}

/* ---- active balancing ------------------------------------------------------------------------ */

/* @rq, which is locked: its running thread shall go to @to, because of @sd. */
static void ask_to_go(struct rq *rq, struct sched_domain *sd, int to)
{
    sd->stats.alb_count++;
    rq->active = rq->curr;
    rq->active_cpu = to;
    rq->active_sd = sd;
    resched_curr(rq);
}

/* May the running thread of @rq, which is locked, be asked to go to @to? */
static bool may_ask(const struct rq *rq, int to)
{
    return rq->curr->class == &fair_sched_class && task_may_run_on(rq->curr, to) && !rq->active;
}

/* Threads that wait on l->from cannot go: let the running one. */
static void balance_actively(struct look *l) __no_lock_analysis
{
    struct rq *rq = cpu_rq(l->from);
    unsigned long flags;

    flags = irq_save();
    rq_lock(rq);
    if (may_ask(rq, l->to) && pays(l, rq->curr, l->from, l->to)) {
        ask_to_go(rq, l->sd, l->to);
        l->result = BALANCE_ACTIVE;
    }
    task_rq_unlock(rq, flags);
}

/*
 * balance_pushes - must @t, which leaves the CPU of @rq and could go on, continue on rq->active_cpu?
 *
 * The queue is locked, rq->active is set; whatever the answer, the wish is gone afterwards.
 */
bool balance_pushes(struct rq *rq, struct task *t)
{
    struct sched_domain *sd = rq->active_sd;
    bool yes = rq->active == t && task_may_run_on(t, rq->active_cpu);

    rq->active = NULL;
    if (yes)
        sd->stats.alb_pushed++;
    else
        sd->stats.alb_failed++;
    return yes;
}

/* ---- a look at a domain ---------------------------------------------------------------------- */

static const char *const idle_names[] = {
    [CPU_IDLE] = "idle", [CPU_NOT_IDLE] = "busy", [CPU_NEWLY_IDLE] = "newidle"};

static void trace_look(const struct look *l)
{
    trace(sched_load_balance, .cpu = l->cpu, .level = l->sd->level, .domain = l->sd->name,
          .idle = idle_names[l->idle], .local_nr = l->found.local.nr_running,
          .local_load = l->found.local.load, .busiest_nr = l->found.best.load.nr_running,
          .busiest_load = l->found.best.load.load, .tolerance = l->tolerance,
          .imbalance = l->imbalance, .src_cpu = l->from < NR_CPUS ? l->from : -1,
          .dst_cpu = l->to < NR_CPUS ? l->to : -1, .moved = l->moved,
          .why = balance_result_name(l->result));
}

/* The one place that knows how each look ended. */
static void balance_note(const struct look *l)
{
    struct sched_domain *sd = l->sd;

    trace_look(l);
    sd->stats.lb[l->idle].lb_imbalance += l->imbalance;
    sd->stats.lb[l->idle].lb_gained += l->moved;
    switch (l->result) {
    case BALANCE_MOVED:
    case BALANCE_HOMEWARD:
    case BALANCE_LOCKED:
        break;
    case BALANCE_NO_BUSY_GROUP:
        sd->stats.lb[l->idle].lb_nobusyg++;
        sd->stats.lb[l->idle].lb_balanced++;
        break;
    case BALANCE_NO_BUSY_QUEUE:
        sd->stats.lb[l->idle].lb_nobusyq++;
        sd->stats.lb[l->idle].lb_balanced++;
        break;
    default:
        sd->stats.lb[l->idle].lb_failed++;
        break;
    }
}

/* balance_note_locked - it was the turn of @sd, but another CPU balances between nodes. */
void balance_note_locked(struct sched_domain *sd, int cpu, enum cpu_idle_type idle)
{
    balance_note(&(struct look){.sd = sd,
                                .cpu = cpu,
                                .idle = idle,
                                .from = NR_CPUS,
                                .to = NR_CPUS,
                                .result = BALANCE_LOCKED});
}

/* After a look that wanted to move threads. */
static void count_failures(struct look *l)
{
    struct sched_domain *sd = l->sd;

    if (l->moved)
        sd->nr_balance_failed = 0;
    else if (l->idle != CPU_NEWLY_IDLE && l->result != BALANCE_NO_BUSY_QUEUE)
        sd->nr_balance_failed++;
    if (sd->nr_balance_failed > sd->cache_nice_tries + ACTIVE_TRIES) {
        sd->nr_balance_failed = sd->cache_nice_tries + 1;
        balance_actively(l);
    }
}

/*
 * balance_domain - bring threads to the group of @cpu from the busiest other group of @sd.
 *
 * @sd    a domain of @cpu.
 * @idle  CPU_NEWLY_IDLE: @cpu takes one thread itself; else any CPU of the group takes.
 *
 * Returns BALANCE_MOVED if a thread moved, else why none did. Context: no queue locked, interrupts on.
 */
enum balance_result balance_domain(struct sched_domain *sd, int cpu, enum cpu_idle_type idle)
{
    struct look l = {.sd = sd,
                     .cpu = cpu,
                     .idle = idle,
                     .tolerance = balance_tolerance(sd->imbalance_pct, sd->distance),
                     .from = NR_CPUS,
                     .to = NR_CPUS,
                     .result = BALANCE_NO_BUSY_GROUP};

    sd->stats.lb[idle].lb_count++;
    if (find_busiest_group(&l)) {
        move_threads(&l);
        if (l.from != NR_CPUS && l.to != NR_CPUS)
            count_failures(&l);
    }
    balance_note(&l);
    return l.result;
}

/* ---- a CPU goes idle ------------------------------------------------------------------------- */

/* How long this CPU, which has just become idle, was idle before, usually. */
static uint64_t usual_idle_ns(void)
{
    struct idle_times *times = raw_cpu_ptr(&idle_times);
    uint64_t total = READ_ONCE(this_rq()->idle->sum_exec);
    uint64_t last = min(total - times->total_ns, (uint64_t)IDLE_MAX_NS);

    times->total_ns = total;
    if (times->average_ns == 0)
        times->average_ns = last;
    times->average_ns += (last >> IDLE_AVG_SHIFT) - (times->average_ns >> IDLE_AVG_SHIFT);
    return times->average_ns;
}

/* What a look at @sd costs at worst; less with each second in which none cost more. */
static uint64_t newidle_cost(struct sched_domain *sd, uint64_t now)
{
    uint64_t seconds = (now - sd->newidle_faded_ns) / NS_PER_S;

    if (seconds > 0) {
        WRITE_ONCE(sd->max_newidle_lb_cost, balance_fade_cost(sd->max_newidle_lb_cost, seconds));
        sd->newidle_faded_ns += seconds * NS_PER_S;
    }
    return sd->max_newidle_lb_cost;
}

/*
 * Look at @sd. With preemption off: the thread that is fetched would take over before it is counted, and
 * this one, the idle thread, would go on when it is over.
 */
static bool newidle_look(struct sched_domain *sd, int cpu, uint64_t start)
{
    enum balance_result result;

    preempt_disable();
    result = balance_domain(sd, cpu, CPU_NEWLY_IDLE);
    preempt_enable();
    if (result == BALANCE_MOVED)
        return true;
    WRITE_ONCE(sd->max_newidle_lb_cost,
               balance_newidle_cost(sd->max_newidle_lb_cost, clock_ns() - start));
    return false;
}

/*
 * balance_newidle - this CPU has nothing to do: take a thread from the nearest that has too many.
 *
 * Context: the idle thread, interrupts on. If a thread came, need_resched is set.
 */
void balance_newidle(void)
{
    int cpu = this_cpu();
    uint64_t idle_ns, start, now;
    struct sched_domain *sd;

    if (!sched_domains.base[cpu])
        return;
    idle_ns = usual_idle_ns();
    start = clock_ns();
    for_each_domain (cpu, sd) {
        now = clock_ns();
        if (cpu_need_resched() || idle_ns < now - start + newidle_cost(sd, now))
            return;
        if (sd->flags & SD_BALANCE_NEWIDLE && newidle_look(sd, cpu, now))
            return;
    }
}

/* ---- going home ------------------------------------------------------------------------------ */

/* The narrowest domain of @cpu that reaches @other, or NULL. */
static struct sched_domain *domain_with(int cpu, int other)
{
    struct sched_domain *sd;

    for_each_domain (cpu, sd) {
        if (cpumask_test(&sd->span, other))
            return sd;
    }
    return NULL;
}

/* The narrowest domain in which @cpu could take a thread from @other; or give it one; or NULL. */
static struct sched_domain *domain_between(int cpu, int other)
{
    struct sched_domain *sd = domain_with(cpu, other);

    return sd ? sd : domain_with(other, cpu);
}

/* balance_is_away - is @t on @cpu, though it could be on one near its memory? */
bool balance_is_away(const struct task *t, int cpu)
{
    cpumask_t home;

    if (t->class != &fair_sched_class || t->nr_cpus_allowed == 1 || is_at_home(t, cpu))
        return false;
    cpumask_and(&home, sched_home_cpus(t), &t->cpus_mask);
    return !cpumask_empty(&home);
}

/* Where @t, which is on @cpu and away, would be at home and no worse off; NR_CPUS: nowhere. */
static int room_at_home(struct look *l, const struct task *t, int cpu)
{
    int to = balance_emptiest(sched_home_cpus(t), &t->cpus_mask);

    if (to == NR_CPUS)
        return NR_CPUS;
    l->found.best.load = balance_look(cpu, true);
    l->found.local = balance_look(to, false);
    return balance_is_free(&l->found.best.load, &l->found.local, t->weight) ? to : NR_CPUS;
}

/*
 * A thread that waits in @rq, which is locked, and can go home, to l->to; or NULL. *@result becomes
 * HOME_NO_ROOM if somebody is away.
 */
static struct task *find_homesick(struct look *l, struct rq *rq, enum home_result *result)
{
    struct rb_node *node = rb_first(&rq->fair.waiting);

    for (int looks = 0; node && looks < MAX_HOME_LOOKS; node = rb_next(node)) {
        struct task *t = rb_entry(node, struct task, node);

        if (!balance_is_away(t, rq->cpu))
            continue;
        looks++;
        *result = HOME_NO_ROOM;
        l->to = room_at_home(l, t, rq->cpu);
        if (l->to != NR_CPUS)
            return t;
    }
    return NULL;
}

/* One thread goes home, from l->from to l->to, as if l->to had looked and found it. */
static void note_homeward(struct look *l, struct sched_domain *sd)
{
    l->sd = sd;
    l->cpu = l->to;
    l->idle = l->found.local.nr_running ? CPU_NOT_IDLE : CPU_IDLE;
    sd->stats.lb[l->idle].lb_count++;
    balance_note(l);
}

/* The running thread of @rq, which is locked, shall go home if there is room for it. */
static enum home_result ask_to_go_home(struct look *l, struct rq *rq)
{
    struct sched_domain *sd;

    if (rq->curr == rq->idle || !balance_is_away(rq->curr, rq->cpu))
        return HOME_NOBODY_AWAY;
    l->to = room_at_home(l, rq->curr, rq->cpu);
    sd = l->to == NR_CPUS ? NULL : domain_between(l->to, rq->cpu);
    if (!sd || !may_ask(rq, l->to))
        return HOME_NO_ROOM;
    l->result = BALANCE_ACTIVE;
    l->moved = 0;
    note_homeward(l, sd);
    ask_to_go(rq, sd, l->to);
    return HOME_SENT;
}

/* @t waits in @rq, which is locked, and goes to l->to; the lock is gone afterwards. */
static void go_home(struct look *l, struct rq *rq, struct task *t,
                    unsigned long flags) __no_lock_analysis
{
    struct sched_domain *sd = domain_between(l->to, rq->cpu);

    if (sd)
        note_homeward(l, sd);
    detach_task(rq, t, l->to);
    rq_unlock(rq);
    arrive(t, flags);
}

/*
 * balance_send_home - let a thread of @cpu return to its home node, if that costs nothing.
 *
 * Returns HOME_SENT if one went or was asked to; HOME_NO_ROOM if some are away and have to stay so.
 * Context: no queue locked, interrupts on.
 */
enum home_result balance_send_home(int cpu) __no_lock_analysis
{
    struct look l = {.from = cpu, .to = NR_CPUS, .result = BALANCE_HOMEWARD, .moved = 1};
    enum home_result result = HOME_NOBODY_AWAY;
    struct rq *rq = cpu_rq(cpu);
    unsigned long flags;
    struct task *t;

    flags = irq_save();
    rq_lock(rq);
    rq_update_clock(rq);
    t = find_homesick(&l, rq, &result);
    if (t) {
        go_home(&l, rq, t, flags);
        return HOME_SENT;
    }
    result = max(result, ask_to_go_home(&l, rq));
    task_rq_unlock(rq, flags);
    return result;
}

/* ---- waking ---------------------------------------------------------------------------------- */

/*
 * balance_note_wakeup - a thread that ran on @prev is woken by @waker and will run on @cpu.
 *
 * Counts it in the narrowest domain of the waker that reaches the CPU.
 */
void balance_note_wakeup(int prev, int waker, int cpu)
{
    struct sched_domain *sd;

    if (cpu != waker) {
        sd = domain_with(waker, cpu);
        if (sd)
            sd->stats.ttwu_wake_remote++;
    } else if (cpu != prev) {
        sd = domain_with(waker, prev);
        if (sd)
            sd->stats.ttwu_move_affine++;
    }
}
