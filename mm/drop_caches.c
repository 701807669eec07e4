/*
 * mm/drop_caches.c - /proc/sys/vm/drop_caches: give up on demand what could be given up.
 *
 *     1  clean pages of the page cache       2  what shrinkers have       3  both       4  say nothing
 *
 * Dirty pages stay, and pages that somebody uses.
 *
 * SOURCES  Linux 6.1, Documentation/admin-guide/sysctl/vm.rst, "drop_caches".
 */
#include "kernel/lib/seqbuf.h"
#include "kernel/printk.h"
#include "kernel/sched.h"
#include "kernel/sysctl.h"
#include "mm/reclaim_internal.h"
#include "mm/shrinker.h"
#include "mm/vmscan.h"

#define DROP_PAGES  1ul
#define DROP_SHRINK 2ul
#define BE_QUIET    4ul
#define MAX_ROUNDS  16 /* over shrinkers that always find more */

static unsigned long last_written;
static bool quiet;

/* drop_pagecache - contract in the header. */
void drop_pagecache(void)
{
    bool was = reclaim_begin();
    int nid;

    for_each_node (nid)
        drop_node_pages(NODE_DATA(nid));
    reclaim_end(was);
}

/* drop_slab - contract in the header. */
void drop_slab(void)
{
    bool was = reclaim_begin();
    unsigned long freed;
    int nid, round = 0;

    do {
        freed = 0;
        for_each_online_node (nid)
            freed += shrink_slab(GFP_KERNEL, nid, 0);
    } while (freed >> ++round > 1 && round < MAX_ROUNDS); /* as long as it pays */
    reclaim_end(was);
}

/* drop_caches_show - /proc/sys/vm/drop_caches: what was written last. */
void drop_caches_show(struct seqbuf *s)
{
    seq_printf(s, "%lu\n", READ_ONCE(last_written));
}

/* drop_caches_store - the same, written. Context: may sleep. */
int drop_caches_store(const char *text, size_t len)
{
    unsigned long what;
    int err = sysctl_parse("drop_caches", text, 1, 4, &what);

    (void)len;
    if (err)
        return err;
    if (what & DROP_PAGES) {
        drop_pagecache();
        count_vm_event(DROP_PAGECACHE);
    }
    if (what & DROP_SHRINK) {
        drop_slab();
        count_vm_event(DROP_SLAB);
    }
    if (!READ_ONCE(quiet))
        pr_info("%s (%d): drop_caches: %lu", current->comm, current->pid, what);
    if (what & BE_QUIET)
        WRITE_ONCE(quiet, true);
    WRITE_ONCE(last_written, what);
    return 0;
}
