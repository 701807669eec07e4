"""Running both kernels for the table of bench.py: which machines, in which order.

Instructions are counted on one CPU under icount, where a run is like the last one. Times by the clock are
taken in turns (Atoll, Linux, Atoll, Linux ...), as the host is not the same from minute to minute. They
are remembered, with the Atoll that they are of, until they are asked for anew.
"""

import hashlib
import json
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from . import bench, bench_linux, linux as debian, qemu, topology
from .bench import BenchError, Row
from .topology import Node, Topology

GIB = 1 << 30
BENCHES = ("calibrate", "boot", "page_alloc.local", "page_alloc.remote", "page_alloc.exhaust",
           "slab.kmalloc", "slab.kmalloc_refill", "slab.kmem_cache", "sched.create",
           "sched.pingpong", "sched.yield")
CONTENTION_BENCH = "page_alloc.contention"
BOOT_SHAPES = ((8, 2, "256M"), (16, 1, "128M"), (64, 1, "64M"))  # nodes, CPUs and memory of each
TIMEOUT = 600  # seconds


def one_cpu(bytes_each):
    """Two nodes of that much memory, and one CPU."""
    return Topology(name=f"2 x {bytes_each >> 30} GiB", nodes=(Node(1, bytes_each), Node(0, bytes_each)))


COUNTED = one_cpu(GIB)
# What a GiB costs is told from these two: both are so large that Linux keeps 64 MiB for devices that
# can't reach all memory.
LARGE, LARGER = one_cpu(2 * GIB), one_cpu(4 * GIB)
MEMORY_SHAPES = (COUNTED, LARGE, LARGER)


def say(words):
    print(f"bench: {words}", file=sys.stderr, flush=True)


def run_atoll(kernel, machine, commands, icount):
    """(what Atoll prints, seconds that the run took)."""
    with tempfile.TemporaryDirectory(prefix="atoll-bench-") as directory:
        options = qemu.Options(topology=machine, kernel=kernel, exec="; ".join(commands),
                               icount=icount)
        args = qemu.command(options, directory, False)
        begin = time.monotonic()
        try:
            done = subprocess.run(args, stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT)
        except subprocess.TimeoutExpired:
            raise BenchError(f"Atoll had not ended after {TIMEOUT} s on {machine.name}.") from None
        seconds = time.monotonic() - begin
    text = done.stdout.decode(errors="replace").replace("\r\n", "\n")
    if done.returncode:
        words = (text or done.stderr.decode(errors="replace")).strip().splitlines() or ["silence"]
        raise BenchError(f"Atoll ended with {done.returncode} on {machine.name}: {words[-1]}")
    return text, seconds


def image_kib(path):
    """What a kernel's segments take in memory. Source: ELF-64 Object File Format, "Program Header"."""
    elf = Path(path).read_bytes()
    offset, = struct.unpack_from("<Q", elf, 32)
    size, count = struct.unpack_from("<HH", elf, 54)
    loads = [struct.unpack_from("<IIQQQQQQ", elf, offset + i * size) for i in range(count)]
    return sum(load[6] for load in loads if load[0] == 1) / 1024


def counted_rows(kernel, linux, qemu_version, fresh):
    say("Linux, counted (remembered if it was done before)")
    text = bench_linux.remembered(linux, COUNTED, "counted", qemu_version, fresh)
    theirs = bench.parse(text)
    theirs.setdefault(("boot", ""), {})["ticks"] = bench_linux.ready_ticks(text)
    say("Atoll, counted")
    ours = bench.parse(run_atoll(kernel, COUNTED, [f"bench {b}" for b in BENCHES], True)[0])
    bench.check_calibration(theirs, "Linux")
    bench.check_calibration(ours, "Atoll")
    rows = bench.counted_rows(ours, theirs)
    rows.append(Row("Memory", "kernel's code and data", image_kib(kernel),
                    bench_linux.image_kib(text), "KiB"))
    return rows


def memory_rows(kernel, linux, qemu_version, fresh):
    say("memory that the kernels keep")
    free = [], []
    for machine in MEMORY_SHAPES:
        free[0].append(bench.mem_free_kib(
            run_atoll(kernel, machine, ["cat /proc/meminfo"], True)[0], "Atoll"))
        free[1].append(bench.mem_free_kib(
            bench_linux.remembered(linux, machine, "memory", qemu_version, fresh), "Linux"))
    return bench.memory_rows([machine.memory >> 10 for machine in MEMORY_SHAPES], *free)


