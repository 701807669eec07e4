/*
 * kernel/timer.c - functions that are called when their time has come, and sleeping.
 *
 * THEORY
 *
 * Each CPU has a base: a tree of timers, the next one first, and one hardware timer that is set to
 * whatever is due next. A timer goes into the base of the CPU that starts it and fires there. While its
 * function runs, it stays in the base of the CPU that runs it, so that one base alone knows all about
 * it, and hrtimer_cancel() has one to ask; that CPU looks at its tree again when the function returns.
 *
 * The tick, TICK_HZ times a second on busy CPUs, is a second due time beside the tree. A CPU that goes
 * idle doesn't stop it at once: most idle times are shorter than a tick, and then setting the hardware
 * twice would be in vain. The next tick finds the CPU idle and is the last.
 *
 * INVARIANTS
 *   T1  `programmed_ns` is not later than the first timer and the tick, outside of the interrupt.
 *
 * LOCKING  A base's lock protects its tree and its timers' fields, and is held for moments: functions
 *          are called without. `tick_ns` and `programmed_ns` are the CPU's own, interrupts off.
 * UNITS    ns of clock_ns().
 */
#include "kernel/timer.h"
#include "kernel/cpu.h"
#include "kernel/sched.h"
#include <arch/clock.h>
#include <arch/cpu.h>
#include <arch/timer.h>

#define NEVER UINT64_MAX

struct timer_base {
    /* Protected by lock. */
    struct spinlock lock;    /* rank LOCK_TIMER, interrupts off */
    struct rb_tree timers;   /* by expires_ns */
    struct hrtimer *running; /* its function is being called */

    /* Written by the CPU itself, interrupts off. */
    uint64_t tick_ns;       /* the next tick, NEVER: stopped */
    uint64_t programmed_ns; /* what the hardware is set to, NEVER: nothing */
};

static DEFINE_PER_CPU(struct timer_base, timer_base);

static bool (*tick_handler)(void); /* fixed at boot */

static bool is_earlier(struct rb_node *a, struct rb_node *b)
{
    return rb_entry(a, struct hrtimer, node)->expires_ns <
           rb_entry(b, struct hrtimer, node)->expires_ns;
}

static struct hrtimer *first_timer(const struct timer_base *base)
{
    struct rb_node *node = rb_first(&base->timers);

    return node ? rb_entry(node, struct hrtimer, node) : NULL;
}

/* Set the hardware to what is due next on this CPU. */
static void program(struct timer_base *base)
{
    const struct hrtimer *first = first_timer(base);
    uint64_t next = first ? min(first->expires_ns, base->tick_ns) : base->tick_ns;

    if (next == base->programmed_ns)
        return;
    base->programmed_ns = next;
    if (next == NEVER)
        timer_cancel();
    else
        timer_set(next);
}

/* ---- timers ---------------------------------------------------------------------------------- */

/* hrtimer_init - @t is set to nothing, and will call @fn. */
void hrtimer_init(struct hrtimer *t, void (*fn)(struct hrtimer *t))
{
    *t = (struct hrtimer){.fn = fn};
}

/* Lock the base that @t is, or was last, in. */
static struct timer_base *lock_base(const struct hrtimer *t) __no_lock_analysis
{
    for (;;) {
        int cpu = READ_ONCE(t->cpu);
        struct timer_base *base = per_cpu_ptr(&timer_base, cpu);

        spin_lock_irqs_off(&base->lock);
        if (likely(t->cpu == cpu))
            return base;
        spin_unlock_irqs_off(&base->lock);
    }
}

static bool take_out(struct timer_base *base, struct hrtimer *t)
{
    bool queued = t->queued;

    if (queued) {
        rb_erase(&base->timers, &t->node);
        t->queued = false;
    }
    return queued;
}

/* The base in which @t, which is in none, shall be: @base, where it was last, is locked, and unlocked if
 * it is another one, which is locked instead. */
static struct timer_base *choose_base(struct timer_base *base, struct hrtimer *t) __no_lock_analysis
{
    struct timer_base *here = this_cpu_ptr(&timer_base);

    if (likely(base == here) || base->running == t)
        return base;
    t->cpu = this_cpu();
    spin_unlock_irqs_off(&base->lock);
    spin_lock_irqs_off(&here->lock);
    return here;
}

/*
 * hrtimer_start - call the timer's function at @expires_ns, on this CPU; at once if that has passed.
 *
 * A timer that is set already is set anew; if its function runs on another CPU just now, there. Context:
 * any, its own function included, but one caller at a time for each timer.
 */
void hrtimer_start(struct hrtimer *t, uint64_t expires_ns) __no_lock_analysis
{
    unsigned long flags = irq_save();
    struct timer_base *base = lock_base(t);

    take_out(base, t);
    base = choose_base(base, t);
    t->expires_ns = expires_ns;
    t->queued = true;
    rb_add(&base->timers, &t->node, is_earlier);
    if (base == this_cpu_ptr(&timer_base) && expires_ns < base->programmed_ns)
        program(base);
    spin_unlock_irqrestore(&base->lock, flags);
}

