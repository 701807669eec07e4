"""Reading test results: TAP of the host's test program, KTAP version 1 of the kernel.

KTAP nests: a suite's results are indented and come before the suite's own result line, which counts
as their sum and not as a test. Lines that are neither (log lines, output of tests) are left out.
Source: the kernel documentation's "The Kernel Test Anything Protocol (KTAP), version 1".
"""

import re
from dataclasses import dataclass, field

PLAN = re.compile(r"( *)1\.\.(\d+)\s*(#.*)?")
RESULT = re.compile(r"( *)(not )?ok (\d+)(?: -)?(?: ([^#]*))?(?:# *(\w+) ?(.*))?")
SUBTEST = re.compile(r"( *)# Subtest: (.+)")
COMMENT = re.compile(r" *# ?(.*)")
BAIL = re.compile(r"Bail out! ?(.*)")

PASS, FAIL, SKIP = "pass", "fail", "skip"


@dataclass
class Result:
    name: str
    state: str
    notes: list = field(default_factory=list)  # diagnostics, or the reason of a skip


@dataclass
class Group:
    """The results between a plan and its sum, all at one indentation."""
    indent: int
    name: str = ""
    planned: int | None = None
    seen: int = 0
    failed: int = 0  # among its direct results


@dataclass
class Report:
    results: list = field(default_factory=list)   # the leaves: one for each test
    problems: list = field(default_factory=list)  # sentences: why the report cannot be trusted

    def count(self, state):
        return sum(result.state == state for result in self.results)

    @property
    def failed(self):
        return [result for result in self.results if result.state == FAIL]


class Parser:
    def __init__(self):
        self.report = Report()
        self.groups = []       # open, outermost first
        self.pending_name = "" # of a "# Subtest:" line whose group has not begun
        self.notes = []

    def problem(self, text):
        self.report.problems.append(text)

    def group_at(self, indent):
        """The group of this indentation, opened if need be."""
        if not self.groups or self.groups[-1].indent < indent:
            self.groups.append(Group(indent, self.pending_name))
            self.pending_name = ""
        return self.groups[-1]

    def close(self, group):
        where = f'suite "{group.name}"' if group.name else "the run"
        if group.planned is None:
            self.problem(f"no plan: {where} never said how many tests it has.")
        elif group.seen < group.planned:
            self.problem(f"short plan: {where} planned {group.planned} tests and reported "
                         f"{group.seen}.")
        elif group.seen > group.planned:
            self.problem(f"{where} planned {group.planned} tests and reported {group.seen}.")

    def on_subtest(self, match):
        """The name of a group: of the one that a plan has just opened, or of the next."""
        top = self.groups[-1] if self.groups else None
        if top and top.indent == len(match[1]) and not top.name and not top.seen:
            top.name = match[2].strip()
        else:
            self.pending_name = match[2].strip()

    def on_plan(self, match):
        group = self.group_at(len(match[1]))
        if group.planned is not None:
            self.problem(f"a second plan, 1..{match[2]}, where 1..{group.planned} was running.")
        group.planned = int(match[2])

    def on_result(self, match):
        indent, state = len(match[1]), FAIL if match[2] else PASS
        if not match[2] and (match[5] or "").upper() == "SKIP":
            state = SKIP
        children = None
        while self.groups and self.groups[-1].indent > indent:
            children = self.groups.pop()
            self.close(children)
        group = self.group_at(indent)
        group.seen += 1
        group.failed += state == FAIL
        name = (match[4] or "").strip() or f"test {match[3]}"
        if int(match[3]) != group.seen:
            self.problem(f'"{name}" has number {match[3]}, expected {group.seen}.')
        if children is None:
            self.add_leaf(group, name, state, match[6])
        elif bool(children.failed) != (state == FAIL):
            self.problem(f'suite "{name}" is {"not " * (state == FAIL)}ok, but {children.failed} of '
                         "its tests failed.")
        self.notes = []

    def add_leaf(self, group, name, state, reason):
        full = f"{group.name}.{name}" if group.name and not name.startswith(group.name + ".") else name
        notes = [reason.strip()] if state == SKIP and reason else self.notes
        self.report.results.append(Result(full, state, notes))

    def line(self, text):
        if match := SUBTEST.fullmatch(text):
            self.on_subtest(match)
        elif match := PLAN.fullmatch(text):
            self.on_plan(match)
        elif match := RESULT.fullmatch(text):
            self.on_result(match)
        elif match := BAIL.match(text.strip()):
            self.problem(f"the tests gave up: {match[1] or 'no reason given'}")
        elif match := COMMENT.fullmatch(text):
            self.notes.append(match[1].strip())

    def finish(self):
        while self.groups:
            self.close(self.groups.pop())
        if not self.report.results:
            self.problem("no tests were run.")
        return self.report


def parse(text):
    """The Report of @text, in which the protocol's lines may be mixed with others."""
    parser = Parser()
    for line in text.splitlines():
        parser.line(line.rstrip())
    return parser.finish()
