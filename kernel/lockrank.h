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
    LOCK_ZONE = 1, /* one zone's free lists; a broken invariant found under it is logged */
    LOCK_LOG,      /* the log; taken under any lock that may find something to say */
    LOCK_CONSOLE,  /* the serial line; the log is written to it line by line */
};

#endif
