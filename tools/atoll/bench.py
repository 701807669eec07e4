"""The measurements of two kernels as one table: what is compared, what each row should reach, what is
better where.

Both kernels print lines `BENCH name key=value ...`. A line is known by its name and those of its values
that say what was measured (SELECTORS); the others are results. All is from data to data here; booting is
in bench_run.py and bench_linux.py.
"""

import re
from dataclasses import dataclass

LINE = re.compile(r"(?:^|\s)BENCH (\S+)((?: \w+=\S+)*)\s*$")
SELECTORS = ("order", "size", "mode")
SLOWER = 1.02  # so many times what the table said before is worth a word
INSTRUCTION = 0.001  # a tick is an instruction if the loop of known length takes that much more at most


class BenchError(Exception):
    """There is nothing to compare; the text is one sentence for the person who asked."""


def parse(text):
    """{(name, "order=0"): {"alloc": 57, ...}} of the BENCH lines in a log."""
    found = {}
    for line in text.splitlines():
        match = LINE.search(line)
        if not match:
            continue
        pairs = [pair.split("=", 1) for pair in match[2].split()]
        select = " ".join(f"{key}={value}" for key, value in pairs if key in SELECTORS)
        found[match[1], select] = {key: int(value) for key, value in pairs
                                   if key not in SELECTORS and value.lstrip("-").isdigit()}
    return found


def value(lines, name, field, select=""):
    """A result, or None if the kernel did not print it."""
    return lines.get((name, select), {}).get(field)


def check_calibration(lines, who):
    """A tick must be an instruction, or the numbers of the two kernels mean different things."""
    insns, ticks = value(lines, "calibrate", "insns"), value(lines, "calibrate", "ticks")
    if not insns or not ticks:
        raise BenchError(f"{who} printed no line `BENCH calibrate`: the measurements did not run.")
    if abs(ticks - insns) > insns * INSTRUCTION:
        raise BenchError(f"{who}: a loop of {insns} instructions took {ticks} ticks, so a tick is no "
                         "instruction; QEMU must run with -icount shift=0.")


@dataclass(frozen=True)
class Row:
    """One line of the table. Values are numbers, less is better; None: not measured."""
    section: str
    label: str
    atoll: float | None
    linux: float | None
    unit: str = "instructions"
    most: float | None = None  # the target for Atoll
    spread: str = ""

    @property
    def ratio(self):
        """How many times as much Linux needs."""
        if not self.atoll or self.linux is None:
            return None
        return self.linux / self.atoll

    @property
    def met(self):
        """None if there is no target."""
        if self.most is None:
            return None
        return self.atoll is not None and self.atoll <= self.most


# (section, label, name, field, selector, divisor, unit, target)
def counted():
    """What both kernels measure in instructions."""
    yield ("Boot", "kernel's entry to prompt or /init", "boot", "ticks", "", 1e6,
           "million instructions", None)
    yield ("Boot", "reset to prompt or /init, with firmware and unpacking", "boot", "from_reset", "", 1e6,
           "million instructions", None)
    most = {0: (60, 50), 1: (80, 70), 2: (80, 70), 3: (80, 70), 9: (250, 250)}
    for where, title in (("local", "own node"), ("remote", "other node")):
        for order in range(11):
            alloc, free = most.get(order, (None, None)) if where == "local" else (
                (90, None) if order == 0 else (None, None))
            for field, limit in (("alloc", alloc), ("free", free)):
                yield (f"Pages, {title}", f"order {order}, {field}, {title}", f"page_alloc.{where}",
                       field, f"order={order}", 1, "instructions", limit)
    for order in (0, 9):
        for field, words in (("alloc", "exhaust"), ("free", "refill")):
            yield ("A whole node", f"{words} a node by order {order}", "page_alloc.exhaust",
                   f"{field}100", f"order={order}", 100, "instructions a page", None)
    for size in (8, 16, 32, 64, 96, 128, 192, 256, 512, 1024, 2048, 4096, 8192):
        for field, words in (("alloc", "kmalloc"), ("free", "kfree")):
            yield ("Objects", f"{words}, {size} bytes", "slab.kmalloc", field, f"size={size}", 1,
                   "instructions", 45 if size == 64 else None)
    for size in (64, 1024):
        for field, words in (("alloc", "kmalloc"), ("free", "kfree")):
            yield ("Objects", f"{words}, {size} bytes, through slabs", "slab.kmalloc_refill", field,
                   f"size={size}", 1, "instructions", None)
    for size in (40, 64, 200, 1000):
        for field, words in (("alloc", "kmem_cache_alloc"), ("free", "kmem_cache_free")):
            yield ("Objects", f"{words}, {size} bytes", "slab.kmem_cache", field, f"size={size}", 1,
                   "instructions", None)
    yield ("Threads", "yield to another thread", "sched.yield", "ticks", "", 1, "instructions",
           2650 / 5)
    yield ("Threads", "ping-pong by completions", "sched.pingpong", "ticks", "", 1, "instructions",
           6540 / 4)
    yield ("Threads", "create, run and join a thread", "sched.create", "ticks", "", 1, "instructions",
           None)


def counted_rows(atoll, linux):
    """The rows of two parsed runs; a row that neither has is left out."""
    rows = []
    for section, label, name, field, select, divisor, unit, most in counted():
        a, b = (value(lines, name, field, select) for lines in (atoll, linux))
        if a is None and b is None and most is None:
            continue
        rows.append(Row(section, label, a / divisor if a is not None else None,
                        b / divisor if b is not None else None, unit, most))
    return rows


