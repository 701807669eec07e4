#!/usr/bin/env python3
"""Write tests/host/domains_linux.h: the scheduling domains that Linux 6.1 builds on our machines.

    tests/host/make_domains_linux.py > tests/host/domains_linux.h

Asks Linux on every topology of tests/topologies that it can boot, and on machines made here: random
ones, such whose packages span nodes, such with distances that depend on the direction. What Linux said
before isn't asked again (tools/atoll/linux.py). With sched_verbose the kernel's log tells each CPU's
domains and groups; the flags are read below /sys/kernel/debug/sched.
"""

import random
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

from atoll import facts, linux, questions, topology  # noqa: E402
from atoll.topology import Node, Topology  # noqa: E402

MIB = 1 << 20
TIMEOUT = 900          # seconds; Linux with 128 CPUs takes most of it on a slow host
MANY_NODES = 16        # above, not even each node's first CPU is written out
# Too small for Linux; too many CPUs for it to boot in that time.
SKIP = ("tiny-48m", "many-cpus-255")

FLAGS = """SD_BALANCE_NEWIDLE SD_BALANCE_EXEC SD_BALANCE_FORK SD_BALANCE_WAKE SD_WAKE_AFFINE
    SD_ASYM_CPUCAPACITY SD_ASYM_CPUCAPACITY_FULL SD_SHARE_CPUCAPACITY SD_SHARE_PKG_RESOURCES
    SD_SERIALIZE SD_ASYM_PACKING SD_PREFER_SIBLING SD_OVERLAP SD_NUMA""".split()

# ---- machines ---------------------------------------------------------------------------------------