/*
 * hrtimer_cancel - @t is not set, and its function does not run, when this returns.
 *
 * Returns true if it was set. Not from the timer's own function, and not with a lock held that the
 * function takes. Context: else any.
 */
bool hrtimer_cancel(struct hrtimer *t) __no_lock_analysis
{
    bool was_set = false, running;

    do {
        unsigned long flags = irq_save();
        struct timer_base *base = lock_base(t);

        was_set |= take_out(base, t);
        running = base->running == t;
        spin_unlock_irqrestore(&base->lock, flags);
        if (running)
            cpu_relax();
    } while (running);
    return was_set;
}

/* Call what is due; new timers that are due at once, too, but no later ones. */
static void expire(struct timer_base *base, uint64_t now_ns) __no_lock_analysis
{
    struct hrtimer *t;

    spin_lock_irqs_off(&base->lock);
    while ((t = first_timer(base)) != NULL && t->expires_ns <= now_ns) {
        take_out(base, t);
        base->running = t;
        spin_unlock_irqs_off(&base->lock);
        t->fn(t);
        spin_lock_irqs_off(&base->lock);
        base->running = NULL;
    }
    spin_unlock_irqs_off(&base->lock);
}

/* ---- the tick -------------------------------------------------------------------------------- */

/* tick_set_handler - contract in the header. Context: boot. */
void tick_set_handler(bool (*fn)(void))
{
    tick_handler = fn;
}

/* tick_start - contract in the header. */
void tick_start(void)
{
    struct timer_base *base = raw_cpu_ptr(&timer_base);

    if (base->tick_ns != NEVER)
        return;
    base->tick_ns = clock_ns() + TICK_NS;
    if (base->tick_ns < base->programmed_ns) {
        base->programmed_ns = base->tick_ns;
        timer_set(base->tick_ns);
    }
}

/* tick_is_running - a snapshot. */
bool tick_is_running(int cpu)
{
    return READ_ONCE(per_cpu_ptr(&timer_base, cpu)->tick_ns) != NEVER;
}

static void tick(struct timer_base *base, uint64_t now_ns)
{
    if (!tick_handler()) {
        base->tick_ns = NEVER;
        return;
    }
    base->tick_ns += TICK_NS;
    if (base->tick_ns <= now_ns) /* ticks were lost; don't make up for them */
        base->tick_ns = now_ns + TICK_NS;
}

/* The hardware timer's interrupt. */
static void timer_interrupt(void) __no_lock_analysis
{
    struct timer_base *base = this_cpu_ptr(&timer_base);
    uint64_t now_ns = clock_ns();

    base->programmed_ns = NEVER;
    expire(base, now_ns);
    if (base->tick_ns <= now_ns)
        tick(base, now_ns);
    spin_lock_irqs_off(&base->lock);
    program(base);
    spin_unlock_irqs_off(&base->lock);
}

/* timers_init - contract in the header. */
void timers_init(void)
{
    int cpu;

    for_each_cpu (cpu, &cpu_present_mask) {
        struct timer_base *base = per_cpu_ptr(&timer_base, cpu);

        spin_lock_init(&base->lock, "timer base", LOCK_TIMER);
        rb_init(&base->timers);
        base->tick_ns = NEVER;
        base->programmed_ns = NEVER;
    }
    timer_set_handler(timer_interrupt);
}

/* ---- sleeping -------------------------------------------------------------------------------- */

struct sleeper {
    struct hrtimer timer;
    struct task *task;
};

static void wake_sleeper(struct hrtimer *t)
{
    wake_up_process(container_of(t, struct sleeper, timer)->task);
}

/*
 * schedule_timeout - schedule(), but for @timeout_ns at most; set_current_state() first.
 *
 * Returns what was left when something else woke the thread, 0 if nothing did.
 */
uint64_t schedule_timeout(uint64_t timeout_ns)
{
    struct sleeper s = {.task = current};
    uint64_t now = clock_ns(), end = now + min(timeout_ns, NEVER - 1 - now);

    hrtimer_init(&s.timer, wake_sleeper);
    hrtimer_start(&s.timer, end);
    schedule();
    hrtimer_cancel(&s.timer);
    now = clock_ns();
    return now < end ? end - now : 0;
}

/* sleep_ns - contract in the header. */
void sleep_ns(uint64_t ns)
{
    might_sleep();
    while (ns > 0) {
        set_current_state(TASK_UNINTERRUPTIBLE);
        ns = schedule_timeout(ns);
    }
}

/* usleep, msleep - sleep_ns in other units. */
void usleep(uint64_t us)
{
    sleep_ns(us * NS_PER_US);
}

void msleep(uint64_t ms)
{
    sleep_ns(ms * NS_PER_MS);
}
