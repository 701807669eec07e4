"""The jobs of tools/test: what each tier runs, and how its result is judged.

A job writes its log to one file and returns an Outcome. It never raises for what it tests: a kernel
that doesn't build, is silent, panics, hangs, prints less than it planned or is cut off is a failed
test with a sentence that says which.
"""

import os
import re
import subprocess
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from . import ktap, qemu, scenario, serial
from .topology import ROOT

TIERS = ("harness", "host", "kernel", "boot")
LONG_TIERS = ("long", "kasan")  # only when asked for
BUILDS = {  # configuration: what make is asked for
    "host": ["build/host/tests"],
    "release": ["all"],
    "debug": ["DEBUG=1", "all"],
    "ubsan": ["UBSAN=1", "all"],
    "kasan": ["KASAN=1", "all"],
}
HOST_TESTS = ROOT / "build" / "host" / "tests"
HOST_TIMEOUT = 300  # seconds on a nominal host
HARNESS_TIMEOUT = 300

# Which kernels run their own tests, and which of them, on which machines: a topology, or NODESxCPUS
# of each. The scenarios of tests/boot run the release kernel's quick ones on every topology.
QUICK, ALL = "ktest", "ktest -s"
FAULTS = "ktest -f"  # with each of their allocations failing in turn
KERNEL_RUNS = [
    ("release", "1x1", ALL, 240),
    ("release", "2x1", ALL, 400),
    ("release", "two-nodes", ALL, 400),
    ("debug", "two-nodes", QUICK, 240),
    ("debug", "uniform", QUICK, 240),
    ("debug", "memoryless-node", QUICK, 240),
    ("debug", "cpuless-node", QUICK, 240),
    ("debug", "border-4g", QUICK, 240),
    ("debug", "odd-sizes", QUICK, 240),
    ("debug", "interlagos-8n", QUICK, 300),
    ("debug", "tiny-48m", QUICK, 240),
    ("ubsan", "two-nodes", QUICK, 300),
    ("release", "tiny-48m", FAULTS, 300),
    ("release", "two-nodes", FAULTS, 400),
]
# The same, for an hour in which nobody waits: `make test-long`.
LONG_RUNS = [
    ("release", "smt-4x2", ALL, 600),
    ("debug", "two-nodes", ALL, 600),
    ("release", "interlagos-8n", ALL, 600),
    ("release", "opteron-8n", ALL, 600),
    ("release", "power9-gpu-8n", ALL, 600),
    ("release", "sixty-four-nodes", ALL, 900),
    ("release", "many-cpus-128", ALL, 900),
    ("release", "many-cpus-255", ALL, 900),
    ("debug", "smt-4x2", ALL, 600),
    ("debug", "interlagos-8n", ALL, 600),
    ("ubsan", "interlagos-8n", ALL, 600),
    ("release", "memoryless-node", FAULTS, 600),
    ("release", "smt-4x2", FAULTS, 600),
    ("debug", "tiny-48m", FAULTS, 600),
    ("debug", "two-nodes", FAULTS, 900),
]
# `make test-kasan`: several times slower than the others, so the quick ones only.
KASAN_RUNS = [
    ("kasan", "two-nodes", QUICK, 240),
    ("kasan", "memoryless-node", QUICK, 240),
    ("kasan", "tiny-48m", QUICK, 240),
    ("kasan", "smt-4x2", QUICK, 300),
    ("kasan", "interlagos-8n", QUICK, 480),
]


@dataclass
class Outcome:
    passed: int = 0
    failed: list = field(default_factory=list)  # (test name or "", reason)
    skipped: int = 0


@dataclass
class Job:
    name: str
    run: Callable          # run(log, scale) returns an Outcome
    needs: str | None = None  # configuration that must be built
    config: str | None = None # configuration that this job builds
    weight: float = 1      # the longer, the earlier it is started


def attempt(job, log, scale, broken):
    """The job's Outcome. @broken: why what it needs doesn't build, or None."""
    if broken:
        Path(log).write_text(broken + "\n")
        return Outcome(failed=[("", f"not run: {broken}")])
    try:
        return job.run(log, scale)
    except Exception:  # a fault of the harness must not hide the other results
        Path(log).open("a").write(traceback.format_exc())
        return Outcome(failed=[("", "the test harness itself failed: "
                                + traceback.format_exc().strip().splitlines()[-1])])


# ---- building ---------------------------------------------------------------------------------------

def make_environment():
    """Ours without what an outer make was told: each configuration is asked for by name."""
    dropped = ("MAKEFLAGS", "MFLAGS", "MAKEOVERRIDES", "MAKELEVEL", "DEBUG", "UBSAN", "KASAN", "B",
               "CONFIG", "KERNEL")
    return {key: value for key, value in os.environ.items() if key not in dropped}


def build(goals, log):
    """None, or why it doesn't build."""
    try:
        made = subprocess.run(["make", f"-j{os.cpu_count() or 1}", *goals], cwd=ROOT, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, errors="replace",
                              env=make_environment())
    except FileNotFoundError:
        return "make is missing; run tools/setup."
    Path(log).write_text(made.stdout)
    if made.returncode:
        return qemu.first_error(made.stdout)
    return None


def build_job(config):
    what = "the host tests do" if config == "host" else f"the {config} kernel does"

    def run(log, _scale):
        error = build(BUILDS[config], log)
        return Outcome(failed=[("", f"{what} not build: {error}")]) if error else Outcome(passed=1)

    return Job(f"build.{config}", run, config=config)


