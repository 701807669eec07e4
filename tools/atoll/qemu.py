"""From options to a QEMU command line, and from that to a finished run.

QEMU runs without a window and without default devices; the serial line is its standard output, or
the terminal when a person is there. What the kernel has to say beyond text arrives by QEMU's exit
status (see serial.py).
"""

import json
import os
import re
import select
import shlex
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from . import initrd, iso, numascope, serial
from .topology import ROOT, Topology

DEFAULT_KERNEL = ROOT / "build" / "atoll.elf"
EXEC_BY_COMMAND_LINE = 1000  # bytes; longer lists of commands go by fw_cfg
EXEC_AWKWARD = re.compile(r"[^\x20-\x7e]|[\"'\\]")
# QEMU's words that are no news: under TCG no CPU has the "topoext" that it misses for SMT, below_4g
# is small on purpose, and our own SIGTERM needs no report.
NOISE = re.compile("doesn't support hyperthreading|Please configure -smp options properly|"
                   "possibly poor performance|terminating on signal")
PANIC_GRACE = 10             # seconds that a kernel gets to leave after a panic line
DEFAULT_TIMEOUT = 600        # seconds, when nobody is there to press Ctrl-A X
FIRMWARE = ("/usr/share/ovmf/OVMF.fd", "/usr/share/qemu/OVMF.fd")
FIRMWARE_PAIRS = (
    ("/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd"),
    ("/usr/share/OVMF/OVMF_CODE.fd", "/usr/share/OVMF/OVMF_VARS.fd"),
    ("/usr/share/edk2/x64/OVMF_CODE.4m.fd", "/usr/share/edk2/x64/OVMF_VARS.4m.fd"),
    ("/usr/share/edk2/ovmf/OVMF_CODE.fd", "/usr/share/edk2/ovmf/OVMF_VARS.fd"),
    ("/opt/homebrew/share/qemu/edk2-x86_64-code.fd", "/opt/homebrew/share/qemu/edk2-i386-vars.fd"),
)


class UsageError(Exception):
    """The run cannot start; the text is one sentence for the person who asked."""


@dataclass
class Options:
    topology: Topology
    kernel: Path = DEFAULT_KERNEL
    exec: str | None = None
    append: str = ""
    boot: str = "pvh"            # pvh, iso or uefi
    icount: bool = False
    gdb: int | None = None       # TCP port
    acpitables: list = field(default_factory=list)
    initrd: Path | None = None   # an archive, or a folder
    timeout: float | None = None # seconds
    numascope: str | None = None # "": count accesses by node; a path: also write them there
    extra: list = field(default_factory=list)
    quiet: bool = False          # keep what is said, show nothing and type nothing


def binary():
    """The QEMU to run; ATOLL_QEMU names another."""
    return os.environ.get("ATOLL_QEMU", "qemu-system-x86_64")


def escape(value):
    """A value inside a comma-separated QEMU option."""
    return str(value).replace(",", ",,")


def exec_by_command_line(options):
    """GRUB quotes a command line in its own way, so only QEMU's own loader passes exec="..."."""
    return (options.boot == "pvh" and len(options.exec) <= EXEC_BY_COMMAND_LINE
            and not EXEC_AWKWARD.search(options.exec))


def exec_args(options, directory):
    """(words for the kernel's command line, QEMU arguments) that hand the commands over."""
    if options.exec is None:
        return "", []
    if exec_by_command_line(options):
        return f'exec="{options.exec}"', []
    path = Path(directory) / "exec"
    path.write_bytes(options.exec.encode())
    return "", ["-fw_cfg", f"name=opt/atoll/exec,file={escape(path)}"]


def firmware_args(directory):
    """UEFI firmware: one file if there is one, else code and a private copy of its variables."""
    for path in FIRMWARE:
        if os.path.exists(path):
            return ["-bios", path]
    for code, variables in FIRMWARE_PAIRS:
        if os.path.exists(code) and os.path.exists(variables):
            copy = Path(directory) / "vars.fd"
            copy.write_bytes(Path(variables).read_bytes())
            return ["-drive", f"if=pflash,unit=0,format=raw,readonly=on,file={code}",
                    "-drive", f"if=pflash,unit=1,format=raw,file={escape(copy)}"]
    raise UsageError("--boot uefi: no OVMF firmware was found; tools/setup installs it (Debian: "
                     "ovmf).")


