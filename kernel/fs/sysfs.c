/*
 * kernel/fs/sysfs.c - /sys/devices/system: nodes and CPUs, a directory each.
 *
 * SOURCES  Linux 6.1, Documentation/ABI/stable/sysfs-devices-node and
 *          Documentation/ABI/testing/sysfs-devices-system-cpu: names and formats.
 */
#include "kernel/cpu.h"
#include "kernel/fs/vfs.h"
#include "mm/node.h"
#include "mm/vmstat.h"

/* The lowest online node above @after, or -1. */
static int next_node(int after)
{
    int nid = nodemask_next(&node_states[N_ONLINE], after);

    return nid < MAX_NUMNODES ? nid : -1;
}

static const struct vfs_file files[] = {
    VFS_FILE("/sys/devices/system/cpu/online", cpu_online_show),
    VFS_FILE("/sys/devices/system/cpu/possible", cpu_possible_show),
    VFS_FILE("/sys/devices/system/cpu/present", cpu_present_show),

    VFS_FILE("/sys/devices/system/node/has_cpu", node_has_cpu_show),
    VFS_FILE("/sys/devices/system/node/has_generic_initiator", node_has_generic_initiator_show),
    VFS_FILE("/sys/devices/system/node/has_memory", node_has_memory_show),
    VFS_FILE("/sys/devices/system/node/has_normal_memory", node_has_normal_memory_show),
    VFS_FILE("/sys/devices/system/node/online", node_online_show),
    VFS_FILE("/sys/devices/system/node/possible", node_possible_show),

    VFS_FILE_PER_ID("/sys/devices/system/node/node#/cpulist", next_node, node_cpulist_show),
    VFS_FILE_PER_ID("/sys/devices/system/node/node#/cpumap", next_node, node_cpumap_show),
    VFS_FILE_PER_ID("/sys/devices/system/node/node#/distance", next_node, node_distance_show),
    VFS_FILE_PER_ID("/sys/devices/system/node/node#/meminfo", next_node, node_meminfo_show),
    VFS_FILE_PER_ID("/sys/devices/system/node/node#/numastat", next_node, node_numastat_show),
    VFS_FILE_PER_ID("/sys/devices/system/node/node#/vmstat", next_node, node_vmstat_show),
};

/* sysfs_register - make the files appear. Context: boot. */
void sysfs_register(void)
{
    vfs_register(files, ARRAY_SIZE(files));
}
