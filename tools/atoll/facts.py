"""What a kernel said, taken apart: facts by subject, the same for Linux and Atoll.

A fact is a key and a value, both text: subject "distances", key "node 1", value "20 10 20". Two kernels
agree on a subject if they have the same keys with the same values. Everything here is a function from
the text of a serial line to data.

Where the numbers themselves cannot be equal, a fact says whether they hold together: the marks and
reserves of a zone (see marks.py), the sums of numastat.
"""

import re
from dataclasses import dataclass, field

from . import marks, questions, serial

SUBJECTS = ("nodes", "cpus", "distances", "zones", "watermarks", "reserve", "fallback", "domains",
            "numastat", "topology")

LOG = r"\[ *[\d.]+\] "
FALLBACK = re.compile(LOG + r"Fallback order for Node (\d+): *([\d ]*)")
ATTACHING = re.compile(LOG + r"CPU(\d+) attaching (NULL )?sched-domain")
DOMAIN = re.compile(LOG + r" +domain-(\d+): span=(\S*) level=(\S+)")
GROUPS = re.compile(LOG + r" +groups: (.*)")
GROUP = re.compile(r"\{ span=(\S*)(?: mask=(\S+))?")
# An error about the groups stands in the middle of their line.
GROUPS_ERROR = re.compile(r"\n.*ERROR: domain->groups.*\n" + LOG + r"(?= })")
ATOLL_DOMAIN = re.compile(r"cpu (\d+) domain (\d+) (\S+) span (\S*) groups ?(.*)")
ZONE = re.compile(r"^Node (\d+), zone +(\w+)$")
ZONE_NUMBER = re.compile(r"^ +(?:pages )?(min|low|high|spanned|present|managed|start_pfn):? +(\d+)$")
NUMASTAT_SLACK = 16  # pages
PATH_NUMBERS = re.compile(r"/(?:node|cpu|domain)(\d+)")


class FactsError(Exception):
    """The text lacks what was asked for; a sentence."""


@dataclass
class Zone:
    node: int
    name: str
    numbers: dict = field(default_factory=dict)
    protection: list = field(default_factory=list)


def answers(text):
    """Command to the lines of its output; a command that failed has none."""
    found = {}
    for section in serial.sections(text):
        found[section.command] = section.lines if section.rc == 0 else []
    return found


def one(said, path):
    """The single line of a file."""
    lines = said.get(f"cat {path}")
    if lines is None:
        raise FactsError(f"it was not asked for {path}, or did not come so far.")
    return " ".join(" ".join(lines).split()) if lines else "(no such file)"


def files(said, pattern):
    """(numbers in the path, lines) of each file of a pattern."""
    listed, lines = said.get(f"echo {pattern}", []), said.get(f"cat {pattern}", [])
    paths = " ".join(listed).split()
    if not lines or not paths:
        return []
    if len(lines) % len(paths):
        raise FactsError(f"{pattern}: {len(lines)} lines of {len(paths)} files; expected equally many "
                         "from each.")
    each = len(lines) // len(paths)
    found = [(tuple(map(int, PATH_NUMBERS.findall(path))), lines[i * each:(i + 1) * each])
             for i, path in enumerate(paths)]
    return sorted(found)


def nodes(said, _text):
    return {name: one(said, f"{questions.NODE}/{name}") for name in questions.NODE_LISTS}


def cpus(said, _text):
    found = {name: one(said, f"{questions.CPU}/{name}") for name in questions.CPU_LISTS}
    for name in ("cpulist", "cpumap"):
        for (nid,), lines in files(said, f"{questions.NODE}/node*/{name}"):
            found[f"node {nid} {name}"] = lines[0].strip()
    return found


def distances(said, _text):
    return {f"node {nid}": " ".join(lines[0].split())
            for (nid,), lines in files(said, f"{questions.NODE}/node*/distance")}


def parse_zones(lines):
    """The zones of /proc/zoneinfo, in its order."""
    found = []
    for line in lines:
        if match := ZONE.match(line):
            found.append(Zone(int(match[1]), match[2]))
        elif found and (match := re.match(r"^ +protection: \((.*)\)", line)):
            found[-1].protection = [int(part) for part in match[1].split(",")]
        elif found and (match := ZONE_NUMBER.match(line)) and match[1] not in found[-1].numbers:
            found[-1].numbers[match[1]] = int(match[2])  # the first "high" is the mark
    return found


def all_zones(said):
    lines = said.get("cat /proc/zoneinfo")
    if not lines:
        raise FactsError("it has not told /proc/zoneinfo.")
    return parse_zones(lines)


def zones(said, _text):
    found = {}
    for zone in all_zones(said):
        for name in ("spanned", "present", "start_pfn"):
            if name in zone.numbers and zone.numbers.get("spanned"):
                found[f"node {zone.node} {zone.name} {name}"] = str(zone.numbers[name])
    return found


def judged(got, wanted):
    """A fact about a number that must follow from others."""
    text, rule = " ".join(map(str, got)), " ".join(map(str, wanted))
    return "follow from managed" if text == rule else f"{text}, where {rule} follow from managed"


