/*
 * tests/kernel/test_rq_verify.c - a run queue that is wrong is called wrong, by the right name.
 *
 * The queue is the test's own: an idle thread, two fair threads of which one runs, a real-time thread.
 */
#include "kernel/ktest.h"
#include "kernel/lib/string.h"
#include "sched/fair_math.h"
#include "sched/rq_verify.h"

#define PRIORITY 50
#define INDEX    (MAX_RT_PRIO - 1 - PRIORITY)

static struct rq rq;
static struct task idle, runs, waits, urgent;

static bool is_behind(struct rb_node *a, struct rb_node *b)
{
    return fair_before(rb_entry(a, struct task, node)->vruntime,
                       rb_entry(b, struct task, node)->vruntime);
}

static void init_task(struct task *t, int pid, const struct sched_class *class)
{
    *t = (struct task){.pid = pid, .on_rq = TASK_QUEUED, .class = class, .weight = NICE_0_WEIGHT};
    cpumask_set(&t->cpus_mask, 0);
    rq.nr_running++;
}

static void add_fair(struct task *t, int pid)
{
    init_task(t, pid, &fair_sched_class);
    rq.fair.nr++;
    rq.fair.weight += t->weight;
}

static void add_urgent(void)
{
    init_task(&urgent, 3, &rt_sched_class);
    urgent.rt_priority = PRIORITY;
    list_add(&urgent.rt_link, &rq.rt.queue[INDEX]);
    rq.rt.present[INDEX / 64] |= 1ul << INDEX % 64;
    rq.rt.nr++;
    rq.rt.top = PRIORITY;
}

static void build(void)
{
    rq = (struct rq){.cpu = 0, .idle = &idle, .curr = &runs};
    spin_lock_init(&rq.lock, "test queue", LOCK_RQ);
    rb_init(&rq.fair.waiting);
    for (int i = 0; i < MAX_RT_PRIO; i++)
        list_init(&rq.rt.queue[i]);
    add_fair(&runs, 1);
    runs.on_cpu = true;
    add_fair(&waits, 2);
    rb_add(&rq.fair.waiting, &waits.node, is_behind);
    add_urgent();
}

/* At least one report comes, and the last one has @code. */
static void expect_broken(const char *code)
{
    int errors;

    report_expect();
    errors = rq_verify(&rq);
    KEXPECT(errors > 0);
    KEXPECT_EQ(errors, report_expect_end());
    KEXPECT(strncmp(report_last(), code, strlen(code)) == 0);
}

/* A checker that cries at what is right is switched off, and then it is silent about the rest. */
KTEST(rq_verify, queue_that_is_right_is_left_alone)
{
    build();
    KEXPECT_EQ(0, rq_verify(&rq));
}

KTEST(rq_verify, q1_running_thread_of_another_queue)
{
    build();
    runs.cpu = 1;
    expect_broken("Q1");
}

KTEST(rq_verify, q2_thread_that_sleeps_in_the_tree)
{
    build();
    waits.on_rq = TASK_NOT_QUEUED;
    expect_broken("Q2");
}

KTEST(rq_verify, q3_thread_that_is_not_counted)
{
    build();
    rq.nr_running--;
    expect_broken("Q3");
}

KTEST(rq_verify, q4_thread_that_waits_where_it_may_not_run)
{
    build();
    cpumask_zero(&waits.cpus_mask);
    expect_broken("Q4");
}

/* The tree would give the CPU to the wrong thread from then on. */
KTEST(rq_verify, q5_tree_out_of_order)
{
    static struct task third;

    build();
    waits.vruntime = 10;
    add_fair(&third, 4);
    third.vruntime = 20;
    rb_add(&rq.fair.waiting, &third.node, is_behind);
    KEXPECT_EQ(0, rq_verify(&rq));
    third.vruntime = 5;
    expect_broken("Q5");
}

/* The thread would wait for ever: nobody looks into a list that isn't marked. */
KTEST(rq_verify, q6_list_that_is_not_marked)
{
    build();
    rq.rt.present[INDEX / 64] = 0;
    expect_broken("Q6");
}

/* Other CPUs would send their threads here, or never look here for one that waits. */
KTEST(rq_verify, q6_wrong_picture_for_other_cpus)
{
    build();
    rq.rt.top = PRIORITY - 1;
    expect_broken("Q6");
    build();
    rq.rt.has_extra = true;
    expect_broken("Q6");
}
