"""A machine's shape: read from TOML or made from the command line, checked, and told to QEMU.

A Topology that exists has been checked: every wrong input is a TopologyError, one sentence that
names file and key, says what is there and what would be right. The limits are those of QEMU's q35
machine (7.2 and later) without an IOMMU.

Units: bytes; distances are SLIT units, 10 is local.
Sources: ACPI 6.4, 5.2.17 "System Locality Information Table (SLIT)": 10 local, 255 unreachable;
QEMU manual, "Invocation", options -numa, -smp and -machine.
"""

import difflib
import math
import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOPOLOGIES = ROOT / "tests" / "topologies"

MAX_NODES = 128          # QEMU's MAX_NODES
MAX_CPUS = 255           # 8-bit APIC ids 0..254; 255 is the broadcast id
MAX_APIC_ID = 254
LOCAL, UNREACHABLE = 10, 255
MEMORY_UNIT = 8 << 10    # QEMU rounds -m up to this, and then the nodes' sum no longer matches
PMEM_UNIT = 2 << 20      # an NVDIMM begins where its backend's pages would, and a gap is a waste
MIN_BELOW_4G = 16 << 20  # less has no room for the firmware's tables and a kernel
MAX_BELOW_4G = 4 << 30
MAX_MEMORY = 1 << 40     # what fits the physical addresses of QEMU's `-cpu max` under TCG

SIZE = re.compile(r"(\d+)([KMGT])")
SHIFT = {"K": 10, "M": 20, "G": 30, "T": 40}
TOP_KEYS = ("name", "about", "machine", "below_4g", "threads", "distances", "node")
NODE_KEYS = ("cpus", "memory", "pmem")


class TopologyError(Exception):
    """The input is wrong; the text is one sentence for its author."""


@dataclass(frozen=True)
class Node:
    cpus: int
    memory: int  # bytes
    pmem: int = 0  # persistent memory, bytes: an NVDIMM of this node


@dataclass(frozen=True)
class Topology:
    name: str
    nodes: tuple[Node, ...]
    about: str = ""
    machine: str = "q35"
    below_4g: int | None = None
    threads: int = 1
    distances: tuple[tuple[int, ...], ...] | None = None
    numa: bool = True  # False: one pool of CPUs and memory, no -numa, no SRAT
    source: str = field(default="command line", compare=False)

    @property
    def cpus(self):
        return sum(node.cpus for node in self.nodes)

    @property
    def memory(self):
        return sum(node.memory for node in self.nodes)

    @property
    def pmem(self):
        return sum(node.pmem for node in self.nodes)

    def node_cpus(self, index):
        """The CPU numbers of a node: QEMU gets them in node order, without gaps."""
        first = sum(node.cpus for node in self.nodes[:index])
        return range(first, first + self.nodes[index].cpus)

    def distance(self, a, b):
        """What the SLIT says, or what is taken without one: 10 local, 20 remote."""
        if self.distances:
            return self.distances[a][b]
        return LOCAL if a == b else 2 * LOCAL

    def qemu_args(self):
        """The part of QEMU's command line that makes this machine."""
        machine = self.machine
        if self.below_4g is not None:
            machine += f",max-ram-below-4g={self.below_4g}"
        memory = f"{self.memory >> 10}k"
        if self.pmem:
            machine += ",nvdimm=on"
            slots = sum(node.pmem > 0 for node in self.nodes)
            memory += f",slots={slots},maxmem={(self.memory + self.pmem) >> 10}k"
        args = ["-machine", machine, "-m", memory, "-smp", smp_arg(self)]
        if not self.numa:
            return args
        for nid, node in enumerate(self.nodes):
            arg = f"node,nodeid={nid}"
            cpus = self.node_cpus(nid)
            if cpus:
                arg += f",cpus={cpus[0]}-{cpus[-1]}" if len(cpus) > 1 else f",cpus={cpus[0]}"
            if node.memory:
                args += ["-object", f"memory-backend-ram,id=mem{nid},size={node.memory}"]
                arg += f",memdev=mem{nid}"
            args += ["-numa", arg]
        for nid, node in enumerate(self.nodes):
            if node.pmem:
                args += ["-object", f"memory-backend-ram,id=pmem{nid},size={node.pmem}",
                         "-device", f"nvdimm,id=nvdimm{nid},memdev=pmem{nid},node={nid}"]
        for src, row in enumerate(self.distances or ()):
            for dst, value in enumerate(row):
                args += ["-numa", f"dist,src={src},dst={dst},val={value}"]
        return args

    def kernel_nodes(self):
        """Our node numbers in the order in which a kernel that numbers proximity domains as they
        appear in the SRAT meets them: QEMU lists all CPUs first, then all memory."""
        # A node with nothing but persistent memory is not online.
        with_cpus = [i for i, node in enumerate(self.nodes) if node.cpus]
        memory_only = [i for i, node in enumerate(self.nodes) if node.memory and not node.cpus]
        return with_cpus + memory_only


