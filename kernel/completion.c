/*
 * kernel/completion.c - waiting until somebody has done something.
 *
 * LOCKING  Everything under the completion's lock, waking included: a waiter needs the lock to
 *          return, so complete() has let go of the completion for good when the waiter does.
 */
#include "kernel/completion.h"
#include "kernel/sched.h"

/* On the stack of who waits. */
struct waiter {
    struct list_head link; /* next is NULL once complete() has taken it off */
    struct task *task;
};

/* completion_init - no event so far. */
void completion_init(struct completion *c)
{
    spin_lock_init(&c->lock, "completion", LOCK_WAIT);
    c->done = 0;
    list_init(&c->waiters);
}

static void wake_first(struct completion *c) __must_hold(c->lock)
{
    struct waiter *w = list_first_entry(&c->waiters, struct waiter, link);

    list_del(&w->link);
    wake_up_process(w->task);
}

/* complete - contract in the header. */
void complete(struct completion *c)
{
    unsigned long flags;

    spin_lock_irqsave(&c->lock, flags);
    if (c->done != COMPLETED_FOR_EVER)
        c->done++;
    if (!list_empty(&c->waiters))
        wake_first(c);
    spin_unlock_irqrestore(&c->lock, flags);
}

/* complete_all - contract in the header. */
void complete_all(struct completion *c)
{
    unsigned long flags;

    spin_lock_irqsave(&c->lock, flags);
    c->done = COMPLETED_FOR_EVER;
    while (!list_empty(&c->waiters))
        wake_first(c);
    spin_unlock_irqrestore(&c->lock, flags);
}

static bool take(struct completion *c) __must_hold(c->lock)
{
    if (c->done == 0)
        return false;
    if (c->done != COMPLETED_FOR_EVER)
        c->done--;
    return true;
}

/* Wait for an event, at most @timeout_ns (UINT64_MAX: for ever). True if one was taken. */
static bool wait_locked(struct completion *c, uint64_t timeout_ns)
    __must_hold(c->lock) __no_lock_analysis
{
    struct waiter w = {.task = current};

    while (!take(c)) {
        if (timeout_ns == 0)
            return false;
        list_add_tail(&w.link, &c->waiters);
        set_current_state(TASK_UNINTERRUPTIBLE);
        spin_unlock_irqrestore(&c->lock, RFLAGS_INTERRUPTS);
        if (timeout_ns == UINT64_MAX)
            schedule();
        else
            timeout_ns = schedule_timeout(timeout_ns);
        irq_save();
        spin_lock_irqs_off(&c->lock);
        if (w.link.next)
            list_del(&w.link);
    }
    return true;
}

static bool wait(struct completion *c, uint64_t timeout_ns) __no_lock_analysis
{
    bool done;

    might_sleep();
    irq_save();
    spin_lock_irqs_off(&c->lock);
    done = wait_locked(c, timeout_ns);
    spin_unlock_irqrestore(&c->lock, RFLAGS_INTERRUPTS);
    return done;
}

/* wait_for_completion - contract in the header. */
void wait_for_completion(struct completion *c)
{
    wait(c, UINT64_MAX);
}

/* wait_for_completion_timeout - contract in the header. */
bool wait_for_completion_timeout(struct completion *c, uint64_t timeout_ns)
{
    return wait(c, min(timeout_ns, UINT64_MAX - 1));
}

/* try_wait_for_completion - contract in the header. */
bool try_wait_for_completion(struct completion *c)
{
    unsigned long flags;
    bool taken;

    spin_lock_irqsave(&c->lock, flags);
    taken = take(c);
    spin_unlock_irqrestore(&c->lock, flags);
    return taken;
}
