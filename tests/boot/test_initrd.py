"""The boot module at /: by each loader, whole and broken; and the commands that look at files and memory."""

import functools
import random
import subprocess
import sys

from atoll.scenario import ROOT, Command, Scenario

sys.path.insert(0, str(ROOT / "tools"))

from atoll import initrd  # noqa: E402

BIG = 20 << 20
PROMPT = "\natoll> "


def folder(directory):
    """Nested, empty, large, executable, linked; and what the kernel has itself."""
    root = directory / "root"
    (root / "a/b/c/d").mkdir(parents=True)
    (root / "etc").mkdir()
    (root / "proc").mkdir()
    (root / "nothing").mkdir()
    (root / "etc/motd").write_text("Welcome to the initrd\n")
    (root / "a/b/c/d/deep").write_text("deep\n")
    (root / "empty").write_bytes(b"")
    (root / "proc/version").write_text("a lie\n")
    (root / "proc/notes").write_text("notes\n")
    (root / "run").write_text("#!\n")
    (root / "run").chmod(0o755)
    (root / "motd").symlink_to("etc/motd")
    (root / "loop").symlink_to("loop")
    (root / "big").write_bytes(big())
    return root


@functools.cache
def big():
    """20 MiB, the same ones each time."""
    return random.Random(4).randbytes(BIG)


@functools.cache
def posix_cksum(data):
    """What the host's cksum prints of it."""
    return subprocess.run(["cksum"], input=data, stdout=subprocess.PIPE,
                          check=True).stdout.decode().split()[0]


def file_commands():
    return [
        Command("cat /etc/motd", expect=["^Welcome to the initrd$"]),
        Command("cat motd /a/b/../b/c/d/deep /empty", expect=["^Welcome", "^deep$"]),
        Command("cksum /big", expect=[rf"^{posix_cksum(big())} {BIG} /big$"]),
        Command("wc /big", expect=[rf"^{big().count(10)} {BIG} /big$"]),
        Command("ls -l /", expect=[rf"^-rw-r--r-- +{BIG} big$", r"^drwxr-xr-x +0 nothing$",
                                   r"^-rwxr-xr-x +3 run$", r"^lrwxrwxrwx +8 motd -> etc/motd$",
                                   r"^-rw-r--r-- +0 empty$"]),
        Command("cat /proc/version", expect=["^Atoll version"], refuse=["lie"]),
        Command("ls /proc", expect=["^notes$", "^meminfo$"]),
        Command("cat /loop", expect=["Too many levels of symbolic links"], fails=True),
        Command("echo x > /etc/motd", expect=["Read-only file system"], fails=True),
        Command("echo x > /new", expect=["Read-only file system"], fails=True),
        Command("echo /e*/m*", expect=["^/etc/motd$"]),
        Command("ls /nothing", refuse=["."]),
        Command("ktest initramfs.*"),
        Command("ktest boot.*", expect=[r"^ +ok \d+ modules_are_reserved$"]),
    ]


def mounted(name, why, **how):
    return Scenario(name=name, why=why, initrd=folder, commands=file_commands(),
                    log=[r"initrd: module 0 at \[mem .*\], 204\d\d KiB on nodes? \d",
                         r"initrd: mounted at /: 16 names, 20480 KiB of contents"], **how)


def packed(directory):
    root = directory / "small"
    (root / "etc").mkdir(parents=True)
    (root / "etc/motd").write_text("hello\n")
    initrd.pack(root, directory / "small.cpio")
    return (directory / "small.cpio").read_bytes()


def written(name, data):
    """A scenario's initrd=: the file of these bytes; data may be a function of a good archive."""
    def make(directory):
        path = directory / name
        path.write_bytes(data(packed(directory)) if callable(data) else data)
        return path
    return make


EMPTY_ROOT = [Command("ls /", expect=["^proc$", "^sys$"], refuse=["etc"]),
              Command("cat /etc/motd", expect=["No such file or directory"], fails=True),
              Command("cat /proc/version", expect=["^Atoll"])]


