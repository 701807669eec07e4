/*
 * kernel/wait.h - queues of threads that wait for something.
 */
#ifndef KERNEL_WAIT_H
#define KERNEL_WAIT_H

#include "kernel/lib/list.h"

/* Empty for ever so far: there are no threads. */
struct wait_queue_head {
    struct list_head waiters;
};

static inline void wait_queue_init(struct wait_queue_head *wq)
{
    list_init(&wq->waiters);
}

#endif
