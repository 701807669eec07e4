"""Machines drawn by chance, made smaller while they show something, and written down.

A drawn machine has 1 to 12 nodes with 0 to 4 CPUs and 0 to 512 MiB each, a SLIT or none, distances that
are the same both ways or not, and in part of the cases a hole below 4 GiB in the midst of its memory.
The same seed draws the same machines.

Shrinking tries one simplification after the other (a node less, a CPU less, plain distances, ...), keeps
each that still shows it, and begins again, until none is left that does:

    12 nodes, asymmetric -> 6 nodes -> 3 nodes -> 3 nodes, 1 CPU each -> 3 nodes, distances 10 and 20
"""

import random
from dataclasses import replace

from .topology import LOCAL, MAX_BELOW_4G, Node, Topology, TopologyError, check_whole

MIB = 1 << 20
MAX_NODES, MAX_CPUS, MAX_MEMORY = 12, 4, 512  # of a node; MiB
LEAST_MEMORY = 256 * MIB  # Linux wants some for itself
LEAST_BELOW_4G = 192
ODD = 8 << 10             # QEMU's unit of memory


def draw_memory(r):
    """Bytes of a node: often round, sometimes none, sometimes odd."""
    kind = r.random()
    if kind < 0.2:
        return 0
    if kind < 0.35:
        return r.randint(1, MAX_MEMORY * MIB // ODD) * ODD
    if kind < 0.6:
        return r.randint(1, MAX_MEMORY) * MIB
    return r.choice([64, 128, 256, 512]) * MIB


def draw_distances(r, count):
    """Rows of a SLIT, or None."""
    kind = r.choice(["none", "symmetric", "symmetric", "asymmetric", "line", "far"])
    if kind == "none":
        return None
    values = sorted(r.sample(range(11, 100), r.randint(1, 4))) + ([255] if kind == "far" else [])
    rows = [[LOCAL] * count for _ in range(count)]
    for i in range(count):
        for j in range(count):
            if kind == "line" and i != j:
                rows[i][j] = LOCAL + 10 * abs(i - j)
            elif kind == "asymmetric" and i != j:
                rows[i][j] = r.choice(values)
            elif i < j:
                rows[i][j] = rows[j][i] = r.choice(values)
    return tuple(map(tuple, rows))


def draw(seed, index):
    """The machine number @index of a seed."""
    r = random.Random(f"{seed}/{index}")
    count, threads = r.randint(1, MAX_NODES), r.choice([1, 1, 1, 2])
    cpus = [r.randint(0, MAX_CPUS // threads) * threads for _ in range(count)]
    memory = [draw_memory(r) for _ in range(count)]
    if not any(cpus):
        cpus[r.randrange(count)] = threads
    while sum(memory) < LEAST_MEMORY:
        memory[r.randrange(count)] = r.choice([256, 512]) * MIB
    below_4g = None
    if r.random() < 0.5:
        below_4g = min(r.randint(LEAST_BELOW_4G, 1024) * MIB, MAX_BELOW_4G)
    return check_whole(Topology(name=f"random-{seed}-{index}", nodes=tuple(map(Node, cpus, memory)),
                                about=f"drawn by chance, number {index} of seed {seed}",
                                below_4g=below_4g, threads=threads,
                                distances=draw_distances(r, count), source="random"))


# ---- making smaller ---------------------------------------------------------------------------------

def without_node(machine, gone):
    keep = [i for i in range(len(machine.nodes)) if i != gone]
    rows = machine.distances and tuple(tuple(machine.distances[i][j] for j in keep) for i in keep)
    return replace(machine, nodes=tuple(machine.nodes[i] for i in keep), distances=rows)


def with_node(machine, index, **changes):
    nodes = list(machine.nodes)
    nodes[index] = replace(nodes[index], **changes)
    return replace(machine, nodes=tuple(nodes))


def symmetric(rows):
    return tuple(tuple(rows[min(i, j)][max(i, j)] for j in range(len(rows))) for i in range(len(rows)))


def plain(rows):
    return tuple(tuple(LOCAL if i == j else 2 * LOCAL for j in range(len(rows)))
                 for i in range(len(rows)))


def simpler(machine):
    """Machines that are simpler by one step, the largest steps first."""
    for index in range(len(machine.nodes) - 1, -1, -1):
        if len(machine.nodes) > 1:
            yield without_node(machine, index)
    if machine.distances:
        yield replace(machine, distances=None)
        for change in (plain, symmetric):
            if change(machine.distances) != machine.distances:
                yield replace(machine, distances=change(machine.distances))
    if machine.below_4g:
        yield replace(machine, below_4g=None)
    if machine.threads > 1:
        yield replace(machine, threads=1)
    for index, node in enumerate(machine.nodes):
        if node.cpus > machine.threads:
            yield with_node(machine, index, cpus=machine.threads)
        if node.cpus:
            yield with_node(machine, index, cpus=0)
        if node.memory not in (0, LEAST_MEMORY):
            yield with_node(machine, index, memory=LEAST_MEMORY)
        if node.memory:
            yield with_node(machine, index, memory=0)


def bootable(machine):
    try:
        check_whole(machine)
    except TopologyError:
        return False
    return machine.memory >= LEAST_MEMORY


def shrink(machine, shows, tries):
    """The smallest machine found for which shows(machine) is true; it is for @machine.

    @tries  how often shows() may be asked: each time costs two boots.
    """
    smaller = True
    while smaller:
        smaller = False
        for candidate in filter(bootable, simpler(machine)):
            if tries == 0:
                return machine
            tries -= 1
            if shows(candidate):
                machine, smaller = candidate, True
                break
    return machine


# ---- writing down -----------------------------------------------------------------------------------

def size_text(size):
    return "0" if size == 0 else f"{size // MIB}M" if size % MIB == 0 else f"{size >> 10}K"


def to_toml(machine):
    """The text of a topology file."""
    lines = [f'name = "{machine.name}"', f'about = "{machine.about}"']
    if machine.below_4g is not None:
        lines.append(f'below_4g = "{size_text(machine.below_4g)}"')
    if machine.threads != 1:
        lines.append(f"threads = {machine.threads}")
    if machine.distances:
        lines += ["distances = [", *(f"    {list(row)}," for row in machine.distances), "]"]
    for node in machine.nodes:
        lines += ["", "[[node]]", f"cpus = {node.cpus}", f'memory = "{size_text(node.memory)}"']
    return "\n".join(lines) + "\n"