def contention_rows(kernel):
    say("Atoll, 16 CPUs at once")
    machine = topology.uniform(4, 4, "1G")
    return bench.contention_rows(bench.parse(
        run_atoll(kernel, machine, [f"bench {CONTENTION_BENCH}"], False)[0]))


# ---- by the clock ------------------------------------------------------------------------------------

def boot_linux_timed(linux, machine):
    begin = time.monotonic()
    bench_linux.boot(linux, machine, "nothing", icount=False)
    return time.monotonic() - begin


def time_boots(kernel, linux, turns):
    """{label: pairs of seconds}"""
    found = {}
    for nodes, cpus, memory in BOOT_SHAPES:
        machine = topology.uniform(nodes, cpus, memory)
        pairs = []
        for turn in range(turns):
            say(f"boot of {nodes} nodes, turn {turn + 1} of {turns}")
            pairs.append((run_atoll(kernel, machine, ["poweroff"], False)[1],
                          boot_linux_timed(linux, machine)))
        found[f"boot of {nodes} nodes, {nodes * cpus} CPUs, until the machine is off"] = pairs
    return found


def ns_by_mode(text):
    lines = bench.parse(text)
    found = {}
    for mode in ("order0", "orders"):
        ops, ns = (bench.value(lines, CONTENTION_BENCH, field, f"mode={mode}")
                   for field in ("ops", "ns"))
        if ops and ns:
            found[mode] = ns / ops
    return found


def time_contention(kernel, linux, turns):
    """{label: pairs of nanoseconds}"""
    machine = topology.uniform(2, 2, "512M")
    found = {}
    for turn in range(turns):
        say(f"4 CPUs at once, turn {turn + 1} of {turns}")
        ours = ns_by_mode(run_atoll(kernel, machine, [f"bench {CONTENTION_BENCH}"], False)[0])
        theirs = ns_by_mode(bench_linux.boot(linux, machine, "contention", icount=False))
        for mode in ours.keys() & theirs.keys():
            found.setdefault(f"4 CPUs allocate and free, {mode}, an operation", []).append(
                (ours[mode], theirs[mode]))
    return dict(sorted(found.items()))


def wall_rows(kernel, linux, turns, fresh):
    """(rows, a sentence that says when they were measured)"""
    path = bench_linux.FOLDER / "wall.json"
    digest = hashlib.sha256(Path(kernel).read_bytes()).hexdigest()
    if fresh or not path.exists():
        data = {"kernel": digest, "linux": linux.version, "date": time.strftime("%Y-%m-%d"),
                "boots": time_boots(kernel, linux, turns),
                "contention": time_contention(kernel, linux, turns)}
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(data))
    data = json.loads(path.read_text())
    rows = [bench.wall_row("Boot by the clock", label, pairs, "seconds")
            for label, pairs in data["boots"].items()]
    rows += [bench.wall_row("4 CPUs by the clock", label, pairs, "nanoseconds")
             for label, pairs in data["contention"].items()]
    older = "" if data["kernel"] == digest else ", with another build of Atoll (--wall measures anew)"
    return [row for row in rows if row], f"times by the clock: measured on {data['date']}{older}"


def versions(linux, qemu_version, kernel):
    said = subprocess.run(["strings", "-n", "8", str(kernel)], capture_output=True, text=True).stdout
    gcc = next((line for line in said.splitlines() if line.startswith("GCC: ")), "")
    return [f"Atoll built by {gcc.removeprefix('GCC: ')}" if gcc else "Atoll",
            f"Linux {linux.version}", qemu_version,
            "machine: " + " ".join(COUNTED.qemu_args())]


def measure(kernel, turns, fresh, wall):
    """(rows, lines on versions). @wall: "anew", "remembered" or "none"."""
    linux, qemu_is = bench_linux.find(), debian.qemu_version()
    rows = counted_rows(kernel, linux, qemu_is, fresh)
    rows += memory_rows(kernel, linux, qemu_is, fresh)
    rows += contention_rows(kernel)
    about = versions(linux, qemu_is, kernel)
    if wall != "none":
        timed, sentence = wall_rows(kernel, linux, turns, fresh or wall == "anew")
        rows += timed
        about.append(sentence)
    return rows, about
