"""Linux with our module: built, packed, booted, and what it said remembered.

The module is tools/linux/bench_module.c, built against the headers of the newest Linux in /boot. A boot is
remembered where linux.py keeps its own, under a hash of all that decides its outcome: kernel, QEMU, module,
machine, command line. Times by the clock are not remembered here (bench_run.py).
"""

import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from . import initrd, linux as debian, qemu
from .bench import BenchError
from .topology import ROOT

SOURCE = ROOT / "tools" / "linux"
FOLDER = ROOT / "build" / "bench"
MODULES = Path("/lib/modules")
CMDLINE = "console=ttyS0 quiet log_buf_len=1M init_on_alloc=0 panic=-1 nowatchdog"
TIMEOUT = 900  # seconds

# The module first: it also tells when the boot was over.
INIT = """#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
case "$atoll_bench" in
counted) /bin/busybox insmod /bench_module.ko ;;
contention) /bin/busybox insmod /bench_module.ko contention=1 ;;
memory) /bin/busybox cat /proc/meminfo ;;
esac
[ "$atoll_bench" = nothing ] || /bin/busybox dmesg
/bin/busybox poweroff -f
"""


@dataclass(frozen=True)
class Linux:
    image: Path
    release: str   # 6.1.0-56-amd64
    version: str   # what the image says of itself
    module: Path


def build_module(release):
    headers = MODULES / release / "build"
    if not headers.exists():
        raise BenchError(f"{headers} is missing: the headers of Linux {release} are not installed; "
                         "`tools/setup bench` installs them.")
    folder = FOLDER / "module"
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("Kbuild", "bench_module.c"):
        source, copy = (SOURCE / name).read_bytes(), folder / name
        if not copy.exists() or copy.read_bytes() != source:
            copy.write_bytes(source)
    made = subprocess.run(["make", "-C", str(headers), f"M={folder}", "modules"],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          env={k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS")})
    if made.returncode:
        raise BenchError(f"the module does not build: {qemu.first_error(made.stdout)}")
    return folder / "bench_module.ko"


def find():
    """The Linux to compare with, its module built."""
    try:
        image = debian.image()
    except debian.LinuxError as error:
        raise BenchError(str(error)) from None
    release = image.name.removeprefix("vmlinuz-")
    return Linux(image, release, debian.version(image), build_module(release))


def make_root(linux, folder):
    for name in ("bin", "proc", "dev"):
        (folder / name).mkdir()
    shutil.copy(debian.BUSYBOX, folder / "bin" / "busybox")
    shutil.copy(linux.module, folder / "bench_module.ko")
    (folder / "init").write_text(INIT)
    (folder / "init").chmod(0o755)


def command(linux, machine, what, icount, directory):
    """QEMU's command line: that of tools/run, with Linux in it."""
    root = Path(directory) / "root"
    root.mkdir()
    make_root(linux, root)
    archive = Path(directory) / "root.cpio"
    initrd.pack(root, archive)
    options = qemu.Options(topology=machine, kernel=linux.image, initrd=archive, icount=icount,
                           append=f"{CMDLINE} atoll_bench={what}")
    return qemu.command(options, directory, False)


def boot(linux, machine, what, icount=True):
    """What Linux prints on @machine. @what: counted, contention, memory or nothing."""
    with tempfile.TemporaryDirectory(prefix="atoll-bench-") as directory:
        args = command(linux, machine, what, icount, directory)
        try:
            done = subprocess.run(args, stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT)
        except subprocess.TimeoutExpired:
            raise BenchError(f"Linux had not ended after {TIMEOUT} s on {machine.name}.") from None
    text = done.stdout.decode(errors="replace").replace("\r\n", "\n")
    if done.returncode or "Kernel panic" in text:
        words = (done.stderr.decode(errors="replace") or text).strip().splitlines() or ["silence"]
        raise BenchError(f"Linux ended with {done.returncode} on {machine.name}: {words[-1]}")
    return text


def remembered(linux, machine, what, qemu_version, fresh):
    """boot() under icount, from the cache if it was done before."""
    key = debian.cache_key("bench", linux.version, qemu_version, INIT, CMDLINE, what,
                           machine.qemu_args(), (SOURCE / "bench_module.c").read_text())
    path = debian.cache_folder() / key
    if path.exists() and not fresh:
        return path.read_text(errors="replace")
    text = boot(linux, machine, what)
    debian.remember(path, text)
    return text


READY = re.compile(r"^\[ *(\d+)\.(\d{6})\] Run /init", re.MULTILINE)
SIZES = re.compile(r"\((\d+)K kernel code, (\d+)K rwdata, (\d+)K rodata, (\d+)K init, (\d+)K bss")


def ready_ticks(text):
    """When /init began by the log's clock: nanoseconds, under icount instructions, since shortly after the
    kernel's entry. None if the log doesn't say."""
    match = READY.search(text)
    return int(match[1]) * 10**9 + int(match[2]) * 1000 if match else None


def image_kib(text):
    """The kernel's code and data in memory, or None."""
    match = SIZES.search(text)
    return sum(int(size) for size in match.groups()) if match else None
