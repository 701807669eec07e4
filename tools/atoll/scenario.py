"""Whole boots as tests: a machine, what to run on it, and what must be seen.

A file tests/boot/test_*.py has a function scenarios() that returns a list of Scenario. Each is booted
by tools/run, and counts as one test.

    Scenario(
        name="srat_truncated_is_refused",
        why="A short table would be read past its end.",
        nodes=0, cpus=2, mem="256M",           # a machine without -numa, so ours is the only SRAT
        tables=lambda: [acpi_build.srat(...)], # bytes of whole ACPI tables
        log=[r"SRAT: .* past its end"],        # each must match a line of the kernel's log
        online="0",                            # /sys/devices/system/node/online
        commands=[Command("ktest numa.*")])
"""

import importlib.util
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from . import serial
from .topology import ROOT

KERNELS = {"release": ROOT / "build" / "atoll.elf",
           "debug": ROOT / "build" / "debug" / "atoll.elf",
           "ubsan": ROOT / "build" / "ubsan" / "atoll.elf",
           "kasan": ROOT / "build" / "kasan" / "atoll.elf"}
ONLINE = "cat /sys/devices/system/node/online"


@dataclass
class Command:
    """A command for the monitor and what it must print. Patterns are searched, with ^ and $ at line
    ends, in the output of this command."""
    text: str
    expect: list = field(default_factory=list)  # patterns that must be found
    refuse: list = field(default_factory=list)  # patterns that must not
    fails: bool = False                         # its rc must not be 0


@dataclass
class Boot:
    """What a boot said."""
    text: str
    sections: list  # serial.Section, one for each command

    @property
    def log(self):
        return [line for line in self.text.splitlines() if serial.LOG_LINE.match(line)]

    def output(self, command):
        """The lines that @command printed; [] if it did not run."""
        for section in self.sections:
            if section.command == command:
                return section.lines
        return []


@dataclass
class Scenario:
    name: str
    why: str = ""                    # what would be wrong in the world if it failed
    topo: str | None = None          # of tests/topologies, or a TOML file; else nodes, cpus, mem
    nodes: int | None = None         # 0: a machine without -numa
    cpus: int | None = None
    mem: str | None = None
    boot: str = "pvh"                # pvh, iso or uefi
    kernel: str = "release"          # release, debug, ubsan or kasan
    append: str = ""                 # for the kernel's command line
    qemu: list = field(default_factory=list)  # more QEMU arguments
    tables: Callable | None = None   # returns whole ACPI tables, a list of bytes
    fw_cfg: Callable | None = None   # returns files for QEMU's fw_cfg, {name: bytes}
    initrd: Callable | None = None   # initrd(directory) makes an archive or a folder there, its path
    numascope: bool = False          # count accesses by node; the tables are behind the boot's text
    commands: list = field(default_factory=list)  # Command, or its text alone
    log: list = field(default_factory=list)         # patterns, each found in some log line
    refuse_log: list = field(default_factory=list)  # patterns found in none
    online: str | None = None        # online nodes, as "0-1,3"
    check: Callable | None = None    # check(Boot) yields a sentence for each thing that is wrong
    dialogue: list = field(default_factory=list)  # instead of commands: (pattern, text): when the
                                     # console has printed the pattern behind the last one, type the
                                     # text; the last text is to switch the machine off
    timeout: float = 30              # seconds on a nominal host
    dies: tuple | None = None        # (tools/run's exit status, pattern in its sentence): the boot
                                     # is to end so, and its commands are not looked at

    def all_commands(self):
        if self.dialogue:
            return []
        commands = [Command(c) if isinstance(c, str) else c for c in self.commands]
        if self.online is not None or not commands:
            expect = [] if self.online is None else [f"^{re.escape(self.online)}$"]
            commands.insert(0, Command(ONLINE, expect=expect))
        return commands

    def arguments(self, directory, timeout):
        """tools/run's arguments; table files are made in @directory."""
        args = ["--kernel", str(KERNELS[self.kernel]), "--boot", self.boot, "--timeout",
                f"{timeout:g}"]
        for option in ("topo", "nodes", "cpus", "mem"):
            if getattr(self, option) is not None:
                args += [f"--{option}", str(getattr(self, option))]
        if self.append:
            args.append(f"--append={self.append}")
        if self.numascope:
            args.append("--numascope")
        if self.initrd:
            args += ["--initrd", str(self.initrd(Path(directory)))]
        for index, table in enumerate(self.tables() if self.tables else []):
            path = Path(directory) / f"table{index}.aml"
            path.write_bytes(table)
            args += ["--acpitable", str(path)]
        if not self.dialogue:
            args.append("--exec=" + "; ".join(command.text for command in self.all_commands()))
        extra = [*self.qemu, *self.fw_cfg_args(directory)]
        return args + (["--", *extra] if extra else [])

    def fw_cfg_args(self, directory):
        args = []
        for name, data in (self.fw_cfg() if self.fw_cfg else {}).items():
            path = Path(directory) / name.replace("/", "_")
            path.write_bytes(data)
            args += ["-fw_cfg", f"name={name},file={path}"]
        return args