def module(options, directory):
    """The boot module as a file, or None: a folder is packed."""
    if options.initrd is None:
        return None
    if not options.initrd.is_dir():
        try:
            with open(options.initrd, "rb"):
                return options.initrd
        except OSError as error:
            raise UsageError(f"--initrd: {options.initrd}: {error.strerror}.") from None
    packed = Path(directory) / "initrd.cpio"
    try:
        initrd.pack(options.initrd, packed)
    except initrd.InitrdError as error:
        raise UsageError(f"--initrd: {error}") from None
    return packed


def boot_args(options, cmdline, directory):
    archive = module(options, directory)
    if options.boot == "pvh":
        return (["-kernel", str(options.kernel)] + (["-append", cmdline] if cmdline else [])
                + (["-initrd", str(archive)] if archive else []))
    image = Path(directory) / "atoll.iso"
    try:
        iso.build(options.kernel, cmdline, image, archive)
    except iso.IsoError as error:
        raise UsageError(f"--boot {options.boot}: {error}") from None
    firmware = firmware_args(directory) if options.boot == "uefi" else []
    return firmware + ["-cdrom", str(image), "-boot", "d"]


def acpitable_args(tables, directory):
    args = []
    for index, table in enumerate(tables):
        path = Path(table)
        try:
            size = path.stat().st_size
        except OSError as error:
            raise UsageError(f"--acpitable: {table}: {error.strerror}.") from None
        if size < 36:
            raise UsageError(f"--acpitable: {table}: {size} bytes; a whole table begins with its "
                             "36-byte header.")
        if set(":,") & set(str(path)):  # both separate files or options to QEMU
            copy = Path(directory) / f"table{index}.aml"
            copy.write_bytes(path.read_bytes())
            path = copy
        args += ["-acpitable", f"file={path}"]
    return args


def numascope_file(directory):
    return Path(directory) / "numascope.json"


def machine_args(options, directory):
    """(the topology's arguments, the plugin's)"""
    machine = options.topology.qemu_args()
    if options.numascope is None:
        return machine, []
    pad, plugin = numascope.qemu_args(options.topology, numascope_file(directory))
    return numascope.insert_pad(machine, pad), plugin


def chooses_accelerator(extra):
    return any(arg in ("-accel", "--accel", "-enable-kvm", "--enable-kvm") for arg in extra) or any(
        flag in ("-machine", "--machine", "-M") and "accel=" in value
        for flag, value in zip(extra, extra[1:]))


def command(options, directory, interactive):
    """QEMU's whole command line; files that it needs are made in @directory."""
    args = [binary()]
    if not chooses_accelerator(options.extra):
        args += ["-accel", "tcg"]
    machine, plugin = machine_args(options, directory)
    args += ["-cpu", "max", *machine, *plugin, "-nodefaults", "-display", "none",
             "-no-reboot", "-device", "isa-debug-exit,iobase=0x501,iosize=4",
             "-d", "cpu_reset", "-D", str(Path(directory) / "qemu.log"),
             "-serial", "mon:stdio" if interactive else "stdio"]
    exec_words, fw_cfg = exec_args(options, directory)
    args += boot_args(options, " ".join(filter(None, (options.append, exec_words))), directory)
    args += fw_cfg + acpitable_args(options.acpitables, directory)
    if options.icount:
        args += ["-icount", "shift=0,sleep=off"]
    if options.gdb is not None:
        args += ["-S", "-gdb", f"tcp:127.0.0.1:{options.gdb}"]
    return args + options.extra


def first_error(output):
    """The line of a compiler's or make's output that a person wants to see."""
    lines = output.splitlines()
    for pattern in (r"\berror:|undefined reference|multiple definition", r"No rule to make|\*\*\*"):
        for line in lines:
            if re.search(pattern, line):
                return line.strip()
    return lines[-1].strip() if lines else "make said nothing"


