"""The report: a machine is booted and worked, and what it showed becomes one page of HTML.

It takes two boots of the same machine. The first has the work traced. The second has the plugin of
numascope, which makes the machine several times slower and would bend the timeline.
"""

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from . import numascope, report_parse, serial
from .topology import ROOT

TIMEOUT = 300  # seconds for each of the two boots
SEEN_FIRST = ("cat /proc/version", "cat /sys/kernel/debug/zonelists",
              "cat /sys/kernel/debug/sched/topology", "cat /proc/buddyinfo")
EVENTS = "sched_switch sched_migrate_task sched_wakeup_new sched_process_fork sched_process_exit"
TRACE = "/sys/kernel/tracing"
PAGE_STORM = "bench page_alloc.contention"


class ReportError(Exception):
    """There is no report; the text is one sentence."""


def storm(topology):
    """Half as many threads again as there are CPUs, with all their memory on one node."""
    return min(1000, topology.cpus + (topology.cpus + 1) // 2)


def trace_commands(topology):
    nodes = range(len(topology.kernel_nodes())) if topology.numa else range(1)
    places = [f"cat /sys/devices/system/node/node{nid}/{name}" for nid in nodes
              for name in ("cpulist", "distance")]
    return [*SEEN_FIRST, *places, f"echo {EVENTS} > {TRACE}/set_event",
            f"spin {storm(topology)} --node {storm_node(topology)}", "sleep 1", "ps", "spin 0",
            f"echo 0 > {TRACE}/tracing_on", f"cat {TRACE}/trace", PAGE_STORM, "numastat",
            "cat /proc/vmstat"]


def count_commands(topology):
    return ["mark boot", f"spin {storm(topology)} --node {storm_node(topology)}", "sleep 1", "spin 0",
            "mark threads", PAGE_STORM, "mark pages"]


def storm_node(topology):
    """The first node that has memory, in the guest's numbers."""
    if not topology.numa:
        return 0
    return next(nid for nid, index in enumerate(topology.kernel_nodes())
                if topology.nodes[index].memory)


@dataclass
class Facts:
    """All that the page shows."""
    topology: object
    version: str = ""
    distances: list = field(default_factory=list)
    nodes: list = field(default_factory=list)      # (CPUs, bytes) by number
    cpu_nodes: dict = field(default_factory=dict)  # {cpu: node}
    zonelists: dict = field(default_factory=dict)
    domains: dict = field(default_factory=dict)
    free: dict = field(default_factory=dict)
    numastat: dict = field(default_factory=dict)
    vmstat: dict = field(default_factory=dict)
    homes: dict = field(default_factory=dict)
    timeline: object = field(default_factory=report_parse.Timeline)
    threads: int = 0
    storm_node: int = 0
    parts: list = field(default_factory=list)      # numascope.Part
    compared: list | None = None                   # rows of tools/compare; None: there are none


def outputs(text):
    """{command: lines} of a run."""
    return {section.command: section.lines for section in serial.sections(text)}


def read_nodes(found, topology):
    """What the kernel says of its nodes; sizes are the machine's, which the kernel rounds."""
    order = topology.kernel_nodes() if topology.numa else [0]
    nodes, rows = [], []
    for nid, index in enumerate(order):
        where = f"cat /sys/devices/system/node/node{nid}/"
        cpus = report_parse.cpu_list("".join(found.get(where + "cpulist", [])))
        nodes.append((cpus, topology.nodes[index].memory))
        rows += report_parse.distances(found.get(where + "distance", []))
    if [len(row) for row in rows] != [len(order)] * len(order):
        rows = [[topology.distance(a, b) for b in order] for a in order]
    return nodes, rows


def facts_of(text, topology):
    """The Facts in what a traced run printed."""
    found = outputs(text)
    lines = lambda command: found.get(command, [])
    nodes, distances = read_nodes(found, topology)
    return Facts(
        topology=topology, version=" ".join(lines("cat /proc/version")), nodes=nodes,
        distances=distances, cpu_nodes={cpu: nid for nid, (cpus, _) in enumerate(nodes) for cpu in cpus},
        zonelists=report_parse.zonelists(lines("cat /sys/kernel/debug/zonelists")),
        domains=report_parse.domains(lines("cat /sys/kernel/debug/sched/topology")),
        free=report_parse.buddyinfo(lines("cat /proc/buddyinfo")),
        numastat=report_parse.numastat(lines("numastat")),
        vmstat=report_parse.vmstat(lines("cat /proc/vmstat")), homes=report_parse.homes(lines("ps")),
        timeline=report_parse.timeline(lines(f"cat {TRACE}/trace")), threads=storm(topology),
        storm_node=storm_node(topology))


def boot(machine, kernel, commands, extra=()):
    """What the machine printed. @machine: tools/run's arguments for it."""
    done = subprocess.run([sys.executable, str(ROOT / "tools" / "run"), *machine, "--kernel", str(kernel),
                           f"--exec={'; '.join(commands)}", "--timeout", str(TIMEOUT), *extra],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace")
    if done.returncode:
        raise ReportError(done.stderr.strip().splitlines()[-1] if done.stderr.strip()
                          else f"tools/run ended with {done.returncode}.")
    return done.stdout


def count(machine, kernel, topology):
    """The parts of a boot with numascope."""
    with tempfile.TemporaryDirectory(prefix="atoll-report-") as directory:
        out = Path(directory) / "counts.json"
        boot(machine, kernel, count_commands(topology), [f"--numascope={out}"])
        return numascope.from_json(out.read_text())


def compared(path):
    """The rows of a comparison's JSON: subject, result, and both values or a reason."""
    try:
        data = json.loads(Path(path).read_text())
        rows = data["rows"] if isinstance(data, dict) else data
        return [{key: str(row.get(key, "")) for key in ("subject", "result", "linux", "atoll", "reason")}
                for row in rows]
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise ReportError(f"--compare: {path}: not the JSON of a comparison: {error}.") from None


def gather(machine, kernel, topology, comparison=None):
    """Boot twice; the Facts."""
    facts = facts_of(boot(machine, kernel, trace_commands(topology)), topology)
    facts.parts = count(machine, kernel, topology)
    facts.compared = compared(comparison) if comparison else None
    return facts
