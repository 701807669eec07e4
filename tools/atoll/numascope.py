"""Who touches whose memory: tools/numascope's plugin told about a machine, and its counts made readable.

THEORY
The plugin knows addresses, and the machine's shape says whose they are. What QEMU 7 and 8.0 call the
"physical address" of RAM in qemu_plugin_hwaddr_phys_addr() is the sum of two offsets, though: of the
block of host memory among all blocks, and of the block inside of the guest's RAM. Nodes' blocks come
first and one after the other, each rounded up to 256 KiB, so for two nodes of 128 MiB:

    node   block at        in the RAM at    the plugin sees
      0    0               0                0          - 0x08000000
      1    0x08000000      0x08000000       0x10000000 - 0x18000000

A hole below 4 GiB doesn't show in any of the three. Nodes are numbered as the guest's kernel does, which
is not the topology's order if one without CPUs comes before one with. ROMs are blocks behind the nodes' and must not be
taken for a node's memory; an unused block of the RAM's size (it costs nothing) moves them away.

UNITS    Bytes; accesses; distances as in the SLIT. The cost of an access is distance / 10.
SOURCES  QEMU manual, "QEMU TCG Plugins".
"""

import json
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from . import serial
from .topology import LOCAL, ROOT

PLUGIN = ROOT / "build" / "numascope.so"
BLOCK_UNIT = 256 << 10  # to which QEMU rounds the offset of a block
KINDS = ("kernel_loads", "kernel_stores", "other_loads", "other_stores")
MARK_LINE = re.compile(r"mark: (\S+)")


class NumascopeError(Exception):
    """There is no result; the text is one sentence."""


