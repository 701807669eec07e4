"""Linux and Atoll on one machine: both booted, their facts compared, differences explained or not.

A fact is equal, different, or different and explained: explained.toml lists what is by design, and an
entry there has to match subject, key and both values. What nobody explained is a mistake, of Atoll or of
this comparison.
"""

import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from . import facts, linux, qemu, questions, serial, topology

EXPLAINED = Path(__file__).with_name("explained.toml")
NONE = "(none)"
ATOLL_TIMEOUT, ATOLL_TIMEOUT_PER_CPU = 120, 4  # seconds
FACT_KEYS, FACT_OPTIONAL = ("subject", "key", "linux", "atoll", "reason"), ("machine",)
BOOT_KEYS = ("death", "memory_below", "reason")


class CompareError(Exception):
    """The comparison cannot be made; one sentence."""


@dataclass(frozen=True)
class Difference:
    subject: str
    key: str
    linux: str
    atoll: str
    reason: str = ""  # why it is by design; "" if nobody said


@dataclass
class Result:
    name: str
    counts: dict = field(default_factory=dict)       # subject: facts that were looked at
    differences: list = field(default_factory=list)
    no_boot: str = ""                                # why Linux cannot boot here, by design
    error: str = ""                                  # it could not be compared; a sentence
    remembered: bool = False                         # Linux's part came from the cache

    def of(self, subject):
        """Subject's differences: (unexplained, explained)."""
        mine = [d for d in self.differences if d.subject == subject]
        return [d for d in mine if not d.reason], [d for d in mine if d.reason]

    @property
    def unexplained(self):
        return [d for d in self.differences if not d.reason]

    @property
    def good(self):
        return not self.unexplained and not self.error


class Explanations:
    """explained.toml, and which of its entries were of use."""

    def __init__(self, data, source):
        self.facts, self.boots, self.used = data.get("explained", []), data.get("no_boot", []), set()
        for kind in data:
            if kind not in ("explained", "no_boot"):
                raise CompareError(f'{source}: unknown table "{kind}"; write [[explained]] or '
                                   "[[no_boot]].")
        for entry in self.facts:
            check_entry(entry, FACT_KEYS, FACT_OPTIONAL, f"{source}: explained")
            if entry["subject"] not in facts.SUBJECTS:
                raise CompareError(f'{source}: subject "{entry["subject"]}" is none of '
                                   f"{', '.join(facts.SUBJECTS)}.")
        for entry in self.boots:
            check_entry(entry, BOOT_KEYS, (), f"{source}: no_boot")
            topology.parse_size(entry["memory_below"], f"{source}: memory_below")

    def reason(self, name, difference):
        for index, entry in enumerate(self.facts):
            if (entry["subject"] == difference.subject
                    and re.fullmatch(entry.get("machine", ".*"), name)
                    and all(re.fullmatch(entry[key], getattr(difference, key))
                            for key in ("key", "linux", "atoll"))):
                self.used.add(index)
                return entry["reason"]
        return ""

    def no_boot(self, machine, death):
        line = re.sub(r"^\[ *[\d.]+\] ", "", death)
        for entry in self.boots:
            limit = topology.parse_size(entry["memory_below"], "memory_below")
            if re.fullmatch(entry["death"], line) and machine.memory < limit:
                return entry["reason"]
        return ""

    def unused(self):
        """Entries that explained nothing so far."""
        return [entry for index, entry in enumerate(self.facts) if index not in self.used]


def check_entry(entry, needed, optional, where):
    for key in needed:
        if not isinstance(entry.get(key), str) or not entry[key]:
            raise CompareError(f"{where}: {key} is missing; an entry needs {', '.join(needed)}.")
    for key, value in entry.items():
        if key not in needed + optional:
            raise CompareError(f'{where}: unknown key "{key}"; there are '
                               f"{', '.join(needed + optional)}.")
        try:
            re.compile(value)
        except re.error as error:
            raise CompareError(f'{where}: {key}: "{value}" is no regular expression: {error}.'
                               ) from None


def explanations(path=EXPLAINED):
    try:
        return Explanations(tomllib.loads(Path(path).read_text()), Path(path).name)
    except (tomllib.TOMLDecodeError, OSError) as error:
        raise CompareError(f"{path}: {error}") from None


def differences(theirs, ours):
    """Facts that are not the same, in the order of subjects and keys."""
    found = []
    for subject in facts.SUBJECTS:
        a, b = theirs.get(subject, {}), ours.get(subject, {})
        found += [Difference(subject, key, a.get(key, NONE), b.get(key, NONE))
                  for key in dict.fromkeys([*a, *b]) if a.get(key, NONE) != b.get(key, NONE)]
    return found


