"""Every machine of tests/topologies boots, tells its shape truly, and passes the kernel's tests.

What is expected is computed from the TOML file, which neither the firmware nor the kernel has seen:
two independent ways from the same shape to the same numbers.
"""

import re

from atoll import topology
from atoll.scenario import Command, Scenario

NODES = "/sys/devices/system/node"
PAGE_KIB = 4
# A node's present pages lack what the firmware keeps: the hole below 1 MiB, tables at the top of
# low memory, and partial pages at range ends.
FIRMWARE_KIB = 2048
SLOW = {"sixty-four-nodes": 180, "many-cpus-128": 240, "many-cpus-255": 360}


def list_format(numbers):
    """[0, 1, 2, 5] as "0-2,5"."""
    numbers, runs = sorted(numbers), []
    for number in numbers:
        if runs and runs[-1][1] == number - 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ",".join(f"{a}-{b}" if a != b else f"{a}" for a, b in runs)


def distance_lines(machine, order):
    return [" ".join(str(machine.distance(a, b)) for b in order) for a in order]


def present_kib(lines):
    """KiB present in each node, from /proc/zoneinfo."""
    found, nid = {}, None
    for line in lines:
        if match := re.match(r"Node (\d+), zone", line):
            nid = int(match[1])
        elif match := re.match(r" +present +(\d+)", line):
            found[nid] = found.get(nid, 0) + int(match[1]) * PAGE_KIB
    return found


def check_present(machine, order, boot):
    """Each node's memory is where the machine put it: neither lost nor given to another node."""
    found = present_kib(boot.output("cat /proc/zoneinfo"))
    for nid, index in enumerate(order):
        want, got = machine.nodes[index].memory >> 10, found.get(nid, 0)
        if not want - FIRMWARE_KIB <= got <= want:
            yield f"node {nid} has {got} KiB present, expected {want} KiB less at most {FIRMWARE_KIB}."


def check_zonelists(machine, order, boot):
    """A fallback list never comes nearer again, and begins at home if there is memory at home."""
    lines = [line for line in boot.output("cat /sys/kernel/debug/zonelists") if "fallback:" in line]
    if len(lines) != len(order):
        yield f"{len(lines)} fallback lists for {len(order)} nodes."
    for line in lines:
        nid = int(line.split()[1])
        nodes = [int(zone.split(":")[0]) for zone in line.split("fallback:")[1].split()]
        far = [machine.distance(order[nid], order[other]) for other in nodes]
        if far != sorted(far):
            yield f"node {nid}: distances {far} along the fallback list decrease: {line}"
        if machine.nodes[order[nid]].memory >> 10 > FIRMWARE_KIB and nodes[:1] != [nid]:
            yield f"node {nid} has memory, but its fallback list begins elsewhere: {line}"


def scenario(name):
    machine = topology.find(name)
    order = machine.kernel_nodes()

    def check(boot):
        yield from check_present(machine, order, boot)
        yield from check_zonelists(machine, order, boot)

    commands = [Command(f"cat {NODES}/node{nid}/distance", expect=[f"^{line}$"])
                for nid, line in enumerate(distance_lines(machine, order))]
    commands.append(Command("cat /sys/devices/system/cpu/present",
                            expect=[f"^{list_format(range(machine.cpus))}$"]))
    commands += ["cat /proc/zoneinfo", "cat /sys/kernel/debug/zonelists", Command("ktest")]
    return Scenario(name=name, why=machine.about, topo=name, commands=commands, check=check,
                    online=list_format(range(len(order))), timeout=SLOW.get(name, 120))


def scenarios():
    return [scenario(name) for name in topology.names()]
