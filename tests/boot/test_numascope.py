"""numascope: a guest that makes a known number of accesses, and the tables that must show them."""

import re

from atoll.scenario import Command, Scenario

READS = 1_000_000
SLACK = 0.05  # of the reads: whatever else the node's CPUs do with that memory meanwhile


def numbers(text, part, kind):
    """{row: [columns]} of a table that tools/run printed."""
    found, inside, right = {}, False, False
    for line in text[text.find("\nnumascope:"):].splitlines():
        if match := re.match(r"(\S+): \S+ accesses", line):
            inside = match[1] == part
        elif match := re.match(r"  (loads|stores) ", line):
            right = inside and match[1] == kind
        elif right and (match := re.match(r"  from (\d+) +(.*)", line)):
            found[int(match[1])] = [value(word) for word in match[2].split()]
    return found


def value(word):
    return float(word.rstrip("kMG")) * {"k": 1e3, "M": 1e6, "G": 1e9}.get(word[-1], 1)


def reads_are_seen(part, cpu_node, memory_node, slack=SLACK):
    def check(boot):
        table = numbers(boot.text, part, "loads")
        row = table.get(cpu_node, [])
        seen = row[memory_node] if memory_node < len(row) else 0
        if not READS <= seen <= READS * (1 + slack):
            yield (f"part {part}: node {cpu_node}'s CPUs are said to have loaded {seen:.0f} times from node "
                   f"{memory_node}, expected {READS}; the table is {table}.")
    return check


def far(name, topo, cpu, cpu_node, memory_node, why):
    return Scenario(name=name, why=why, topo=topo, numascope=True, timeout=60,
                    commands=["mark boot", f"walk {READS} --node {memory_node} --cpu {cpu}", "mark far"],
                    check=reads_are_seen("far", cpu_node, memory_node))


def scenarios():
    return [
        far("remote_reads_are_seen_where_they_went", "two-nodes", 0, 0, 1,
            "Accesses would be put down to the wrong node, and remote ones taken for local."),
        far("a_node_above_4g_is_told_apart", "border-4g", 0, 0, 2,
            "The hole below 4 GiB would shift everything above it to another node."),
        far("sizes_that_are_not_round_do_not_shift_nodes", "odd-sizes", 0, 0, 4,
            "QEMU rounds where memory begins, and we would not."),
        far("nodes_bear_the_guests_numbers", "cpuless-node", 0, 0, 2,
            "A node without CPUs would have one number in the table and another in the kernel."),
        Scenario(name="machine_without_nodes_has_one",
                 why="The plugin would refuse a machine without -numa.",
                 nodes=0, cpus=2, mem="128M", numascope=True, timeout=60,
                 commands=["mark boot", f"walk {READS}", "mark near"],
                 check=reads_are_seen("near", 0, 0, slack=2)),
        Scenario(name="walk_and_mark_say_what_is_wrong",
                 why="A typing error would be taken for a measurement.",
                 nodes=2, cpus=1, mem="128M",
                 commands=[Command("mark a b", ["one word"], fails=True),
                           Command("walk", ["how many reads"], fails=True),
                           Command("walk 1 --node 7", ["no memory"], fails=True),
                           Command("walk 1 --cpu 99", ["not online"], fails=True),
                           Command("walk 1 --speed 9", ["--node N and --cpu N"], fails=True)]),
    ]
