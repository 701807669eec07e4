"""Most page descriptors of a big machine get their first values when all CPUs run (mm/deferred.c).

At the prompt all memory must be there, whoever did the work: what the boot CPU announced, before it was
done, is compared with what the zones manage in the end.
"""

import re

from acpi_build import srat, srat_cpu, srat_mem
from atoll.scenario import Command, Scenario

G = 1 << 30
ZONES = "cat /proc/zoneinfo"
PAGE_KIB = 4


def managed_kib(boot):
    return sum(int(match[1]) * PAGE_KIB for line in boot.output(ZONES)
               if (match := re.match(r" +managed +(\d+)", line)))


def announced_kib(boot):
    return next((int(match[1]) for line in boot.log
                 if (match := re.search(r"Memory: (\d+)K/", line))), None)


def check(boot):
    if managed_kib(boot) != announced_kib(boot):
        yield (f"{managed_kib(boot)} KiB are managed, expected {announced_kib(boot)}, as announced "
               "before the descriptors were done.")


def scenario(name, why, nodes_done, **how):
    """@nodes_done: those whose descriptors are put off."""
    done = [f"node {nid} deferred pages initialised in" for nid in nodes_done]
    return Scenario(name=name, why=why, check=check, timeout=90, log=done,
                    refuse_log=[] if done else ["deferred"],
                    commands=[ZONES, "verify", Command("ktest page_alloc.*")], **how)


def scenarios():
    cpuless = srat([*(srat_cpu(0, i) for i in range(4)), srat_mem(0, 0, 2 * G),
                    srat_mem(1, 4 * G, 2 * G)])
    return [
        scenario("each_node_by_its_cpus", "Memory would be missing, or be there twice.", [0, 1],
                 nodes=2, cpus=2, mem="2G"),
        scenario("debug_kernel_finds_all_in_order", "A descriptor would keep what lay there before.",
                 [0, 1], nodes=2, cpus=2, mem="2G", kernel="debug"),
        scenario("all_by_the_boot_cpu", "CPUs that don't run would be waited for.", [0, 1],
                 nodes=2, cpus=2, mem="2G", append="nosmp"),
        scenario("node_without_cpus", "Memory of a node that nobody works for would be missing.",
                 [0, 1], nodes=0, cpus=4, mem="4G", tables=lambda: [cpuless]),
        scenario("one_cpu_does_all_at_once", "A machine with one CPU would take longer, for nothing.",
                 [], nodes=1, cpus=1, mem="3G"),
        scenario("small_nodes_are_done_at_once", "A thread would be made for a millisecond of work.",
                 [], nodes=2, cpus=2, mem="1G"),
    ]