MEMINFO = re.compile(r"^MemFree:\s+(\d+) kB", re.MULTILINE)


def mem_free_kib(text, who):
    match = MEMINFO.search(text)
    if not match:
        raise BenchError(f"{who} did not show /proc/meminfo.")
    return int(match[1])


def memory_rows(ram_kib, atoll_free_kib, linux_free_kib):
    """What the kernels keep of three machines' memory, from small to large; each argument has three.

    What a GiB more costs is the difference of the last two, so that what is needed once doesn't count.
    """
    more_gib = (ram_kib[2] - ram_kib[1]) / (1 << 20)

    def used(free, i):
        return ram_kib[i] - free[i]

    def rows():
        for i in (0, 1):
            yield Row("Memory", f"in use after boot, {ram_kib[i] / (1 << 20):g} GiB machine",
                      used(atoll_free_kib, i), used(linux_free_kib, i), "KiB")
        yield Row("Memory", "in use for each further GiB", *((used(free, 2) - used(free, 1)) / more_gib
                  for free in (atoll_free_kib, linux_free_kib)), "KiB")
    return list(rows())


def contention_rows(lines):
    """Atoll counts how its CPUs meet. What has the orders to blocks beyond the lists is bounded by how
    often those are asked for, and not by the lists: no target."""
    rows = []
    for mode in ("order0", "remote", "cross", "orders"):
        ops, locks, contended = (value(lines, "page_alloc.contention", field, f"mode={mode}")
                                 for field in ("ops", "zone_locks", "contended"))
        if not ops or locks is None:
            continue
        target = mode == "order0"
        rows.append(Row("16 CPUs at once", f"{mode}: zone locks for 16 operations", locks * 16 / ops,
                        None, "locks and percent", 1 if target else None))
        rows.append(Row("16 CPUs at once", f"{mode}: percent of them found taken",
                        contended * 100 / locks if locks else 0, None, "locks and percent", 2 if target else None))
    return rows


def median(values):
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def wall_row(section, label, pairs, unit):
    """A row of wall-clock times. @pairs: (Atoll's, Linux's) of each turn. The medians are shown, and how
    far the ratio of a turn was from the others'."""
    if not pairs:
        return None
    ratios = [b / a for a, b in pairs]
    return Row(section, label, median([a for a, _ in pairs]), median([b for _, b in pairs]), unit,
               spread=f"{min(ratios):.1f} to {max(ratios):.1f} in {len(pairs)} turns")


# ---- the table ---------------------------------------------------------------------------------------

HEADER = ("| | Atoll | Linux | Linux / Atoll | target | |", "|---|---:|---:|---:|---|---|")


def number(x):
    if x is None:
        return "-"
    if x >= 100 or x == int(x):
        return f"{x:.0f}"
    return f"{x:.1f}" if x >= 10 else f"{x:.2f}"


def target_words(row):
    if row.met is None:
        return ""
    return f"<= {number(row.most)}: {'met' if row.met else 'NOT MET'}"


def notes(row, before):
    """What the last column says: who is better, if it isn't Atoll, and if Atoll was better before."""
    words = [row.spread] if row.spread else []
    if row.ratio is not None and row.ratio < 1:
        words.append("Linux is better")
    old = before.get(row.label)
    if not row.spread and row.atoll is not None and old is not None and row.atoll > old * SLOWER:
        words.append(f"slower: was {number(old)}")
    return "; ".join(words)


def table(rows, before):
    """Lines of Markdown. @before: {label: Atoll's value} of the table that this one replaces."""
    lines, section = [], None
    for row in rows:
        if row.section != section:
            section = row.section
            lines += ["", f"## {section}", "", f"In {row.unit}.", "", *HEADER]
        ratio = f"{row.ratio:.1f}" if row.ratio is not None else ""
        lines.append(f"| {row.label} | {number(row.atoll)} | {number(row.linux)} | {ratio} | "
                     f"{target_words(row)} | {notes(row, before)} |")
    return lines


def read_before(text):
    """{label: Atoll's value} of a table that table() has written."""
    before = {}
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| ") and len(cells) == 6 and cells[1].replace(".", "", 1).isdigit():
            before[cells[0]] = float(cells[1])
    return before


def problems(rows, before):
    """What a person should look at: sentences. The first list fails the run, the second doesn't."""
    failed = [f"{row.label}: {number(row.atoll)}, and the target is at most {number(row.most)}."
              if row.atoll is not None else f"{row.label}: not measured, and there is a target."
              for row in rows if row.met is False]
    told = [f"{row.label}: {notes(row, before)}." for row in rows
            if "slower" in notes(row, before) or "Linux is better" in notes(row, before)]
    return failed, told


def document(rows, before, versions, command, date):
    """The whole page."""
    head = ["# Benchmarks", "",
            f"Written by `{command}` on {date}; what the rows mean and why they differ is told in "
            "[chapter 17](17-side-by-side.md#bench).", "",
            "Instructions are ticks of the time stamp counter under `-icount shift=0,sleep=off -smp 1`; both "
            "kernels run on the same virtual machine. Linux runs with `init_on_alloc=0`, as Atoll doesn't "
            "clear pages that nobody asked to have cleared.", ""]
    head += [f"* {line}" for line in versions]
    return "\n".join(head + table(rows, before)) + "\n"
