/*
 * kernel/wait.h - queues of threads that wait until a condition holds.
 *
 *     wait_event(queue, nr_free > 0);                nr_free++; wake_up(&queue);
 *
 * The condition is looked at again after each wake-up, so waking too often does no harm. Whoever
 * makes it true does so before wake_up(). Exclusive waiters are woken one at a time, for conditions
 * that only one of them can use.
 */
#ifndef KERNEL_WAIT_H
#define KERNEL_WAIT_H

#include "kernel/lib/list.h"
#include "kernel/lock.h"

struct task;

struct wait_queue_head {
    struct spinlock lock; /* rank LOCK_WAIT, interrupts off */
    struct list_head waiters;
};

/* On the stack of who waits. */
struct wait_queue_entry {
    struct list_head link; /* next is NULL while it is in no queue */
    struct task *task;
    bool exclusive;
};

static inline void wait_queue_init(struct wait_queue_head *wq)
{
    spin_lock_init(&wq->lock, "wait queue", LOCK_WAIT);
    list_init(&wq->waiters);
}

#define DEFINE_WAIT_QUEUE(name)                                                                    \
    struct wait_queue_head name = {SPINLOCK_INIT("wait queue", LOCK_WAIT),                         \
                                   LIST_HEAD_INIT((name).waiters)}

/* Wake all that aren't exclusive, and one that is; all. Context: any. */
void wake_up(struct wait_queue_head *wq);
void wake_up_all(struct wait_queue_head *wq);
/* Does nobody wait? A snapshot. */
bool wait_queue_empty(struct wait_queue_head *wq);

/* The parts of wait_event(): join the queue and take the state @state; leave both. */
void prepare_to_wait(struct wait_queue_head *wq, struct wait_queue_entry *w, unsigned int state);
void finish_wait(struct wait_queue_head *wq, struct wait_queue_entry *w);
/* schedule() or schedule_timeout(), UINT64_MAX being for ever; returns what is left. */
uint64_t wait_schedule(uint64_t timeout_ns);

/*
 * wait_event_timeout - sleep until @condition, at most @timeout_ns. Returns 0 if it still doesn't hold
 * then, else at least 1: what was left. The others wait for ever. Context: may sleep.
 */
#define wait_event_timeout(wq, condition, timeout_ns)                                              \
    wait_event_common(wq, condition, 0x0002u /* TASK_UNINTERRUPTIBLE */, false, timeout_ns)
#define wait_event(wq, condition)                                                                  \
    ((void)wait_event_common(wq, condition, 0x0002u, false, UINT64_MAX))
/* For waits that may take for ever: shown as S, not D. kthread_stop() wakes it, too. */
#define wait_event_interruptible(wq, condition)                                                    \
    ((void)wait_event_common(wq, condition, 0x0001u /* TASK_INTERRUPTIBLE */, false, UINT64_MAX))
#define wait_event_exclusive(wq, condition)                                                        \
    ((void)wait_event_common(wq, condition, 0x0002u, true, UINT64_MAX))

#define wait_event_common(wq, condition, _state, _exclusive, timeout_ns)                           \
    ({                                                                                             \
        struct wait_queue_entry _entry = {.exclusive = (_exclusive)};                              \
        uint64_t _left = (timeout_ns);                                                             \
        bool _held = (condition);                                                                  \
                                                                                                   \
        while (!_held) {                                                                           \
            prepare_to_wait(wq, &_entry, _state);                                                  \
            _held = (condition);                                                                   \
            if (_held || _left == 0)                                                               \
                break;                                                                             \
            _left = wait_schedule(_left);                                                          \
        }                                                                                          \
        finish_wait(wq, &_entry);                                                                  \
        _held ? max(_left, (uint64_t)1) : (uint64_t)0;                                             \
    })

#endif
