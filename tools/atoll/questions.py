"""What both kernels are asked: the list of commands, the same for Linux and Atoll.

A pattern is asked for twice: `echo PATTERN` tells which files there are and in which order, `cat PATTERN`
what is in them. Every file of one pattern has the same number of lines.
"""

NODE = "/sys/devices/system/node"
CPU = "/sys/devices/system/cpu"
DOMAINS = "/sys/kernel/debug/sched/domains"

NODE_LISTS = ("possible", "online", "has_cpu", "has_memory", "has_normal_memory",
              "has_generic_initiator")
CPU_LISTS = ("possible", "present", "online")
NODE_FILES = ("cpulist", "cpumap", "distance", "numastat")
CPU_FILES = ("physical_package_id", "die_id", "cluster_id", "core_id",
             "core_cpus_list", "thread_siblings_list", "cluster_cpus_list", "die_cpus_list",
             "package_cpus_list", "core_siblings_list")
DOMAIN_FILES = ("name", "flags", "min_interval", "max_interval", "busy_factor", "imbalance_pct",
                "cache_nice_tries")
SETTINGS = ("min_free_kbytes", "lowmem_reserve_ratio", "watermark_scale_factor")

FILES = (["/proc/zoneinfo"] + [f"/proc/sys/vm/{name}" for name in SETTINGS]
         + [f"{NODE}/{name}" for name in NODE_LISTS] + [f"{CPU}/{name}" for name in CPU_LISTS])
PATTERNS = ([f"{NODE}/node*/{name}" for name in NODE_FILES]
            + [f"{CPU}/cpu*/topology/{name}" for name in CPU_FILES]
            + [f"{DOMAINS}/cpu*/domain*/{name}" for name in DOMAIN_FILES])
# Only Linux has it; recorded for tests of what is built from it.
LINUX_PATTERNS = [f"{CPU}/cpu*/cache/index3/shared_cpu_list"]
# Only Atoll has it; Linux tells the same in its log.
ATOLL_FILES = ["/sys/kernel/debug/sched/topology"]


def commands(files, patterns):
    found = [f"cat {path}" for path in files]
    for pattern in patterns:
        found += [f"echo {pattern}", f"cat {pattern}"]
    return found + ["dmesg"]


LINUX = commands(FILES, PATTERNS + LINUX_PATTERNS)
ATOLL = commands(FILES + ATOLL_FILES, PATTERNS)
