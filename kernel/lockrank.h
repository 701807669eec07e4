/*
 * kernel/lockrank.h - the order in which locks are taken.
 *
 * Outermost first. Whoever holds a lock may take only locks that stand further down, so no two
 * holders can wait for each other; two locks of one rank are never held together. Debug builds
 * check it (kernel/lock.c).
 */
#ifndef KERNEL_LOCKRANK_H
#define KERNEL_LOCKRANK_H

enum lock_rank {
    LOCK_KSTACK = 1, /* which kernel stacks are free */
    LOCK_VMALLOC,    /* which ranges of the vmalloc space are taken */
    LOCK_VM,         /* the kernel's page tables; a page for a table comes from a zone */
    LOCK_MAPPING,    /* the pages of one file; they go to and from the LRU under it */
    LOCK_LRU,        /* a node's LRU lists */
    LOCK_SLAB,       /* a cache's lists of one node; its pages come and go without it */
    LOCK_ZONE,       /* one zone's free lists; a broken invariant found under it is logged */
    LOCK_TASKS,      /* the list of threads; interrupts look at it, whatever is held above */
    LOCK_WAIT,       /* a wait queue, completion, mutex: held while its threads are woken */
    LOCK_RQ,         /* a run queue; a thread may be woken under any lock above */
    LOCK_TIMER,      /* a CPU's timers */
    LOCK_LOG,        /* the log; taken under any lock that may find something to say */
    LOCK_CONSOLE,    /* the serial line; the log is written to it line by line */
};

#endif