def ensure_kernel(path):
    """Build the default kernel if it isn't there; any other must be."""
    if path.exists():
        return
    if path != DEFAULT_KERNEL:
        raise UsageError(f"--kernel: {path}: no such file.")
    try:
        made = subprocess.run(["make", "-C", str(ROOT), "all"], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, errors="replace")
    except FileNotFoundError:
        raise UsageError("there is no build/atoll.elf and no make to build it; run tools/setup "
                         "first.") from None
    if made.returncode or not path.exists():
        sys.stderr.write(made.stdout)
        raise UsageError(f"the kernel does not build: {first_error(made.stdout)}")


class Capture:
    """QEMU's standard error: passed on as it comes (but not if @quiet), and kept."""

    def __init__(self, stream, quiet=False):
        self.lines = []
        self.quiet = quiet
        self.thread = threading.Thread(target=self.copy, args=(stream,), daemon=True)
        self.thread.start()

    def copy(self, stream):
        for line in stream:
            text = line.decode(errors="replace")
            if not NOISE.search(text):
                self.lines.append(text)
                if not self.quiet:
                    sys.stderr.write(text)
                    sys.stderr.flush()

    def errors(self):
        self.thread.join(timeout=5)
        return "".join(line for line in self.lines if "warning:" not in line)


class Typist(threading.Thread):
    """Types our standard input to the kernel once it has spoken: before that its serial port is not
    set up and would lose the first characters."""

    def __init__(self, target):
        super().__init__(daemon=True)
        self.target = target
        self.ready = threading.Event()

    def run(self):
        self.ready.wait()
        try:
            while data := os.read(0, 4096):
                self.target.write(data)
                self.target.flush()
        except (BrokenPipeError, OSError, ValueError):
            pass  # QEMU has gone


def stop(process):
    """End a QEMU that has not ended itself."""
    process.terminate()
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class Console:
    """The serial line: printed as it comes (but not if @quiet) with "\\n" for "\\r\\n", and kept."""

    def __init__(self, quiet=False):
        self.quiet = quiet
        self.kept = bytearray()
        self.pending = b""

    def feed(self, data):
        data = self.pending + data
        self.pending = b"\r" if data.endswith(b"\r") else b""
        data = data[:len(data) - len(self.pending)].replace(b"\r\n", b"\n")
        self.kept += data
        if not self.quiet:
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()

    def panicked(self):
        return b"Kernel panic:" in self.kept

    def text(self):
        return self.kept.decode(errors="replace")


def follow(process, console, typist, timeout):
    """Copy the serial line until QEMU ends. True if it had to be stopped for the time-out."""
    deadline = time.monotonic() + timeout if timeout else None
    panic_seen = False
    while True:
        left = None if deadline is None else deadline - time.monotonic()
        if left is not None and left <= 0:
            stop(process)
            return not panic_seen
        if select.select([process.stdout], [], [], left)[0]:
            data = os.read(process.stdout.fileno(), 1 << 16)
            if not data:
                return False
            console.feed(data)
            typist.ready.set()
        if not panic_seen and console.panicked():
            panic_seen = True
            deadline = min(deadline or float("inf"), time.monotonic() + PANIC_GRACE)


def triple_faulted(directory):
    try:
        log = (Path(directory) / "qemu.log").read_text(errors="replace")
    except OSError:
        return False
    return "Triple fault" in log


def start(args, **streams):
    try:
        return subprocess.Popen(args, stderr=subprocess.PIPE, **streams)
    except FileNotFoundError:
        raise UsageError(f"QEMU is missing: {args[0]} was not found; tools/setup installs "
                         "it.") from None
    except OSError as error:
        raise UsageError(f"QEMU cannot be started: {args[0]}: {error.strerror}.") from None


