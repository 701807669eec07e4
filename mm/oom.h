/*
 * mm/oom.h - out of memory: who gives up theirs.
 */
#ifndef MM_OOM_H
#define MM_OOM_H

#include "mm/node.h"

/* An allocation that reclaim could not help. */
struct oom_control {
    const struct zonelist *zonelist; /* NULL: all nodes */
    int nid;                         /* the node that was asked for */
    gfp_t gfp;
    unsigned order;             /* OOM_BY_HAND: nobody asks for pages */
    const nodemask_t *nodemask; /* a policy allows these nodes alone; NULL: all of the zonelist */
};

#define OOM_BY_HAND       UINT32_MAX

#define OOM_SCORE_ADJ_MIN (-1000) /* never chosen */
#define OOM_SCORE_ADJ_MAX 1000    /* chosen before all others */

/*
 * A client of the kernel that holds memory and can live without it. Static, or lives until it is
 * unregistered.
 *
 * @pages    how many pages it has on the nodes of the set. Called by the allocation that failed: reads
 *           counters, takes no lock that somebody may hold who allocates, and allocates nothing.
 * @release  give them up; returns how many pages that was. Called in the thread oom_reaper, which holds no
 *           lock: it may sleep, but must not wait for anybody who may be waiting for memory, and allocate
 *           without __GFP_DIRECT_RECLAIM if at all.
 */
struct oom_victim {
    /* The owner's. */
    const char *name;
    int pid; /* of its thread, 0: none; for the log and the trace */
    int oom_score_adj;
    unsigned long (*pages)(struct oom_victim *v, const nodemask_t *nodes);
    unsigned long (*release)(struct oom_victim *v);

    /* mm/oom.c's. */
    struct list_head link;
    bool is_chosen;     /* to give up, or doing so; set under oom_lock, cleared by the reaper */
    bool is_useless;    /* had nothing to give when it was asked: not asked again */
    uint64_t chosen_ns; /* since when it is chosen */
    long points; /* pages, and what oom_score_adj makes of them; in one call of out_of_memory() */
    unsigned long nr_pages; /* on the nodes concerned; likewise */
};

void oom_victim_register(struct oom_victim *v);
void oom_victim_unregister(struct oom_victim *v);

/*
 * out_of_memory - name the constraint, print the report, and tell the victim with the highest score to
 * give up its memory.
 *
 * Returns true if there was one, or one is at it, or another CPU is here: the allocation is worth another
 * try. False: nobody has anything to give.
 * Context: may sleep, a fraction of a second; allocates nothing.
 */
bool out_of_memory(const struct oom_control *oc);

/* The thread oom_reaper. Context: boot, threads run. */
void oom_init(void);

struct seqbuf;

/* /proc/sys/vm/panic_on_oom: 0 choose a victim; 1 panic, unless only some nodes are short; 2 panic. */
void panic_on_oom_show(struct seqbuf *s);
int panic_on_oom_store(const char *text, size_t len);
/* /proc/sysrq-trigger: f calls the OOM killer, m prints what it would print of memory. */
void sysrq_trigger_show(struct seqbuf *s);
int sysrq_trigger_store(const char *text, size_t len);

#endif
