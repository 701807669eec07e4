/*
 * kernel/wait.c - queues of threads that wait until a condition holds.
 *
 * LOCKING  Waking happens under the queue's lock, and a waiter takes the lock to leave, so that
 *          neither its entry nor the thread is gone while somebody wakes it.
 */
#include "kernel/wait.h"
#include "kernel/sched.h"

/*
 * prepare_to_wait - @w is in the queue, and the thread in @state, when this returns.
 *
 * Whoever wakes takes the entry off, so it is called before each schedule().
 */
void prepare_to_wait(struct wait_queue_head *wq, struct wait_queue_entry *w, unsigned int state)
{
    unsigned long flags;

    might_sleep();
    spin_lock_irqsave(&wq->lock, flags);
    w->task = current;
    if (!w->link.next) {
        if (w->exclusive)
            list_add_tail(&w->link, &wq->waiters); /* behind those that are woken anyway */
        else
            list_add(&w->link, &wq->waiters);
    }
    set_current_state(state);
    spin_unlock_irqrestore(&wq->lock, flags);
}

/* finish_wait - the thread runs, and @w is in no queue, when this returns. */
void finish_wait(struct wait_queue_head *wq, struct wait_queue_entry *w)
{
    unsigned long flags;

    if (!w->task)
        return; /* never waited */
    set_current_state(TASK_RUNNING);
    spin_lock_irqsave(&wq->lock, flags);
    if (w->link.next)
        list_del(&w->link);
    spin_unlock_irqrestore(&wq->lock, flags);
}

/* wait_schedule - contract in the header. */
uint64_t wait_schedule(uint64_t timeout_ns)
{
    if (timeout_ns != UINT64_MAX)
        return schedule_timeout(timeout_ns);
    schedule();
    return timeout_ns;
}

static void wake(struct wait_queue_head *wq, unsigned nr_exclusive)
{
    struct wait_queue_entry *w, *next;
    unsigned long flags;

    spin_lock_irqsave(&wq->lock, flags);
    list_for_each_entry_safe (w, next, &wq->waiters, link) {
        bool exclusive = w->exclusive;

        list_del(&w->link);
        wake_up_process(w->task);
        if (exclusive && --nr_exclusive == 0)
            break;
    }
    spin_unlock_irqrestore(&wq->lock, flags);
}

/* wake_up - contract in the header. */
void wake_up(struct wait_queue_head *wq)
{
    wake(wq, 1);
}

/* wake_up_all - contract in the header. */
void wake_up_all(struct wait_queue_head *wq)
{
    wake(wq, 0); /* counts down past 0 */
}

/* wait_queue_empty - contract in the header. */
bool wait_queue_empty(struct wait_queue_head *wq)
{
    return READ_ONCE(wq->waiters.next) == &wq->waiters;
}