def setting(said, name):
    return one(said, f"/proc/sys/vm/{name}")


def watermarks(said, _text):
    every = all_zones(said)
    total = sum(zone.numbers.get("managed", 0) for zone in every)
    least, scale = int(setting(said, "min_free_kbytes")), int(setting(said, "watermark_scale_factor"))
    found = {"watermark_scale_factor": str(scale)}
    for zone in every:
        if zone.numbers.get("spanned") and zone.name != "Device":
            rule = marks.marks(zone.numbers["managed"], least, total, scale)
            got = [zone.numbers.get(name) for name in ("min", "low", "high")]
            found[f"node {zone.node} {zone.name} min, low, high"] = judged(got, rule)
    return found


def reserve(said, _text):
    ratios = setting(said, "lowmem_reserve_ratio")
    found = {"lowmem_reserve_ratio": ratios}
    by_node = {}
    for zone in all_zones(said):
        by_node.setdefault(zone.node, []).append(zone)
    for nid, row in by_node.items():
        rules = marks.reserves([zone.numbers.get("managed", 0) for zone in row],
                               list(map(int, ratios.split())))
        for zone, rule in zip(row, rules):
            if zone.numbers.get("spanned") and zone.name != "Device":
                found[f"node {nid} {zone.name} protection"] = judged(zone.protection, rule)
    return found


def fallback(_said, text):
    """The last word counts: zonelists are built again when a node joins."""
    return {f"node {match[1]}": " ".join(match[2].split()) for match in FALLBACK.finditer(text)}


def linux_domains(text):
    """(cpu, level): (name, span, groups), from the log. A group is (span, balance mask or "")."""
    found, cpu, level = {}, None, None
    for line in GROUPS_ERROR.sub("", text).splitlines():
        if match := ATTACHING.match(line):
            cpu, level = int(match[1]), None
            for old in [key for key in found if key[0] == cpu]:
                del found[old]  # attached again: the last counts
        elif cpu is not None and (match := DOMAIN.match(line)):
            level = int(match[1])
            found[cpu, level] = match[3], match[2], []
        elif level is not None and (match := GROUPS.match(line)):
            found[cpu, level] = *found[cpu, level][:2], GROUP.findall(match[1])
    return found


def atoll_domains(lines):
    found = {}
    for line in lines:
        if match := ATOLL_DOMAIN.match(line):
            found[int(match[1]), int(match[2])] = match[3], match[4], [(span, "") for span in match[5].split()]
    return found


def domains(said, text):
    own = said.get(f"cat {questions.ATOLL_FILES[0]}")
    built = linux_domains(text) if own is None else atoll_domains(own)
    found = {}
    for (cpu, level), (name, span, groups) in built.items():
        found[f"cpu {cpu} domain {level} level"] = name
        found[f"cpu {cpu} domain {level} span"] = span
        found[f"cpu {cpu} domain {level} groups"] = " ".join(group for group, _ in groups)
    for name in questions.DOMAIN_FILES:
        for (cpu, level), lines in files(said, f"{questions.DOMAINS}/cpu*/domain*/{name}"):
            found[f"cpu {cpu} domain {level} {name}"] = " ".join(lines[0].split())
    return found


def balance(a, b):
    """Are two sums equal, but for what was allocated while they were read, one file after the other?"""
    return "yes" if abs(a - b) <= NUMASTAT_SLACK + max(a, b) // 100 else f"no, {a} and {b}"


def numastat(said, _text):
    """Counts depend on what a kernel does; that they balance doesn't. Each request is counted where it
    was served, by its wish and by its CPU, and once more where it was wished in vain."""
    found, missed, foreign = {}, 0, 0
    for (nid,), lines in files(said, f"{questions.NODE}/node*/numastat"):
        count = dict((line.split()[0], int(line.split()[1])) for line in lines)
        found[f"node {nid} lines"] = " ".join(count)
        served = count["numa_hit"] + count["numa_miss"]
        by_cpu = count["local_node"] + count["other_node"]
        found[f"node {nid} hit + miss = local + other"] = balance(served, by_cpu)
        missed, foreign = missed + count["numa_miss"], foreign + count["numa_foreign"]
    found["all misses = all foreign"] = balance(missed, foreign)
    return found


def topology(said, _text):
    found = {}
    for name in questions.CPU_FILES:
        for (cpu,), lines in files(said, f"{questions.CPU}/cpu*/topology/{name}"):
            found[f"cpu {cpu} {name}"] = lines[0].strip()
    return found


READERS = {"nodes": nodes, "cpus": cpus, "distances": distances, "zones": zones,
           "watermarks": watermarks, "reserve": reserve, "fallback": fallback, "domains": domains,
           "numastat": numastat, "topology": topology}


def of(text):
    """All facts of a boot: {subject: {key: value}}. Raises FactsError."""
    said = answers(text)
    return {subject: READERS[subject](said, text) for subject in SUBJECTS}