def random_distances(r, nodes, kind, values):
    rows = [[10] * nodes for _ in range(nodes)]
    for i in range(nodes):
        for j in range(nodes):
            if i == j:
                continue
            if kind == "line":
                rows[i][j] = 10 + 9 * abs(i - j)
            elif kind == "grid":
                rows[i][j] = 10 + 11 * (abs(i % 3 - j % 3) + abs(i // 3 - j // 3))
            elif kind == "sym" and j < i:
                rows[i][j] = rows[j][i]
            else:
                rows[i][j] = r.choice(values)
    return tuple(map(tuple, rows))


def random_machine(seed):
    """1 to 8 nodes with 0 to 4 CPUs each. From seed 30 on, packages span nodes."""
    r = random.Random(seed)
    nodes = r.randint(2 if seed % 8 else 1, 8)
    threads = r.choice([1, 1, 2])
    cpus = [0]
    while sum(cpus) <= 1:
        cpus = [r.randint(0, 4 // threads) * threads for _ in range(nodes)]
    memory = [r.choice([128, 128, 192, 0]) * MIB if n else 128 * MIB for n in cpus]
    if sum(memory) < 384 * MIB:
        memory[r.randrange(nodes)] = 512 * MIB
    values = sorted(r.sample(range(11, 60), r.randint(1, 4)))
    kind = r.choice(["sym", "sym", "asym", "line", "grid"])
    distances = random_distances(r, nodes, kind, values)
    shape = Topology("", tuple(map(Node, cpus, memory)), threads=threads, distances=distances)
    return shape.qemu_args() if seed < 30 else across_nodes(r, seed, shape)


def across_nodes(r, seed, shape):
    """QEMU's arguments for @shape with packages that hold cores of several nodes."""
    cores = shape.cpus // shape.threads
    size = r.choice([n for n in range(2, cores + 1) if cores % n == 0] or [1])
    owner = [i for i, node in enumerate(shape.nodes) for _ in range(node.cpus // shape.threads)]
    if seed % 2:
        r.shuffle(owner)
    args = ["-machine", "q35", "-m", f"{shape.memory >> 10}k", "-smp",
            f"{shape.cpus},sockets={cores // size},cores={size},threads={shape.threads}"]
    for nid, node in enumerate(shape.nodes):
        arg = f"node,nodeid={nid}"
        for core, at in enumerate(owner):
            first = core * shape.threads
            arg += f",cpus={first}-{first + shape.threads - 1}" if at == nid else ""
        if node.memory:
            args += ["-object", f"memory-backend-ram,id=mem{nid},size={node.memory}"]
            arg += f",memdev=mem{nid}"
        args += ["-numa", arg]
    for src, row in enumerate(shape.distances):
        for dst, value in enumerate(row):
            args += ["-numa", f"dist,src={src},dst={dst},val={value}"]
    return args


def asymmetric_machine(seed):
    r = random.Random(seed)
    nodes, threads = r.randint(3, 8), r.choice([1, 1, 2])
    cpus = [r.randint(0 if r.random() < .2 else 1, 4 // threads) * threads for _ in range(nodes)]
    if sum(cpus) < 4:
        cpus[0] = 4
    values = sorted(r.sample(range(11, 60), r.randint(2, 5)))
    return Topology("", tuple(Node(n, 128 * MIB) for n in cpus), threads=threads,
                    distances=random_distances(r, nodes, "asym", values)).qemu_args()


def machines():
    """Pairs of name and QEMU arguments; a third part is for Linux's command line."""
    for name in topology.names():
        if name not in SKIP:
            yield name, topology.find(name).qemu_args(), ""
    for seed in (2, 3, 5, 6, 10, 11, 12, 13, 16, 17, 18, 19, 20):
        yield f"random-{seed}", random_machine(seed), ""
    for seed in (30, 32, 33, 34, 35, 37):
        yield f"packages-{seed}", random_machine(seed), ""
    for seed in range(40, 48):
        yield f"asym-{seed}", asymmetric_machine(seed), ""
    no_numa = ["-machine", "q35", "-m", "512M", "-smp", "8,sockets=2,cores=2,threads=2"]
    yield "two-sockets-no-numa", no_numa, ""
    yield "fake-2u-two-nodes", topology.find("two-nodes").qemu_args(), "numa=fake=2U"
    yield "split-threads", no_numa + [
        "-object", "memory-backend-ram,id=m0,size=256M",
        "-object", "memory-backend-ram,id=m1,size=256M",
        "-numa", "node,nodeid=0,memdev=m0,cpus=0,cpus=2,cpus=4,cpus=6",
        "-numa", "node,nodeid=1,memdev=m1,cpus=1,cpus=3,cpus=5,cpus=7"], ""


# ---- reading its log --------------------------------------------------------------------------------

def cpus_of(text):
    cpus = []
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("-")
        cpus += range(int(first), int(last or first) + 1)
    return cpus


class Machine:
    """What Linux says: domains by CPU, places of CPUs, nodes."""

    def __init__(self, text):
        said = facts.answers(text)
        self.domains, self.place, self.nodes = {}, {}, {}
        for (cpu, _), (name, span, groups) in sorted(facts.linux_domains(text).items()):
            self.domains.setdefault(cpu, []).append({
                "name": name, "span": span,
                "groups": [group + ("/" + mask if mask else "") for group, mask in groups]})
        for (cpu, level), lines in facts.files(said, f"{questions.DOMAINS}/cpu*/domain*/flags"):
            self.domains[cpu][level]["flags"] = sum(1 << FLAGS.index(flag) for flag in lines[0].split())
        for where, name in (("topology", "core_id"), ("topology", "physical_package_id"),
                            ("cache/index3", "shared_cpu_list")):
            for (cpu,), lines in facts.files(said, f"{questions.CPU}/cpu*/{where}/{name}"):
                self.place.setdefault(cpu, {})[name] = lines[0]
        for name in ("cpulist", "distance"):
            for (nid,), lines in facts.files(said, f"{questions.NODE}/node*/{name}"):
                self.nodes.setdefault(nid, {})[name] = lines[0]

    def node_of(self, cpu):
        return min(n for n, node in self.nodes.items() if cpu in cpus_of(node.get("cpulist", "")))

    def places(self):
        """Package, core, first CPU with the same last-level cache, node: four numbers a CPU."""
        return " ".join(
            f"{p['physical_package_id']} {p['core_id']} {cpus_of(p['shared_cpu_list'])[0]} "
            f"{self.node_of(cpu)}" for cpu, p in sorted(self.place.items()))

    def cpu_line(self, cpu):
        """As tests/host/test_sched_topology.c prints it."""
        return f"{cpu}:" + ";".join(f" {d['name']} {d['flags']:x} {d['span']} = "
                                    + " ".join(d["groups"]) for d in self.domains[cpu])


def fnv1a(text):
    value = 0xcbf29ce484222325
    for byte in text.encode():
        value = (value ^ byte) * 0x100000001b3 & (1 << 64) - 1
    return value


# ---- writing the header -----------------------------------------------------------------------------

def strings(text, width=96):
    """C string literals for @text, a line each."""
    for start in range(0, len(text), width - 12):
        yield f'        "{text[start:start + width - 12]}"'


def write(name, machine):
    count = len(machine.place)
    lines = [machine.cpu_line(cpu) + "\n" for cpu in range(count)]
    firsts = [min(cpus_of(node["cpulist"])) for node in machine.nodes.values() if node.get("cpulist")]
    some = [lines[cpu] for cpu in sorted(set(firsts))]
    if len(some) > MANY_NODES:
        some = some[::len(some) // 6]
    print(f'    {{"{name}", {count}, {len(machine.nodes)},')
    for text in (
            machine.places(),
            " ".join(machine.nodes[n]["distance"] for n in sorted(machine.nodes)),
            ";".join(machine.nodes[n].get("cpulist", "") for n in sorted(machine.nodes))):
        print("\n".join(strings(text)) + ",")
    for line in some:
        print("\n".join(strings(line.rstrip("\n"))).rstrip('"') + '\\n"')
    print(f"        , 0x{fnv1a(''.join(lines)):016x}}},")


HEAD = """/*
 * tests/host/domains_linux.h - the scheduling domains that Linux 6.1 builds on our machines.
 *
 * Recorded by tests/host/make_domains_linux.py, which says how; not to be edited.
 */
#ifndef TESTS_HOST_DOMAINS_LINUX_H
#define TESTS_HOST_DOMAINS_LINUX_H

#include <stdint.h>

/* clang-format off */
struct linux_machine {
    const char *name;
    int nr_cpus, nr_nodes;
    const char *places;     /* by CPU: package, core, last-level cache, node */
    const char *distances;  /* row by row */
    const char *node_cpus;  /* by node, lists separated by ';' */
    /* Of a node's first CPU: "CPU: LEVEL FLAGS SPAN = GROUP[/BALANCE_MASK] ...; ..." and '\\n'. */
    const char *domains;
    uint64_t sum; /* FNV-1a of the lines of all CPUs */
};

static const struct linux_machine linux_machines[] = {"""


def main():
    if len(sys.argv) != 1:
        sys.exit(__doc__)
    print(HEAD)
    for name, args, append in machines():
        text, _ = linux.text_of(linux.Machine(tuple(args)), questions.LINUX, append, TIMEOUT)
        write(name, Machine(text))
    print("};\n/* clang-format on */\n\n#endif")


if __name__ == "__main__":
    main()
