/*
 * mm/oom.h - out of memory: who gives up theirs.
 */
#ifndef MM_OOM_H
#define MM_OOM_H

#include "mm/node.h"

/* An allocation that reclaim could not help. */
struct oom_control {
    const struct zonelist *zonelist;
    int nid; /* the node that was asked for */
    gfp_t gfp;
    unsigned order;
};

/*
 * out_of_memory - name the constraint, print the report, and tell the victim with the highest score to
 * give up its memory.
 *
 * Returns true if there was one, or another CPU is at it: the allocation is worth another try.
 * Context: may sleep.
 */
bool out_of_memory(const struct oom_control *oc);

#endif
