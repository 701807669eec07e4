"""What a run printed, as data for the report: files of /proc and /sys, numastat, ps and the trace.

Everything here is a function from lines to data. What is missing or cut off gives less, never an error:
a report of half a run is worth more than none.
"""

import re
from dataclasses import dataclass, field

TRACE_LINE = re.compile(r"^\s*(?P<comm>.+)-(?P<pid>\d+)\s+\[(?P<cpu>\d+)\] \S+\s+"
                        r"(?P<time>\d+\.\d+): (?P<event>\w+): (?P<fields>.*)$")
FIELDS = re.compile(r"(\w+)=(.*?)(?= \w+=| ==> |$)")
BUDDY_LINE = re.compile(r"Node (\d+), zone +(\S+) +([\d ]+)")
ZONELIST_LINE = re.compile(r"node (\d+) fallback: (.*)")
DOMAIN_LINE = re.compile(r"cpu (\d+) domain (\d+) (\S+) span (\S+) groups (.*)")


def cpu_list(text):
    """[0, 1, 4] of "0-1,4"."""
    found = []
    for item in text.strip().split(","):
        first, _, last = item.partition("-")
        if first.isdigit():
            found += range(int(first), int(last or first) + 1)
    return found


def distances(lines):
    """The table of `node*/distance`, a row a line."""
    return [[int(word) for word in line.split()] for line in lines
            if line.strip() and all(word.isdigit() for word in line.split())]


def zonelists(lines):
    """{node: the nodes in the order in which they are asked}"""
    found = {}
    for line in lines:
        if match := ZONELIST_LINE.fullmatch(line.strip()):
            nodes = [int(zone.split(":")[0]) for zone in match[2].split()]
            found[int(match[1])] = list(dict.fromkeys(nodes))
    return found


def domains(lines):
    """{cpu: [(name, CPUs spanned, [CPUs of a group])]}, lowest level first"""
    found = {}
    for line in lines:
        if match := DOMAIN_LINE.fullmatch(line.strip()):
            groups = [cpu_list(group) for group in match[5].split()]
            found.setdefault(int(match[1]), []).append((match[3], cpu_list(match[4]), groups))
    return found


def buddyinfo(lines):
    """{node: free blocks by order, all zones together}"""
    found = {}
    for line in lines:
        if match := BUDDY_LINE.match(line.strip()):
            counts = [int(word) for word in match[3].split()]
            sums = found.setdefault(int(match[1]), [0] * len(counts))
            found[int(match[1])] = [a + b for a, b in zip(sums, counts)]
    return found


def numastat(lines):
    """{counter: [value of each node]} of the command numastat, whose tables have a few nodes each."""
    found = {}
    for line in lines:
        words = line.split()
        if len(words) > 1 and all(word.isdigit() for word in words[1:]):
            found.setdefault(words[0], []).extend(map(int, words[1:]))
    return found


def vmstat(lines):
    return {words[0]: int(words[1]) for words in map(str.split, lines)
            if len(words) == 2 and words[1].isdigit()}


def homes(lines):
    """{pid: node of its memory} of ps."""
    found = {}
    head = lines[0].split() if lines else []
    if "HOME" not in head:
        return found
    for line in lines[1:]:
        words = line.split()
        # PRI may be empty for no class that there is, so columns are words.
        if len(words) >= len(head) and words[0].isdigit() and words[head.index("HOME")].isdigit():
            found[int(words[0])] = int(words[head.index("HOME")])
    return found


# ---- the trace ------------------------------------------------------------------------------------------

@dataclass
class Segment:
    """A thread on a CPU. Times in seconds."""
    cpu: int
    pid: int
    comm: str
    start: float
    end: float


@dataclass
class Migration:
    time: float
    pid: int
    comm: str
    src: int
    dst: int


@dataclass
class Timeline:
    start: float = 0.0
    end: float = 0.0
    segments: list = field(default_factory=list)
    migrations: list = field(default_factory=list)
    lost: int = 0 # events that were overwritten before they were read


def trace_events(lines):
    """(time, cpu, pid, comm, event, {field: text}), in order of time"""
    for line in lines:
        if match := TRACE_LINE.match(line):
            yield (float(match["time"]), int(match["cpu"]), int(match["pid"]),
                   match["comm"].strip(), match["event"], dict(FIELDS.findall(match["fields"])))


def lost_events(lines):
    for line in lines:
        if match := re.search(r"entries-in-buffer/entries-written: (\d+)/(\d+)", line):
            return int(match[2]) - int(match[1])
    return 0


class Runs:
    """Puts segments together out of switches: on each CPU, who has run since when."""

    def __init__(self, start):
        self.start = start
        self.now = {}  # cpu: (since, pid, comm)
        self.done = []

    def saw(self, time, cpu, pid, comm):
        """An event of a thread says that it runs on the CPU."""
        if cpu not in self.now and pid:
            self.now[cpu] = (self.start, pid, comm)

    def switch(self, time, cpu, prev, following):
        since, pid, comm = self.now.get(cpu, (self.start, *prev))
        if pid == prev[0]:  # else switches between the two were lost
            self.close(cpu, pid, comm, since, time)
        self.now[cpu] = (time, *following)

    def close(self, cpu, pid, comm, since, time):
        if pid and time > since:
            self.done.append(Segment(cpu, pid, comm, since, time))

    def finish(self, end):
        for cpu, (since, pid, comm) in self.now.items():
            self.close(cpu, pid, comm, since, end)
        return sorted(self.done, key=lambda s: (s.start, s.cpu))


def timeline(lines):
    """The Timeline of the file `trace`."""
    events = list(trace_events(lines))
    if not events:
        return Timeline(lost=lost_events(lines))
    start, end = events[0][0], events[-1][0]
    runs, migrations = Runs(start), []
    for time, cpu, pid, comm, event, fields in events:
        try:
            if event == "sched_switch":
                runs.switch(time, cpu, (int(fields["prev_pid"]), fields["prev_comm"]),
                            (int(fields["next_pid"]), fields["next_comm"]))
                continue
            runs.saw(time, cpu, pid, comm)
            if event == "sched_migrate_task":
                migrations.append(Migration(time, int(fields["pid"]), fields["comm"],
                                            int(fields["orig_cpu"]), int(fields["dest_cpu"])))
        except (KeyError, ValueError):
            pass  # a line that was cut off
    return Timeline(start, end, runs.finish(end), migrations, lost_events(lines))