def run_captured(options, args, directory):
    """Run with the serial line through a pipe; the finished serial.Run."""
    types = options.exec is None and not options.quiet
    process = start(args, stdin=subprocess.PIPE if types else subprocess.DEVNULL,
                    stdout=subprocess.PIPE)
    errors = Capture(process.stderr, options.quiet)
    console, typist = Console(options.quiet), Typist(process.stdin)
    if types:
        typist.start()
    try:
        timed_out = follow(process, console, typist, options.timeout)
        stopped = process.poll() is not None and timed_out
        process.wait()
    finally:
        if process.poll() is None:
            stop(process)
    return serial.Run(text=console.text(), qemu_exit=None if stopped else process.returncode,
                      commands=options.exec and serial.split_commands(options.exec),
                      timed_out=options.timeout if timed_out else None,
                      triple_fault=triple_faulted(directory),
                      firmware_speaks=options.boot == "uefi", qemu_errors=errors.errors())


def run_interactive(options, args, directory):
    """Run on the person's terminal, which QEMU takes over; (exit status, sentence)."""
    process = start(args)
    errors = Capture(process.stderr)
    try:
        process.wait(timeout=options.timeout)
    except subprocess.TimeoutExpired:
        stop(process)
        return serial.EXIT_TIMEOUT, f"time-out after {options.timeout:g} s."
    finally:
        if process.poll() is None:
            stop(process)
    status = process.returncode
    if status == serial.QEMU_PANIC:
        return serial.EXIT_PANIC, "the kernel panicked."
    if triple_faulted(directory):
        return serial.EXIT_FAILED, "the machine was reset by a triple fault."
    if status and errors.errors():
        return serial.EXIT_USAGE, f"QEMU did not start (its exit status was {status})."
    if status:
        return serial.EXIT_FAILED, f"QEMU's exit status was {status}."
    return serial.EXIT_OK, ""


def terminated(signum, _frame):
    sys.exit(128 + signum)


def collect(options):
    """Boot the machine and see it through without showing anything; the finished serial.Run."""
    options.quiet = True
    with tempfile.TemporaryDirectory(prefix="atoll-") as directory:
        return run_captured(options, command(options, directory, False), directory)


def tell_numascope(options, console, directory):
    """Print what the plugin counted; write it where it was asked for."""
    parts = numascope.read(numascope_file(directory), console, options.topology)
    print(numascope.text(parts, options.topology), end="", flush=True)
    if options.numascope:
        found = json.dumps(numascope.to_json(parts, options.topology))
        try:
            Path(options.numascope).write_text(found + "\n")
        except OSError as error:
            raise UsageError(f"--numascope: {options.numascope}: {error.strerror}.") from None


def judge_captured(options, args, directory):
    """Run and judge; (exit status, sentence)."""
    finished = run_captured(options, args, directory)
    status, sentence = serial.judge(finished)
    if options.numascope is None or status == serial.EXIT_USAGE:
        return status, sentence
    try:
        tell_numascope(options, finished.text, directory)
    except numascope.NumascopeError as error:
        return status or serial.EXIT_FAILED, sentence or f"--numascope: {error}"
    return status, sentence


def run(options):
    """Boot the machine and see it through; (exit status, sentence or "")."""
    signal.signal(signal.SIGTERM, terminated)
    interactive = (options.exec is None and options.numascope is None and os.isatty(0)
                   and os.isatty(1))
    if options.timeout is None and not interactive and options.gdb is None:
        options.timeout = DEFAULT_TIMEOUT
    try:
        ensure_kernel(options.kernel)
        if options.numascope is not None:
            numascope.build()
        with tempfile.TemporaryDirectory(prefix="atoll-") as directory:
            args = command(options, directory, interactive)
            if os.environ.get("ATOLL_SHOW_QEMU"):
                print(shlex.join(args), file=sys.stderr)
            if interactive:
                return run_interactive(options, args, directory)
            return judge_captured(options, args, directory)
    except (UsageError, numascope.NumascopeError) as error:
        return serial.EXIT_USAGE, str(error)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # nobody reads on; the interpreter may flush
        return serial.EXIT_FAILED, "nobody read the output to its end."
    except KeyboardInterrupt:
        return 130, "interrupted."