def broken(name, data, said, **how):
    return Scenario(name=f"{name}_is_named_and_leaves_the_root_empty",
                    why="A module that makes no sense would stop the boot, or be taken in part.",
                    nodes=2, cpus=1, mem="128M", initrd=written("broken", data), log=[said],
                    refuse_log=["initrd: mounted"], commands=EMPTY_ROOT, **how)


def in_a_row(archive):
    return archive + bytes(512) + archive


def scenarios():
    return [
        mounted("pvh", "QEMU's -initrd would not arrive.", nodes=2, cpus=1, mem="128M"),
        mounted("iso", "GRUB's module2 would not arrive on a BIOS.", nodes=2, cpus=1, mem="128M",
                boot="iso", timeout=60),
        mounted("uefi", "GRUB's module2 would not arrive on UEFI.", nodes=2, cpus=1, mem="256M",
                boot="uefi", timeout=120),
        mounted("on_interlagos", "Files would be read on the first node only.",
                topo="interlagos-8n"),
        mounted("on_a_debug_kernel", "A lock would be taken in the wrong order.", nodes=2, cpus=2,
                mem="128M", kernel="debug", timeout=60),
        Scenario(name="archives_in_a_row_lie_over_each_other",
                 why="One could not add to an initrd by appending to it.",
                 nodes=2, cpus=1, mem="128M", initrd=written("row", in_a_row),
                 commands=[Command("cat /etc/motd", expect=["^hello$"])]),
        Scenario(name="without_one_the_root_is_empty", why="A boot without a module would fail.",
                 nodes=2, cpus=1, mem="128M", refuse_log=["initrd:"], commands=EMPTY_ROOT),
        broken("gzip_archive", b"\x1f\x8b\x08\x00" + bytes(100),
               "module 0, offset 0x0: it is compressed with gzip; unpack it first"),
        broken("cut_archive", lambda good: good[:-140], "initrd: module 0, offset 0x"),
        broken("archive_without_trailer", lambda good: good[:good.rindex(b"070701")],
               "offset 0x.*without the entry TRAILER!!!"),
        broken("archive_with_a_wrong_digit",
               lambda good: good[:20] + b"x" + good[21:],
               "offset 0x14: the field mode has the byte 0x78, expected a hexadecimal digit"),
        broken("text", b"This is no archive at all. " * 10,
               "offset 0x0: the magic number is 54 68 69 73 20 69, expected the text 070701"),
        Scenario(name="paths_of_the_archive_are_completed",
                 why="Who types a path would not get what is there.",
                 nodes=2, cpus=1, mem="128M", initrd=written("good.cpio", lambda good: good),
                 dialogue=[(PROMPT, "cat /e\tmo\t\r"), ("\nhello", ""), (PROMPT, "poweroff\r")]),
        Scenario(name="vmstat_is_live_until_a_key_ends_it",
                 why="It would stand still, or never give the prompt back.",
                 nodes=2, cpus=1, mem="128M",
                 dialogue=[(PROMPT, "vmstat 1\r"), (r" sy id\n( *\d+){13}\n( *\d+){13}", "q"),
                           (PROMPT, "poweroff\r")]),
        Scenario(name="tables_of_memory_are_those_of_the_programs",
                 why="Scripts that read free or numastat would stumble.",
                 topo="interlagos-8n",
                 commands=[
                     Command("free", expect=[r"^ {15}total {8}used {8}free {6}shared  buff/cache   "
                                             "available$", r"^Mem: ( +\d+){6}$",
                                             r"^Swap:( +0){3}$"]),
                     Command("free -h", expect=[r"^Mem:  +1\.0Gi +[\d.]+Mi "]),
                     Command("free -x", expect=["there are -b, -k"], fails=True),
                     Command("numastat", expect=[r"^ {27}node0 {11}node1 {11}node2 {11}node3$",
                                                 r"^ {27}node4", r"^numa_hit ( +\d+){4}$"]),
                     Command("numastat -m", expect=[r"^ {26}Node 0 {10}Node 1", r"^ {27}Total$",
                                                    r"^MemFree( +\d+\.\d\d){4}$"]),
                     Command("vmstat 1 2", expect=[r"^( *\d+){13}$"]),
                     Command("vmstat 0", expect=["for example vmstat 1 10"], fails=True)]),
    ]