# ---- results in TAP ----------------------------------------------------------------------------------

def reason_of(result):
    return " / ".join(note for note in result.notes if note) or "failed without a word"


def outcome_of(report, problems):
    """A report's results, and one more failure if something is wrong with the run itself."""
    failed = [(result.name, reason_of(result)) for result in report.failed]
    if problems:
        failed.append(("(the run)", " ".join(problems)))
    return Outcome(report.count(ktap.PASS), failed, report.count(ktap.SKIP))


def judge_host(text, status):
    """The Outcome of the host test program: what it printed, how it ended."""
    report = ktap.parse(text)
    problems = list(report.problems)
    if status < 0:
        problems.insert(0, f"the test program was ended by signal {-status}.")
    elif bool(status) != bool(report.failed):
        words = [line for line in text.splitlines() if "ERROR:" in line or "runtime error" in line]
        problems.insert(0, f"the test program ended with status {status}"
                        + (f": {words[0].strip()}" if words else "."))
    return outcome_of(report, problems)


def judge_kernel(text, status, sentence, command=QUICK):
    """The Outcome of a kernel's own tests: serial line, exit status and words of tools/run."""
    if status == serial.EXIT_USAGE:
        return Outcome(failed=[("(the run)", sentence)])
    report = ktap.parse(text)
    problems = []
    if status not in (serial.EXIT_OK, serial.EXIT_FAILED):
        problems = [sentence]  # it was stopped: that its plan is short is no news
    else:
        only_tests_failed = report.failed and sentence.startswith(f'command "{command}" failed')
        if status == serial.EXIT_FAILED and not only_tests_failed:
            problems.append(sentence)
        if status == serial.EXIT_OK and report.failed:
            problems.append("tests failed, but the command ended with rc=0.")
        problems += report.problems
    return outcome_of(report, problems)


# ---- tiers --------------------------------------------------------------------------------------------

def run_host(log, scale):
    with open(log, "wb") as out:
        try:
            status = subprocess.run([str(HOST_TESTS)], stdout=out, stderr=subprocess.STDOUT, cwd=ROOT,
                                    stdin=subprocess.DEVNULL,
                                    timeout=HOST_TIMEOUT * scale).returncode
        except subprocess.TimeoutExpired:
            status = None
    text = Path(log).read_text(errors="replace")
    if status is None:
        return outcome_of(ktap.parse(text), [f"time-out after {HOST_TIMEOUT * scale:g} s; the last "
                                             f'line was "{serial.last_line(text)}".'])
    return judge_host(text, status)


def machine_arguments(machine):
    """tools/run's arguments for a topology, or for "2x1": 2 nodes of 1 CPU."""
    if shape := re.fullmatch(r"(\d+)x(\d+)", machine):
        return ["--nodes", shape[1], "--cpus", shape[2], "--mem", "256M"]
    return ["--topo", machine]


def kernel_job(tier, config, machine, command, seconds):
    def run(log, scale):
        arguments = ["--kernel", str(scenario.KERNELS[config]), *machine_arguments(machine),
                     "--exec", command, "--timeout", f"{seconds * scale:g}"]
        return judge_kernel(*scenario.run_tool(arguments, log), command)

    what = ".faults" if command == FAULTS else ""
    return Job(f"{tier}.{config}.{machine}{what}", run, needs=config, weight=seconds)


def scenario_job(name, item):
    def run(log, scale):
        problems = scenario.run(item, log, scale)
        if problems:
            return Outcome(failed=[("", " ".join(problems))])
        return Outcome(passed=1)

    return Job(f"boot.{name}", run, needs=item.kernel, weight=item.timeout)


def broken_file_job(path, error):
    sentence = f"{path.relative_to(ROOT)} cannot be loaded: {error.strip().splitlines()[-1]}"

    def run(log, _scale):
        Path(log).write_text(error)
        return Outcome(failed=[("", sentence)])

    return Job(f"boot.{path.stem.removeprefix('test_')}", run)


def boot_jobs():
    found = []
    for path in sorted((ROOT / "tests" / "boot").glob("test_*.py")):
        try:
            found += [scenario_job(name, item) for name, item in scenario.load_file(path)]
        except Exception:
            found.append(broken_file_job(path, traceback.format_exc()))
    return found


def harness_job(path):
    def run(log, scale):
        with open(log, "wb") as out:
            try:
                subprocess.run([sys.executable, str(path)], stdout=out, stderr=subprocess.STDOUT,
                               cwd=ROOT, stdin=subprocess.DEVNULL, timeout=HARNESS_TIMEOUT * scale)
            except subprocess.TimeoutExpired:
                return Outcome(failed=[("", f"time-out after {HARNESS_TIMEOUT * scale:g} s.")])
        report = ktap.parse(Path(log).read_text(errors="replace"))
        return outcome_of(report, report.problems)

    return Job(f"harness.{path.stem.removeprefix('test_')}", run, weight=20)


def of_tier(tier):
    """The jobs of a tier."""
    if tier == "host":
        return [Job("host", run_host, needs="host", weight=100)]
    if tier == "kernel":
        return [kernel_job(tier, *run) for run in KERNEL_RUNS]
    if tier == "long":
        return [kernel_job(tier, *run) for run in LONG_RUNS]
    if tier == "kasan":
        return [kernel_job("kernel", *run) for run in KASAN_RUNS]
    if tier == "boot":
        return boot_jobs()
    return [harness_job(path) for path in sorted((ROOT / "tests" / "harness").glob("test_*.py"))]