def highest_apic_id(packages, cores, threads):
    """QEMU gives thread, core and package each a bit field wide enough for the largest number."""
    thread_bits = (threads - 1).bit_length()
    core_bits = (cores - 1).bit_length()
    return ((packages - 1) << (core_bits + thread_bits)) + ((cores - 1) << thread_bits) + threads - 1


def package_size(topology):
    """CPUs a package: the most that never make a package straddle two nodes and that fit 8-bit APIC
    ids; None if nothing does."""
    counts = [node.cpus for node in topology.nodes if node.cpus]
    widest = math.gcd(*counts)
    for size in range(widest, 0, -1):
        if widest % size or size % topology.threads:
            continue
        packages = topology.cpus // size
        if highest_apic_id(packages, size // topology.threads, topology.threads) <= MAX_APIC_ID:
            return size
    return None


def smp_arg(topology):
    size = package_size(topology)
    return (f"{topology.cpus},sockets={topology.cpus // size},"
            f"cores={size // topology.threads},threads={topology.threads}")


def parse_size(text, where):
    """Bytes of "512M"; "0" is none. @where names file and key for the error."""
    if not isinstance(text, str):
        raise TopologyError(f'{where}: expected a size as a string such as "512M", found '
                            f"{show(text)}.")
    if text == "0":
        return 0
    match = SIZE.fullmatch(text)
    if not match:
        raise TopologyError(f'{where}: "{text}" is not a size: write a whole number and K, M, G or '
                            'T, such as "512M" or "2G" ("0" for none).')
    return int(match[1]) << SHIFT[match[2]]


def show(value):
    """A TOML value as its author would recognize it, shortened."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"'
    text = str(value)
    return text if len(text) <= 60 else text[:57] + "..."


def near(word, choices):
    """The end of a sentence about an unknown @word: "; did you mean ...?", or nothing."""
    found = difflib.get_close_matches(word, choices, n=3, cutoff=0.5)
    return f"; did you mean {' or '.join(found)}?" if found else ""


def is_int(value):
    return isinstance(value, int) and not isinstance(value, bool)


def check_keys(table, known, where):
    for key in table:
        if key not in known:
            raise TopologyError(f'{where}: unknown key "{key}"'
                                f"{near(key, known) or '.'} The keys are {', '.join(known)}.")


def check_text(data, key, default, source):
    value = data.get(key, default)
    if not isinstance(value, str):
        raise TopologyError(f"{source}: {key}: expected a string, found {show(value)}.")
    return value


def check_memory(size, where):
    if size % MEMORY_UNIT:
        raise TopologyError(f"{where}: {size} bytes is not a multiple of 8 KiB, the unit of QEMU's "
                            f"memory; {size // MEMORY_UNIT * 8}K and "
                            f"{(size // MEMORY_UNIT + 1) * 8}K are.")


def check_node(table, index, source):
    where = f"{source}: node {index}"
    if not isinstance(table, dict):
        raise TopologyError(f"{where}: expected a table [[node]], found {show(table)}.")
    check_keys(table, NODE_KEYS, where)
    for key, example in (("cpus", "2"), ("memory", '"128M"')):
        if key not in table:
            raise TopologyError(f"{where}: {key} is missing; write {key} = {example} "
                                f"({'0' if key == 'cpus' else chr(34) + '0' + chr(34)} for none).")
    cpus = table["cpus"]
    if not is_int(cpus) or cpus < 0:
        raise TopologyError(f"{where}: cpus: expected a number, 0 or more, found {show(cpus)}.")
    memory = parse_size(table["memory"], f"{where}: memory")
    check_memory(memory, f"{where}: memory")
    pmem = parse_size(table.get("pmem", "0"), f"{where}: pmem")
    if pmem % PMEM_UNIT:
        raise TopologyError(f"{where}: pmem: {show(table['pmem'])} is not a multiple of 2M, the unit in "
                            "which QEMU places NVDIMMs.")
    return Node(cpus, memory, pmem)


def check_distances(rows, count, source):
    where = f"{source}: distances"
    shape = f"{count} {'row' if count == 1 else 'rows'} of {count}, one for each node"
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise TopologyError(f"{where}: expected a list of lists, {shape}, found {show(rows)}.")
    if len(rows) != count:
        raise TopologyError(f"{where}: {len(rows)} rows for {count} nodes; expected {shape}.")
    for i, row in enumerate(rows):
        if len(row) != count:
            raise TopologyError(f"{where}: row {i} has {len(row)} entries; expected {shape}.")
        for j, value in enumerate(row):
            check_distance(value, i, j, where)
    return tuple(tuple(row) for row in rows)


def check_distance(value, i, j, where):
    at = f"{where}: from node {i} to node {j}"
    if not is_int(value):
        raise TopologyError(f"{at}: expected a number, found {show(value)}.")
    if i == j and value != LOCAL:
        raise TopologyError(f"{at}: {value}, but the distance of a node to itself is {LOCAL}.")
    if i != j and not LOCAL < value <= UNREACHABLE:
        raise TopologyError(f"{at}: {value} is not a remote distance; it must be more than {LOCAL} "
                            f"(local) and at most 254, or {UNREACHABLE} for unreachable.")


def check_whole(topology):
    """What only the machine as a whole can violate."""
    source = topology.source
    threads = topology.threads
    if topology.memory == 0:
        raise TopologyError(f"{source}: no node has memory; give at least one node a memory such as "
                            '"128M".')
    if topology.memory + topology.pmem > MAX_MEMORY:
        raise TopologyError(f"{source}: {(topology.memory + topology.pmem) >> 30} GiB of memory; at most "
                            f"{MAX_MEMORY >> 30} GiB fit the CPU's physical addresses.")
    if topology.cpus == 0:
        raise TopologyError(f"{source}: no node has CPUs; give at least one node cpus = 1.")
    if topology.cpus > MAX_CPUS:
        raise TopologyError(f"{source}: {topology.cpus} CPUs; at most {MAX_CPUS} have an 8-bit APIC "
                            "id, and QEMU's machine takes no more without an IOMMU.")
    for index, node in enumerate(topology.nodes):
        if node.cpus % threads:
            raise TopologyError(f"{source}: node {index}: cpus: {node.cpus} is not a multiple of "
                                f"threads = {threads}, and a core's threads share a node.")
    if package_size(topology) is None:
        raise TopologyError(f"{source}: threads: {topology.cpus} CPUs as cores of {threads} threads "
                            f"need APIC ids past {MAX_APIC_ID}; use fewer CPUs, or threads = 1, 2 "
                            "or 4.")
    return topology


def from_table(data, source, default_name):
    """A checked Topology of parsed TOML. @source: the file's name, for errors."""
    check_keys(data, TOP_KEYS, source)
    nodes = data.get("node", [])
    if not isinstance(nodes, list) or not nodes:
        raise TopologyError(f"{source}: node: expected at least one table [[node]] with cpus and "
                            "memory.")
    if len(nodes) > MAX_NODES:
        raise TopologyError(f"{source}: {len(nodes)} nodes; QEMU takes at most {MAX_NODES}.")
    threads = data.get("threads", 1)
    if not is_int(threads) or threads < 1:
        raise TopologyError(f"{source}: threads: expected a number, 1 or more, found "
                            f"{show(threads)}.")
    below_4g = None
    if "below_4g" in data:
        below_4g = parse_size(data["below_4g"], f"{source}: below_4g")
        if not MIN_BELOW_4G <= below_4g <= MAX_BELOW_4G or below_4g % 4096:
            raise TopologyError(f"{source}: below_4g: {show(data['below_4g'])} is out of range; it "
                                'must be from "16M" to "4G" and a multiple of 4K.')
    machine = check_text(data, "machine", "q35", source)
    if not re.fullmatch(r"[A-Za-z0-9._-]+(,[^,=\s]+=[^,\s]+)*", machine):
        raise TopologyError(f'{source}: machine: "{machine}" is not a machine; write its QEMU name, '
                            'such as "q35".')
    distances = None
    checked = tuple(check_node(node, i, source) for i, node in enumerate(nodes))
    if "distances" in data:
        distances = check_distances(data["distances"], len(nodes), source)
    return check_whole(Topology(name=check_text(data, "name", default_name, source), nodes=checked,
                                about=check_text(data, "about", "", source), machine=machine,
                                below_4g=below_4g, threads=threads, distances=distances,
                                source=source))


def load(path):
    """The checked Topology of a TOML file."""
    source = str(path)
    try:
        text = Path(path).read_bytes().decode()
    except OSError as error:
        raise TopologyError(f"{source}: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise TopologyError(f"{source}: not UTF-8 text, so not a topology in TOML.") from None
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise TopologyError(f"{source}: not valid TOML: {error}.") from None
    return from_table(data, source, Path(path).stem)


def names():
    return sorted(path.stem for path in TOPOLOGIES.glob("*.toml"))


def find(name):
    """The Topology of a name in tests/topologies or of a path to a TOML file."""
    if name.endswith(".toml") or "/" in name:
        return load(name)
    path = TOPOLOGIES / f"{name}.toml"
    if not path.exists():
        hint = near(name, names()) or f"; there are {', '.join(names())}."
        raise TopologyError(f'--topo: no topology "{name}" in tests/topologies{hint}')
    try:
        return load(path.relative_to(Path.cwd()))
    except ValueError:  # called from outside the tree
        return load(path)


def uniform(nodes, cpus, memory):
    """@nodes alike, each with @cpus and @memory ("512M"); 0 nodes: that much without -numa."""
    if nodes < 0 or nodes > MAX_NODES:
        raise TopologyError(f"--nodes: {nodes} is out of range; QEMU takes 0 (no NUMA) to "
                            f"{MAX_NODES}.")
    if cpus < 0:
        raise TopologyError(f"--cpus: {cpus} is negative; write 1 or more.")
    size = parse_size(memory, "--mem")
    check_memory(size, "--mem")
    return check_whole(Topology(name=f"{nodes} nodes", nodes=(Node(cpus, size),) * max(nodes, 1),
                                numa=nodes > 0))
