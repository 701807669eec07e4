/*
 * kernel/kthread.h - threads of the kernel: starting and ending them.
 *
 *     static int work(void *arg)
 *     {
 *         while (!kthread_should_stop())
 *             wait_event_interruptible(queue, there_is_work() || kthread_should_stop());
 *         return 0;
 *     }
 *
 *     struct task *t = kthread_run(work, arg, "worker/%d", nid);
 *     ...
 *     int result = kthread_stop(t);
 *
 * Whoever creates a thread ends it by kthread_stop() or kthread_join(), or lets it go by
 * kthread_detach(); @t means nothing afterwards.
 */
#ifndef KERNEL_KTHREAD_H
#define KERNEL_KTHREAD_H

#include "kernel/task.h"

#define KTHREAD_ANY_NODE (-1) /* the creator's */

/*
 * A thread that will call @fn(@arg) and end when that returns. It doesn't run before kthread_start();
 * it may be bound and given a policy by then. Its stack and structure come from node @nid, and its home
 * is there. NULL: no memory, or no number. Context: may sleep.
 */
struct task *kthread_create_on_node(int (*fn)(void *arg), void *arg, int nid, const char *fmt, ...)
    __printf(4, 5);
struct task *kthread_create(int (*fn)(void *arg), void *arg, const char *fmt, ...) __printf(3, 4);
/* kthread_create() and kthread_start(). */
struct task *kthread_run(int (*fn)(void *arg), void *arg, const char *fmt, ...) __printf(3, 4);
void kthread_start(struct task *t);
/* Before kthread_start(): run on @cpu only, which is online. */
void kthread_bind(struct task *t, int cpu);
/* The same: on those of *@cpus that are online. False, and nothing is changed: none is. */
bool kthread_bind_mask(struct task *t, const cpumask_t *cpus);

/* Wait until it ends, and free it. Returns what @fn returned. Context: may sleep. */
int kthread_join(struct task *t);
/* Ask it to end, wake it, wait until it does, and free it; -EINTR if it never ran. May sleep. */
int kthread_stop(struct task *t);
/* Nobody will wait for it; it is freed when it ends. */
void kthread_detach(struct task *t);

/* Ask it to stand still in kthread_parkme(), and wait until it does; let it go on. May sleep. */
void kthread_park(struct task *t);
void kthread_unpark(struct task *t);

/* For the thread itself: was it asked to end, or to stand still? */
bool kthread_should_stop(void);
bool kthread_should_park(void);
/* Stand still as long as that is wanted. Context: may sleep. */
void kthread_parkme(void);

/* From here on detached threads are freed. Context: boot, threads run. */
void kthreads_init(void);

#endif
