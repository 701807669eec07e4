/*
 * kernel/fs/sysfs.c - /sys/devices/system: nodes and CPUs, a directory each; /sys/bus/dax: persistent memory.
 *
 * SOURCES  Linux 6.1, Documentation/ABI/stable/sysfs-devices-node and
 *          Documentation/ABI/testing/sysfs-devices-system-cpu: names and formats.
 */
#include "kernel/cpu.h"
#include "kernel/fs/vfs.h"
#include "mm/memremap.h"
#include "mm/node.h"
#include "mm/vmstat.h"

/* The lowest online node above @after, or -1. */
static int next_node(int after)
{
    int nid = nodemask_next(&node_states[N_ONLINE], after);

    return nid < MAX_NUMNODES ? nid : -1;
}

/* The lowest online CPU above @after, or -1. */
static int next_cpu(int after)
{
    int cpu = cpumask_next(&cpu_online_mask, after);

    return cpu < NR_CPUS ? cpu : -1;
}

/* The same of the present ones, the boot CPU excepted: it cannot be taken off-line. */
static int next_switchable_cpu(int after)
{
    int cpu = cpumask_next(&cpu_present_mask, max(after, 0));

    return cpu < NR_CPUS ? cpu : -1;
}

static void show_mask(struct seqbuf *s, cpumask_t mask)
{
    cpumask_print_mask(s, &mask, nr_cpu_ids);
    seq_putc(s, '\n');
}

static void show_list(struct seqbuf *s, cpumask_t mask)
{
    cpumask_print_list(s, &mask);
    seq_putc(s, '\n');
}

/* Who shares @what with a CPU, as mask and as list; Linux has some under two names. */
#define SHARERS(_what, _sharing)                                                                   \
    static void show_##_what##_mask(struct seqbuf *s, int cpu)                                     \
    {                                                                                              \
        show_mask(s, cpu_sharers(cpu, _sharing));                                                  \
    }                                                                                              \
    static void show_##_what##_list(struct seqbuf *s, int cpu)                                     \
    {                                                                                              \
        show_list(s, cpu_sharers(cpu, _sharing));                                                  \
    }

SHARERS(core, SHARE_CORE)
SHARERS(cluster, SHARE_CLUSTER)
SHARERS(die, SHARE_DIE)
SHARERS(package, SHARE_PACKAGE)

static void show_cluster_id(struct seqbuf *s, int cpu)
{
    seq_printf(s, "%u\n", cpu_topology_of(cpu).cluster);
}

static void show_core_id(struct seqbuf *s, int cpu)
{
    seq_printf(s, "%u\n", cpu_topology_of(cpu).core);
}

static void show_die_id(struct seqbuf *s, int cpu)
{
    seq_printf(s, "%u\n", cpu_topology_of(cpu).die);
}

static void show_package_id(struct seqbuf *s, int cpu)
{
    seq_printf(s, "%u\n", cpu_topology_of(cpu).package);
}

#define CPU_FILE(_name, _show)                                                                     \
    VFS_FILE_PER_ID("/sys/devices/system/cpu/cpu#/topology/" _name, next_cpu, _show)

static const struct vfs_file files[] = {
    VFS_FILE("/sys/devices/system/cpu/online", cpu_online_show),
    VFS_FILE("/sys/devices/system/cpu/possible", cpu_possible_show),
    VFS_FILE("/sys/devices/system/cpu/present", cpu_present_show),
    CPU_FILE("cluster_cpus", show_cluster_mask),
    CPU_FILE("cluster_cpus_list", show_cluster_list),
    CPU_FILE("cluster_id", show_cluster_id),
    CPU_FILE("core_cpus", show_core_mask),
    CPU_FILE("core_cpus_list", show_core_list),
    CPU_FILE("core_id", show_core_id),
    CPU_FILE("core_siblings", show_package_mask),
    CPU_FILE("core_siblings_list", show_package_list),
    CPU_FILE("die_cpus", show_die_mask),
    CPU_FILE("die_cpus_list", show_die_list),
    CPU_FILE("die_id", show_die_id),
    CPU_FILE("package_cpus", show_package_mask),
    CPU_FILE("package_cpus_list", show_package_list),
    CPU_FILE("physical_package_id", show_package_id),
    CPU_FILE("thread_siblings", show_core_mask),
    CPU_FILE("thread_siblings_list", show_core_list),
    VFS_FILE_PER_ID("/sys/devices/system/cpu/cpu#/online", next_switchable_cpu,
                    cpu_online_one_show),

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

    VFS_FILE_PER_ID("/sys/bus/dax/devices/dax#.0/numa_node", pmem_next, pmem_numa_node_show),
    VFS_FILE_PER_ID("/sys/bus/dax/devices/dax#.0/resource", pmem_next, pmem_resource_show),
    VFS_FILE_PER_ID("/sys/bus/dax/devices/dax#.0/size", pmem_next, pmem_size_show),
    VFS_FILE_PER_ID("/sys/bus/dax/devices/dax#.0/target_node", pmem_next, pmem_target_node_show),
};

/* sysfs_register - make the files appear. Context: boot. */
void sysfs_register(void)
{
    vfs_register(files, ARRAY_SIZE(files));
}