def missing(pattern, lines, where):
    if not any(re.search(pattern, line) for line in lines):
        yield f"{where} has no line that matches /{pattern}/."


def unwanted(pattern, lines, where):
    for line in lines:
        if re.search(pattern, line):
            yield f"{where} has a line that matches /{pattern}/: {line}"
            return


def judge_command(command, section):
    if section is None or section.rc is None:
        yield f'command "{command.text}" did not end.'
        return
    where = f'the output of "{command.text}"'
    if command.fails == (section.rc == 0):
        yield (f'command "{command.text}" ended with rc={section.rc}, expected '
               f"{'a failure' if command.fails else '0'}: {' '.join(section.lines[-2:])}")
    for pattern in command.expect:
        yield from (f"{problem} It is: {' | '.join(section.lines[:5])}"
                    for problem in missing(pattern, section.lines, where))
    for pattern in command.refuse:
        yield from unwanted(pattern, section.lines, where)


def judge_death(scenario, boot, status, sentence):
    want, pattern = scenario.dies
    if status != want or not re.search(pattern, sentence):
        yield (f"expected exit status {want} and a sentence that matches /{pattern}/, got {status}: "
               f"{sentence or 'no sentence'}")
    for pattern in scenario.log:
        yield from missing(pattern, boot.log, "the log")
    for pattern in scenario.refuse_log:
        yield from unwanted(pattern, boot.log, "the log")
    if scenario.check:
        yield from scenario.check(boot)


def judge(scenario, text, status, sentence):
    """What is wrong with a boot: sentences, none if it went as the scenario says."""
    commands = scenario.all_commands()
    boot = Boot(text, serial.sections(text))
    if scenario.dialogue and status != serial.EXIT_OK:
        return [sentence]
    if scenario.dies:
        return list(judge_death(scenario, boot, status, sentence))
    expected = serial.EXIT_FAILED if any(c.fails for c in commands) else serial.EXIT_OK
    ended = len([s for s in boot.sections if s.rc is not None]) == len(commands)
    if status not in (serial.EXIT_OK, serial.EXIT_FAILED) or not ended:
        return [sentence or f"tools/run ended with status {status}, expected {expected}."]
    problems = []
    for command, section in zip(commands, boot.sections):
        problems += judge_command(command, section)
    for pattern in scenario.log:
        problems += missing(pattern, boot.log, "the log")
    for pattern in scenario.refuse_log:
        problems += unwanted(pattern, boot.log, "the log")
    if scenario.check:
        problems += scenario.check(boot)
    if not problems and status != expected:
        problems.append(sentence)
    return problems


def type_dialogue(dialogue, log, process):
    """Type each text of @dialogue when its pattern appears in the file @log."""
    start = 0
    for pattern, text in dialogue:
        while not (match := re.compile(pattern).search(
                Path(log).read_bytes().decode(errors="replace"), start)):
            if process.poll() is not None:
                return
            time.sleep(0.05)
        start = match.end()
        try:
            process.stdin.write(text.encode())
            process.stdin.flush()
        except OSError:
            return  # it has ended


def run_tool(arguments, log, dialogue=()):
    """tools/run with its output to the file @log; (text, exit status, its sentence)."""
    with open(log, "wb") as out:
        process = subprocess.Popen([sys.executable, str(ROOT / "tools" / "run"), *arguments],
                                   stdout=out, stderr=subprocess.PIPE, cwd=ROOT,
                                   stdin=subprocess.PIPE if dialogue else subprocess.DEVNULL)
        typist = threading.Thread(target=type_dialogue, args=(dialogue, log, process), daemon=True)
        typist.start()
        errors = process.stderr.read().decode(errors="replace")
        status = process.wait()
        typist.join()
    text = Path(log).read_bytes().decode(errors="replace")
    with open(log, "a") as out:
        out.write(f"\n{errors}tools/run {' '.join(arguments)}\nexit status {status}\n")
    return text, status, last_words(errors)


def last_words(errors):
    """Why a run failed: the tool's sentence, with QEMU's own words if QEMU did not start."""
    lines = errors.strip().splitlines()
    if not lines:
        return ""
    words = lines[-1].removeprefix("tools/run: ")
    if "QEMU did not start" in words and len(lines) > 1:
        words += f" It says: {lines[-2]}"
    return words


def run(scenario, log, scale):
    """Boot it; the sentences that say what is wrong. The log goes to the file @log."""
    directory = tempfile.mkdtemp(prefix="atoll-boot-")
    try:
        arguments = scenario.arguments(directory, scenario.timeout * scale)
        return judge(scenario, *run_tool(arguments, log, scenario.dialogue))
    finally:
        shutil.rmtree(directory)


def load_file(path):
    """The scenarios of one file; its name comes first in theirs."""
    sys.path.insert(0, str(path.parent))  # test files may import their neighbours
    try:
        spec = importlib.util.spec_from_file_location(path.stem, path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return [(f"{path.stem.removeprefix('test_')}.{s.name}", s) for s in module.scenarios()]
    finally:
        sys.path.remove(str(path.parent))
