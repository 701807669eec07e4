"""Debian's Linux on a machine of ours: booted with the runner's QEMU arguments, given a list of commands
as Atoll is, and remembered.

The commands run in busybox's shell, and their output has the form of Atoll's exec= list (`--- CMD`, the
output, `--- rc=N`; see serial.py), so that one parser reads both kernels. The kernel's log comes last,
by `dmesg`, and not while it boots: a serial line under emulation is slow.

A boot takes from some seconds to many minutes, and the same machine gives the same answers. So each
finished boot is kept, in $ATOLL_CACHE or ~/.cache/atoll/linux, in a file whose name is a hash of all that
it depends on: QEMU's arguments and version, the kernel's version, its command line, the script.

Sources: Linux 6.1, Documentation/x86/boot.rst, "The Real-Mode Kernel Header" (kernel_version);
Documentation/admin-guide/kernel-parameters.txt.
"""

import glob
import hashlib
import os
import shutil
import struct
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from . import qemu, serial

IMAGES = "/boot/vmlinuz-6.1.*-amd64"
BUSYBOX = Path("/bin/busybox")
APPLETS = ("sh", "cat", "echo", "dmesg", "mkdir", "mount", "poweroff")
BASE_TIMEOUT = 300     # seconds
TIMEOUT_PER_CPU = 15   # emulated CPUs start and sort out their caches one after the other

# Huge pages raise min_free_kbytes; a panic must not wait for a person.
CMDLINE = ("console=ttyS0 quiet sched_verbose log_buf_len=4M transparent_hugepage=never panic=-1 "
           "nowatchdog")

TRIPLE_FAULT = "the machine was reset by a triple fault"  # QEMU's log says so; a line of ours

# Marks and reserves were computed while the kernel still held memory of its start; writing a setting
# computes them again, from the memory that it manages now.
INIT = """#!/bin/sh
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t debugfs debugfs /sys/kernel/debug
cd /proc/sys/vm
for setting in min_free_kbytes lowmem_reserve_ratio; do
    echo $(cat $setting) > $setting
done
cd /
while read -r command; do
    echo "--- $command"
    eval "$command" 2>&1
    echo "--- rc=$?"
done < /commands
poweroff -f
"""


# Each CPU measures its delay loop by itself, one after the other. That takes a second and more each where
# many share few real ones, and says nothing; so with many CPUs the figure is given.
MANY_CPUS = 128
NO_CALIBRATION = "lpj=4000000"


class LinuxError(Exception):
    """Linux cannot be asked; the text is one sentence for the person who did."""


@dataclass(frozen=True)
class Machine:
    """A machine that no Topology describes: QEMU's own arguments."""
    arguments: tuple

    def qemu_args(self):
        return list(self.arguments)

    @property
    def cpus(self):
        """As -smp says."""
        return int(self.arguments[self.arguments.index("-smp") + 1].partition(",")[0])


def image():
    """The newest kernel of Debian's that is installed."""
    found = sorted(glob.glob(IMAGES))
    if not found:
        raise LinuxError(f"there is no Linux ({IMAGES}); `tools/setup linux` installs it.")
    if not BUSYBOX.exists():
        raise LinuxError(f"{BUSYBOX} is missing; `tools/setup linux` installs it.")
    if b"/ld-linux" in BUSYBOX.read_bytes():
        raise LinuxError(f"{BUSYBOX} needs libraries, which a bare machine doesn't have; install the "
                         "package busybox-static.")
    if not os.access(found[-1], os.R_OK):
        raise LinuxError(f"{found[-1]} cannot be read; run as root, or make it readable: chmod a+r "
                         f"{found[-1]}.")
    return Path(found[-1])


def version(path):
    """What a bzImage says of its version, such as "6.1.0-13-amd64 (...) #1 SMP ..."."""
    head = Path(path).read_bytes()[:1 << 16]
    offset = struct.unpack_from("<H", head, 0x20e)[0] + 0x200
    return head[offset:head.index(b"\0", offset)].decode(errors="replace")


def qemu_version():
    try:
        said = subprocess.run([qemu.binary(), "--version"], capture_output=True, text=True)
    except OSError as error:
        raise LinuxError(f"QEMU cannot be started: {qemu.binary()}: {error.strerror}.") from None
    return said.stdout.partition("\n")[0]


def cache_folder():
    if folder := os.environ.get("ATOLL_CACHE"):
        return Path(folder)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "atoll" / "linux"


def cache_key(*parts):
    """A file name for what these strings, or lists of strings, lead to."""
    text = "\0".join(part if isinstance(part, str) else "\1".join(part) for part in parts)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def make_root(folder, commands):
    """The root file system: busybox, its names, the script and its commands."""
    folder = Path(folder)
    for name in ("bin", "proc", "sys", "dev"):
        (folder / name).mkdir()
    shutil.copy(BUSYBOX, folder / "bin" / "busybox")
    for name in APPLETS:
        (folder / "bin" / name).symlink_to("busybox")
    (folder / "init").write_text(INIT)
    (folder / "init").chmod(0o755)
    (folder / "commands").write_text("".join(command + "\n" for command in commands))


def command_line(machine, append):
    words = [CMDLINE, NO_CALIBRATION if machine.cpus > MANY_CPUS else "", append]
    return " ".join(filter(None, words))


def boot(machine, commands, append, timeout):
    """The serial.Run of a boot, not remembered."""
    with tempfile.TemporaryDirectory(prefix="atoll-linux-") as root:
        make_root(root, commands)
        return qemu.collect(qemu.Options(topology=machine, kernel=image(), initrd=Path(root),
                                         append=command_line(machine, append), timeout=timeout))


def ended(text, commands):
    """Did all of the commands, or the kernel itself, come to an end?"""
    done = [section for section in serial.sections(text) if section.rc is not None]
    return len(done) >= len(commands) or death(text) is not None


def death(text):
    """The line that tells how Linux died, or None."""
    for line in text.splitlines():
        if line == TRIPLE_FAULT or "Kernel panic - not syncing" in line:
            return line.strip()
    return None


def text_of(machine, commands, append="", timeout=None, boot=boot):
    """What Linux says on @machine (a Topology or a Machine) to @commands: from the cache, or after a boot.

    @append   for the kernel's command line.
    @timeout  seconds; by default some minutes and more for more CPUs.

    Returns (text, True if it was remembered). Raises LinuxError if it did not come to an end.
    """
    # Both kinds of machine: what QEMU is told is what decides.
    key = cache_key(machine.qemu_args(), qemu_version(), version(image()),
                    command_line(machine, append), INIT, list(commands))
    path = cache_folder() / key
    if path.exists():
        return path.read_text(errors="replace"), True
    limit = timeout or BASE_TIMEOUT + TIMEOUT_PER_CPU * machine.cpus
    run = boot(machine, commands, append, limit)
    if run.triple_fault:
        run.text += f"\n{TRIPLE_FAULT}\n"
    if not ended(run.text, commands):
        raise LinuxError(why_not(run, limit))
    remember(path, run.text)
    return run.text, False


def why_not(run, limit):
    if run.timed_out is not None:
        return (f"Linux did not come to an end in {limit:g} s (--linux-timeout gives it more); its last "
                f'line was "{serial.last_line(run.text)}".')
    if not run.text.strip() and run.qemu_errors:
        return f"QEMU did not start: {run.qemu_errors.strip().splitlines()[-1]}"
    return f'Linux ended early; its last line was "{serial.last_line(run.text)}".'


def remember(path, text):
    """Write the cache's file at once or not at all: two of us may run."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False) as out:
        out.write(text)
    os.replace(out.name, path)