def round_up(value, unit):
    return -(-value // unit) * unit


def guest_nodes(topology):
    """The topology's node of each node number of the guest; those that the guest doesn't see, last."""
    seen = topology.kernel_nodes()
    return seen + [i for i in range(len(topology.nodes)) if i not in seen]


def layout(topology):
    """((node, start, end) as the plugin sees them, QEMU arguments that make it so)."""
    if not topology.numa:
        return [(0, 0, topology.memory)], []
    guest = {index: nid for nid, index in enumerate(guest_nodes(topology))}
    ranges, block, inside = [], 0, 0
    for index, node in enumerate(topology.nodes):
        if node.memory:
            ranges.append((guest[index], block + inside, block + inside + node.memory))
            block = round_up(block + node.memory, BLOCK_UNIT)
            inside += node.memory
    pad = round_up(inside + BLOCK_UNIT, BLOCK_UNIT)
    block += pad
    for index, node in enumerate(topology.nodes):
        if node.pmem:
            ranges.append((guest[index], block, block + node.pmem))
            block = round_up(block + node.pmem, BLOCK_UNIT)
    return ranges, ["-object", f"memory-backend-ram,id=numascope-pad,size={pad}"]


def qemu_args(topology, out):
    """(arguments to come before the machine's, the plugin's): the result will be in the file @out."""
    ranges, pad = layout(topology)
    words = [f"file={PLUGIN}", f"out={str(out).replace(',', ',,')}", f"nodes={len(topology.nodes)}"]
    words += [f"range={nid}:{start:x}-{end:x}" for nid, start, end in ranges]
    return pad, ["-plugin", ",".join(words)]


def insert_pad(machine_args, pad):
    """The machine's arguments with @pad behind the RAM of nodes and before their NVDIMMs' memory."""
    at = next((i for i, arg in enumerate(machine_args)
               if arg == "-object" and ",id=pmem" in machine_args[i + 1]), len(machine_args))
    return machine_args[:at] + pad + machine_args[at:]


def build():
    """Make the plugin; NumascopeError if it doesn't build."""
    made = subprocess.run(["make", "-s", "-C", str(ROOT), str(PLUGIN.relative_to(ROOT))],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if made.returncode:
        raise NumascopeError(f"the plugin does not build: {made.stdout.strip()}")


# ---- the result ---------------------------------------------------------------------------------------

def nodes_of_cpus(topology):
    guest = {index: nid for nid, index in enumerate(guest_nodes(topology))}
    return [guest[index] for index in range(len(topology.nodes)) for _ in topology.node_cpus(index)]


def distances(topology):
    """The guest's table of distances."""
    order = guest_nodes(topology)
    return [[topology.distance(a, b) for b in order] for a in order]


def by_node(rows, cpu_nodes, nr_nodes):
    """A table of CPUs x columns, summed up to nodes x columns."""
    sums = [[0] * len(rows[0]) for _ in range(nr_nodes)]
    for nid, row in zip(cpu_nodes, rows):
        sums[nid] = [a + b for a, b in zip(sums[nid], row)]
    return sums


@dataclass
class Part:
    """What ran between two marks. Tables are nodes of CPUs x nodes of memory, of the kernel's code."""
    name: str
    loads: list
    stores: list
    devices: int = 0   # accesses of the kernel to memory-mapped devices,
    unknown: int = 0   # and to what belongs to no node: ROMs, a device's RAM
    elsewhere: int = 0 # accesses of firmware, user programs and the first steps of a kernel
    cpus: dict = field(default_factory=dict) # "loads", "stores": CPUs x nodes

    @property
    def total(self):
        return sum(map(sum, self.loads)) + sum(map(sum, self.stores))

    @property
    def remote(self):
        return self.total - sum(table[i][i] for table in (self.loads, self.stores)
                                for i in range(len(table)))

    def accesses(self, src, dst):
        return self.loads[src][dst] + self.stores[src][dst]

    def cost(self, topology):
        """All accesses, each weighted by its distance."""
        return sum(self.accesses(i, j) * distance for i, row in enumerate(distances(topology))
                   for j, distance in enumerate(row)) / LOCAL


def part_of(data, name, topology):
    nr = len(topology.nodes)
    cpu_nodes = nodes_of_cpus(topology)
    tables = {kind: by_node(data[kind], cpu_nodes, nr) for kind in KINDS}
    kernel = tables["kernel_loads"] + tables["kernel_stores"]
    other = tables["other_loads"] + tables["other_stores"]
    return Part(name, [row[:nr] for row in tables["kernel_loads"]],
                [row[:nr] for row in tables["kernel_stores"]],
                devices=sum(row[nr] for row in kernel), unknown=sum(row[nr + 1] for row in kernel),
                elsewhere=sum(map(sum, other)),
                cpus={"loads": [row[:nr] for row in data["kernel_loads"]],
                      "stores": [row[:nr] for row in data["kernel_stores"]]})


def mark_names(text):
    """The names of marks, in the order in which a guest's console shows them."""
    return MARK_LINE.findall("\n".join(line for line in text.splitlines()
                                       if MARK_LINE.fullmatch(line.strip())))


def parse(text, names, topology):
    """The parts of a run out of the plugin's JSON @text. @names: of the marks of the console, number 0."""
    try:
        data = json.loads(text)
        names = iter(names)
        parts = []
        for raw in data["parts"]:
            name = {-1: "rest", 0: None}.get(raw["mark"], f"mark-{raw['mark']}")
            parts.append(part_of(raw, name or next(names, "-"), topology))
        return parts
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise NumascopeError(f"the plugin's result cannot be read: {error!r}.") from None


def read(path, console, topology):
    """The parts of a run that has ended. @console: what the guest printed."""
    try:
        text = Path(path).read_text()
    except OSError as error:
        raise NumascopeError(f"the plugin left no result: {path}: {error.strerror}.") from None
    return parse(text, mark_names(serial.ESCAPE.sub("", console.replace("\r\n", "\n"))), topology)


def number(value):
    """In six characters at most: 12345, 1234k, 12.3M."""
    for limit, divisor, form, unit in ((1e5, 1, "{:.0f}", ""), (1e7, 1e3, "{:.0f}", "k"),
                                       (1e9, 1e6, "{:.1f}", "M"), (1e12, 1e9, "{:.1f}", "G")):
        if value < limit:
            return form.format(value / divisor) + unit
    return f"{value:.3g}"


def percent(part, whole):
    return f"{100 * part / whole:.1f}%" if whole else "-"


def table_lines(table, title):
    """A table with a row for each node that did something; columns of nodes."""
    yield f"  {title:8}" + "".join(f"{'node' + str(j):>8}" for j in range(len(table)))
    for i, row in enumerate(table):
        if any(row):
            yield f"  from {i:<3}" + "".join(f"{number(value):>8}" for value in row)


def part_lines(part, topology):
    total = part.total
    yield (f"{part.name}: {number(total)} accesses, {percent(part.remote, total)} remote, cost "
           f"{number(part.cost(topology))}"
           + (f" ({part.cost(topology) / total:.2f} each)" if total else ""))
    yield from table_lines(part.loads, "loads")
    yield from table_lines(part.stores, "stores")
    yield (f"  besides: {number(part.devices)} to devices, {number(part.unknown)} to no node's "
           f"memory, {number(part.elsewhere)} of firmware, start-up code and user programs")


def text(parts, topology):
    """What `tools/run --numascope` prints."""
    lines = ["", "numascope: the kernel's loads and stores, by node of the CPU (rows) and of the "
             "memory (columns)"]
    for part in parts:
        if part.total:
            lines += ["", *part_lines(part, topology)]
    return "\n".join(lines) + "\n"


def to_json(parts, topology):
    """All of it, for other tools."""
    return {"topology": topology.name,
            "distances": distances(topology),
            "cpu_nodes": nodes_of_cpus(topology),
            "parts": [{"name": p.name, "accesses": p.total, "remote": p.remote,
                       "cost": p.cost(topology), "loads": p.loads, "stores": p.stores,
                       "cpus": p.cpus, "devices": p.devices, "unknown": p.unknown,
                       "elsewhere": p.elsewhere} for p in parts]}


def from_json(text):
    """The parts of what to_json() made."""
    return [Part(p["name"], p["loads"], p["stores"], p["devices"], p["unknown"], p["elsewhere"], p["cpus"])
            for p in json.loads(text)["parts"]]
