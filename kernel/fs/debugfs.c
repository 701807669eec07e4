/*
 * kernel/fs/debugfs.c - /sys/kernel/debug: what the kernel decided, and why. The formats are ours.
 */
#include "kernel/console.h"
#include "kernel/fs/vfs.h"
#include "mm/fault_inject.h"
#include "mm/fragmentation.h"
#include "mm/numa.h"
#include "mm/zonelist.h"
#include "sched/domains.h"

#define DOMAIN_FILE(_name, _show)                                                                  \
    VFS_FILE_PER_PAIR("/sys/kernel/debug/sched/domains/cpu#/domain#/" _name,                       \
                      sched_domain_next_cpu, sched_domain_next, _show)

#define FAULT_FILE(_folder, _attr, _name, _setting)                                                \
    VFS_FILE_WRITABLE("/sys/kernel/debug/" _folder "/" _name, fault_##_attr##_##_setting##_show,   \
                      fault_##_attr##_##_setting##_store)
#define FAULT_FILES(_folder, _attr)                                                                \
    FAULT_FILE(_folder, _attr, "ignore-gfp-wait", ignore_gfp_wait),                                \
        FAULT_FILE(_folder, _attr, "interval", interval),                                          \
        FAULT_FILE(_folder, _attr, "probability", probability),                                    \
        FAULT_FILE(_folder, _attr, "space", space), FAULT_FILE(_folder, _attr, "times", times),    \
        FAULT_FILE(_folder, _attr, "verbose", verbose)

static const struct vfs_file files[] = {
    VFS_FILE("/sys/kernel/debug/console", console_show),
    FAULT_FILE("fail_page_alloc", page_alloc, "min-order", min_order),
    FAULT_FILES("fail_page_alloc", page_alloc),
    FAULT_FILES("failslab", slab),
    VFS_FILE("/sys/kernel/debug/extfrag/extfrag_index", extfrag_index_show),
    VFS_FILE("/sys/kernel/debug/extfrag/unusable_index", unusable_index_show),
    VFS_FILE("/sys/kernel/debug/numa", numa_show),
    VFS_FILE("/sys/kernel/debug/zonelists", zonelists_show),

    VFS_FILE("/sys/kernel/debug/sched/topology", sched_topology_show),
    DOMAIN_FILE("busy_factor", sched_domain_busy_factor_show),
    DOMAIN_FILE("cache_nice_tries", sched_domain_cache_nice_tries_show),
    DOMAIN_FILE("flags", sched_domain_flags_show),
    DOMAIN_FILE("groups", sched_domain_groups_show),
    DOMAIN_FILE("imbalance_pct", sched_domain_imbalance_pct_show),
    DOMAIN_FILE("max_interval", sched_domain_max_interval_show),
    DOMAIN_FILE("max_newidle_lb_cost", sched_domain_max_newidle_lb_cost_show),
    DOMAIN_FILE("min_interval", sched_domain_min_interval_show),
    DOMAIN_FILE("name", sched_domain_name_show),
    DOMAIN_FILE("span", sched_domain_span_show),
};

/* debugfs_register - make the files appear. Context: boot. */
void debugfs_register(void)
{
    vfs_register(files, ARRAY_SIZE(files));
}
