/*
 * mm/oom_internal.h - what mm/oom.c decides and mm/oom_report.c prints.
 */
#ifndef MM_OOM_INTERNAL_H
#define MM_OOM_INTERNAL_H

#include "mm/oom.h"

/* What is short of memory. */
enum oom_constraint {
    OOM_MACHINE,  /* all nodes */
    OOM_THISNODE, /* the node that __GFP_THISNODE names */
    OOM_POLICY,   /* the nodes of oom_control.nodemask */
    OOM_ZONE,     /* zones that GFP_DMA or GFP_DMA32 allow */
};

/* One call of out_of_memory(). */
struct oom_case {
    const struct oom_control *oc;
    enum oom_constraint constraint;
    enum zone_type highest;    /* zones above don't matter */
    nodemask_t nodes;          /* those that could have served, */
    unsigned long total_pages; /* and what they manage in zones up to the highest */
    const struct list_head *victims;
    struct oom_victim *chosen; /* NULL: nobody has anything */
    unsigned nr_candidates;
};

/* The constraint of the request, and the nodes. Pure, but for the zones that it reads. */
void oom_find_constraint(struct oom_case *c, const struct oom_control *oc);
/* Fill in points of all victims, and choose. */
void oom_choose(struct oom_case *c);

const char *oom_constraint_name(enum oom_constraint constraint);
/* "node 1 alone", "zone DMA32 and below of nodes 0-1", ... */
void oom_print_constraint(struct seqbuf *s, const struct oom_case *c);
void oom_report(const struct oom_case *c);
void oom_report_memory(const nodemask_t *nodes);

#endif
