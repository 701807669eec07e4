/*
 * kernel/completion.h - waiting until somebody has done something.
 *
 * complete() counts one event, wait_for_completion() takes one, and waits if there is none. Whoever
 * waits may free the completion when it returns: complete() doesn't touch it after that.
 */
#ifndef KERNEL_COMPLETION_H
#define KERNEL_COMPLETION_H

#include "kernel/lib/list.h"
#include "kernel/lock.h"

#define COMPLETED_FOR_EVER UINT32_MAX

struct completion {
    struct spinlock lock; /* rank LOCK_WAIT, interrupts off; protects all */
    unsigned int done;    /* events that nobody has taken, or COMPLETED_FOR_EVER */
    struct list_head waiters;
};

void completion_init(struct completion *c);
/* One event more: wakes one waiter. Context: any. */
void complete(struct completion *c);
/* From now on nobody waits. Context: any. */
void complete_all(struct completion *c);
/* Context: may sleep. */
void wait_for_completion(struct completion *c);
/* True if it came within @timeout_ns. Context: may sleep. */
bool wait_for_completion_timeout(struct completion *c, uint64_t timeout_ns);
/* Take an event if there is one. Context: any. */
bool try_wait_for_completion(struct completion *c);

#endif