def explain(found, explained, name):
    return [Difference(d.subject, d.key, d.linux, d.atoll, explained.reason(name, d)) for d in found]


def atoll_text(machine, kernel, timeout=None):
    """What Atoll says on the machine. Raises CompareError if it does not come to its end."""
    limit = timeout or ATOLL_TIMEOUT + ATOLL_TIMEOUT_PER_CPU * machine.cpus
    run = qemu.collect(qemu.Options(topology=machine, kernel=Path(kernel),
                                    exec="; ".join(questions.ATOLL), timeout=limit))
    status, sentence = serial.judge(run)
    ended = [section for section in serial.sections(run.text) if section.rc is not None]
    if len(ended) < len(questions.ATOLL):
        raise CompareError(f"Atoll: {sentence or 'it ended early.'}")
    return run.text


def linux_text(machine, timeout=None):
    return linux.text_of(machine, questions.LINUX, timeout=timeout)


def compare(machine, kernel, explained, ask_linux=linux_text, ask_atoll=atoll_text):
    """The Result on a Topology. Never raises for what it compares."""
    result = Result(machine.name)
    try:
        text, result.remembered = ask_linux(machine)
        ours = facts.of(ask_atoll(machine, kernel))
        if death := linux.death(text):
            result.no_boot = explained.no_boot(machine, death)
            if not result.no_boot:
                result.error = f"Linux does not boot here: {death}"
            return result
        theirs = facts.of(text)
    except (CompareError, linux.LinuxError, facts.FactsError, qemu.UsageError) as error:
        result.error = str(error)
        return result
    result.counts = {s: len({*theirs[s], *ours[s]}) for s in facts.SUBJECTS}
    for subject, count in result.counts.items():
        if not count and not (subject == "domains" and machine.cpus == 1):
            result.error = f"neither kernel told anything about {subject}."
    result.differences = explain(differences(theirs, ours), explained, machine.name)
    return result


# ---- printing ---------------------------------------------------------------------------------------

SHOWN = 8  # differences of a subject that are written out


def subject_line(result, subject):
    count = result.counts.get(subject, 0)
    wrong, explained = result.of(subject)
    if not wrong and not explained:
        return f"  {subject:<11} equal      {count} values"
    words = [f"{len(wrong)} of {count} values differ"] if wrong else []
    words += [f"{len(explained)} of {count} differ by design"] if explained else []
    return f"  {subject:<11} {'different' if wrong else 'explained':<10} {', '.join(words)}"


def report(result):
    """The lines that tell a Result in full."""
    lines = [f"{result.name}: Linux {'remembered' if result.remembered else 'booted'}"]
    if result.error:
        return lines + [f"  not compared: {result.error}"]
    if result.no_boot:
        return lines + [f"  explained: {result.no_boot}."]
    for subject in facts.SUBJECTS:
        lines.append(subject_line(result, subject))
        wrong, explained = result.of(subject)
        for difference in wrong[:SHOWN]:
            lines += [f"      {difference.key}", f"          Linux  {difference.linux}",
                      f"          Atoll  {difference.atoll}"]
        if len(wrong) > SHOWN:
            lines.append(f"      ... and {len(wrong) - SHOWN} more")
        for reason in dict.fromkeys(d.reason for d in explained):
            first = next(d for d in explained if d.reason == reason)
            lines += [f"      {first.key}: Linux {first.linux}, Atoll {first.atoll}", f"          {reason}"]
    return lines


def mark(result, subject):
    """One cell of the table: how many differ, "=" for none, "e" before what is explained."""
    if result.error or result.no_boot:
        return "!" if result.error else "-"
    wrong, explained = result.of(subject)
    return str(len(wrong)) if wrong else f"e{len(explained)}" if explained else "="


def table(results):
    """A row a machine, a column a subject."""
    width = max(len("machine"), *(len(result.name) for result in results))
    lines = ["", f"{'machine':<{width}}  " + "  ".join(facts.SUBJECTS)]
    for result in results:
        cells = "  ".join(f"{mark(result, s):<{len(s)}}" for s in facts.SUBJECTS)
        note = result.error or result.no_boot
        lines.append(f"{result.name:<{width}}  {cells}{'  ' + note if note else ''}".rstrip())
    return lines + ["", "= equal   e3: 3 values differ by design   3: 3 values differ   - Linux cannot "
                    "boot here   ! not compared"]
