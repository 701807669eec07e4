#!/usr/bin/env python3
"""Write the seeds of the table fuzzers into tests/host/corpus, beside qemu-*, from a machine."""

import struct
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/boot"))
sys.path.insert(0, str(ROOT / "tools"))

from acpi_build import (  # noqa: E402
    HOTPLUG, ENABLED, NONVOLATILE, entry, madt, madt_ioapic, madt_lapic, madt_lapic_address,
    madt_lapic_nmi, madt_nmi_source, madt_override, madt_x2apic, madt_x2apic_nmi, nfit, nfit_other,
    nfit_range, RAM_DISK, raw, rsdp, rsdt,
    slit, srat, srat_cpu, srat_gi, srat_mem, srat_x2apic, table, xsdt)
from atoll import initrd  # noqa: E402

MIB = 1 << 20
RSDP_PA = 0x10  # as in fuzz_tables.c
FIX_CHECKSUMS, GIVE_COPY, GIVE_ADDRESS = 1, 2, 4

S5 = b"\x08_S5_\x12\x06\x04\x00\x00\x00\x00"


def srat_seeds():
    two = [srat_cpu(0, 0), srat_cpu(1, 1),
           srat_mem(0, 0, 64 * MIB), srat_mem(1, 64 * MIB, 64 * MIB)]
    yield "two-nodes", srat(two)
    yield "revision-1", srat(two, rev=1)
    yield "empty", srat([])
    yield "x2apic", srat([srat_x2apic(7, 300), srat_x2apic(8, 301, enabled=False)])
    yield "initiator", srat([srat_gi(3), srat_gi(4, enabled=False)])
    yield "hotplug", srat([srat_mem(2, 1 << 32, 1 << 32, ENABLED | HOTPLUG | NONVOLATILE)])
    yield "wide-domain", srat([srat_cpu(0xFFFFFFFF, 5), srat_mem(0xFFFFFFFF, 0, MIB)])
    yield "wrapping", srat([srat_mem(0, (1 << 64) - 4096, 8192)])
    yield "unknown", srat([entry(3, 18), entry(4, 12), entry(200, 2, 0xFF)])
    yield "short-entries", srat([entry(0, 15), entry(1, 39), entry(2, 23), entry(5, 31)])
    yield "length-0", srat([srat_cpu(0, 0), raw(b"\x01\x00")])
    yield "past-the-end", srat([srat_cpu(0, 0, length=40)])


def slit_seeds():
    yield "one", slit([[10]])
    yield "two", slit([[10, 21], [21, 10]])
    yield "four", slit([[10 if i == j else 20 + i + j for j in range(4)] for i in range(4)])
    yield "odd-values", slit([[0, 255], [9, 10]])
    yield "padded", slit([[10, 20], [20, 10], [0, 0]], count=2)
    yield "too-short", slit([[10, 20], [20, 10]], count=3)
    yield "zero", slit([], count=0)
    yield "overflow", slit([[10] * 16], count=1 << 32)
    yield "huge", slit([[10]], count=(1 << 64) - 1)
    yield "no-count", table("SLIT", b"\x02")


def madt_seeds():
    yield "two-cpus", madt([madt_lapic(0, 0), madt_lapic(1, 1), madt_ioapic(2),
                            madt_override(0, 2)])
    yield "x2apic", madt([madt_x2apic(0, 300), madt_x2apic(1, 0xFFFFFFFE, 2)], rev=5)
    yield "nmi", madt([madt_nmi_source(2, 5), madt_lapic_nmi(), madt_x2apic_nmi()])
    yield "address", madt([madt_lapic_address(0xFEE00000)])
    yield "duplicates", madt([madt_lapic(0, 3, 0), madt_lapic(1, 3), madt_x2apic(2, 3)])
    yield "broadcast", madt([madt_lapic(0, 255), madt_x2apic(1, 0xFFFFFFFF)])
    yield "unknown", madt([entry(6, 16), entry(11, 76), entry(128, 2)])
    yield "short-entries", madt([entry(t, n - 1) for t, n in [(0, 8), (1, 12), (2, 10), (9, 16)]])
    yield "length-0", madt([madt_lapic(0, 0), raw(b"\x00\x00")])
    yield "past-the-end", madt([madt_lapic(0, 0, length=9)])
    yield "empty", madt([])


def nfit_seeds():
    gib = 1 << 30
    yield "one", nfit([nfit_range(4 * gib, gib, 1)])
    yield "two", nfit([nfit_range(4 * gib, gib, 0), nfit_other(1, 48), nfit_other(4, 80),
                       nfit_range(5 * gib, gib, length=64)])
    yield "ram-disk", nfit([nfit_range(4 * gib, gib, guid=RAM_DISK)])
    yield "overlap", nfit([nfit_range(4 * gib + 2048 * i, gib, 0) for i in range(4)])
    yield "odd", nfit([nfit_range(0, gib), nfit_range(4 * gib + 1, 4097),
                       nfit_range((1 << 64) - 4096, 8192), nfit_range(1 << 46, 4096)])
    yield "short", nfit([nfit_range(4 * gib, gib, length=40)])
    yield "length-0", nfit([nfit_other(0, 0)])
    yield "past-the-end", nfit([nfit_range(4 * gib, gib, length=400)])
    yield "many", nfit([nfit_range(4 * gib + i * MIB, MIB, i) for i in range(66)])
    yield "empty", nfit([])


def memory(switches, pieces):
    """A physical memory for fuzz_tables: `pieces` of (address, bytes)."""
    data = bytearray()
    for pa, piece in pieces:
        data += bytes(max(0, pa + len(piece) - len(data)))
        data[pa:pa + len(piece)] = piece
    return bytes([switches]) + bytes(data)


def fadt(dsdt_pa):
    body = bytearray(244 - 36)
    struct.pack_into("<I", body, 40 - 36, dsdt_pa)
    struct.pack_into("<II", body, 64 - 36, 0x604, 0)
    body[89 - 36] = 2
    struct.pack_into("<BBBBQ", body, 172 - 36, 1, 16, 0, 0, 0x604)
    return table("FACP", bytes(body), rev=3)


def tables_seeds():
    small = srat([srat_cpu(0, 0), srat_mem(0, 0, MIB)])
    roots = [(0x40, rsdt([0x100])), (0x80, xsdt([0x100]))]
    v0, v2 = rsdp(0x40, rev=0), rsdp(0x40, 0x80)
    yield "rsdt", memory(FIX_CHECKSUMS | GIVE_ADDRESS, [(RSDP_PA, v0)] + roots + [(0x100, small)])
    yield "xsdt", memory(FIX_CHECKSUMS | GIVE_COPY, [(RSDP_PA, v2)] + roots + [(0x100, small)])
    yield "bad-sums", memory(GIVE_ADDRESS, [(RSDP_PA, rsdp(0x40, 0x80, extended_checksum=1)),
                                            (0x40, rsdt([0x100], checksum=1))] + roots[1:])
    yield "slit", memory(FIX_CHECKSUMS | GIVE_COPY,
                         [(RSDP_PA, v2)] + roots + [(0x100, slit([[10, 21], [21, 10]]))])
    yield "madt", memory(FIX_CHECKSUMS | GIVE_COPY,
                         [(RSDP_PA, v2)] + roots + [(0x100, madt([madt_lapic(0, 0)]))])
    yield "fadt", memory(FIX_CHECKSUMS | GIVE_COPY,
                         [(RSDP_PA, v2)] + roots
                         + [(0x100, fadt(0x200)), (0x200, table("DSDT", S5))])
    yield "cycle", memory(FIX_CHECKSUMS | GIVE_COPY,
                          [(RSDP_PA, v2), (0x40, rsdt([])), (0x80, xsdt([0, 0x80, 0x40, 0x80]))])
    yield "long-table", memory(FIX_CHECKSUMS | GIVE_COPY,
                               [(RSDP_PA, v2)] + roots + [(0x100, table("SRAT", length=1 << 24))])
    yield "ebda", memory(FIX_CHECKSUMS, [(RSDP_PA, v0)] + roots[:1]
                         + [(0x100, small), (0x40E, b"\x01\x00"), (0x420, bytes(16))])


def machine(entries, matrix=None, option=None, ram=((1, 158), (256, 262112 - 256)), cpus=4):
    """A machine for fuzz_numa_path: tables, numa= and RAM as (first page, number of pages)."""
    srat_bytes = srat(entries) if entries is not None else b""
    slit_bytes = slit(matrix) if matrix else b""
    text = (option or "").encode()
    flags = (entries is not None) | (matrix is not None) << 1 | (option is not None) << 2
    return (struct.pack("<BBHHBB", cpus, flags, len(srat_bytes), len(slit_bytes), len(text),
                        len(ram))
            + srat_bytes + slit_bytes + text + b"".join(struct.pack("<II", *r) for r in ram))


def numa_path_seeds():
    cpus = [srat_cpu(0, 0), srat_cpu(0, 1), srat_cpu(1, 2), srat_cpu(1, 3)]
    halves = [srat_mem(0, 0, 512 * MIB), srat_mem(1, 512 * MIB, 512 * MIB)]
    two = cpus + halves
    yield "two-nodes", machine(two, [[10, 21], [21, 10]])
    yield "no-tables", machine(None)
    yield "off", machine(two, option="off")
    for option in "fake=3", "fake=5", "fake=128M", "fake=3U", "fake=1G", "fake=4x":
        yield option.replace("=", "-"), machine(two, [[10, 33], [35, 10]], option)
    yield "fake-flat", machine(None, option="fake=7")
    yield "interleaved", machine(cpus + [srat_mem(i % 2, i * 128 * MIB, 128 * MIB)
                                         for i in range(8)], option="fake=64M")
    yield "overlap", machine(cpus + halves + [srat_mem(1, 0, MIB)])
    yield "itself", machine(cpus + halves + [srat_mem(0, MIB, MIB)])
    yield "gap", machine(cpus + [srat_mem(0, 0, 511 * MIB), halves[1]])
    yield "unaligned", machine(cpus + [srat_mem(0, 0, 512 * MIB + 0x801),
                                       srat_mem(1, 512 * MIB + 0x801, 512 * MIB)])
    yield "crumbs", machine([srat_mem(i % 2, MIB + 0x800 + 0x1000 * i, 0x1000)
                             for i in range(64)], ram=((256, 66),))
    yield "sparse", machine([srat_cpu(5, 0), srat_cpu(3, 1), srat_mem(3, 0, 1 << 30)],
                            [[10 if i == j else 20 + 6 * i + j for j in range(6)]
                             for i in range(6)])
    yield "initiator", machine(two + [srat_gi(7), srat_x2apic(9, 300), srat_x2apic(8, 3)])
    yield "wraps", machine(two + [srat_mem(5, (1 << 64) - MIB, 2 * MIB), srat_mem(6, MIB, 0)])
    yield "above-4g", machine(cpus + [srat_mem(0, 0, 5 << 30), srat_mem(1, 5 << 30, 2 << 30)],
                              option="fake=3",
                              ram=((1, 158), (256, 262112 - 256), (1 << 20, 3 << 18)))
    yield "ring-of-8", machine([srat_cpu(i, i) for i in range(8)]
                               + [srat_mem(i, i * 128 * MIB, 128 * MIB) for i in range(8)],
                               [[10 + 10 * min((i - j) % 8, (j - i) % 8) for j in range(8)]
                                for i in range(8)], cpus=8)


DIR, FILE, LINK, DEVICE = 0o040755, 0o100644, 0o120777, 0o020600


def newc(*entries, end=True):
    """An archive of (name, mode, contents[, nlink])."""
    archive = b""
    for number, (name, mode, data, *nlink) in enumerate(
            [*entries, *([("TRAILER!!!", 0, b"")] if end else [])]):
        text = name.encode() + b"\0"
        head = initrd.header(7 if nlink else number, mode, nlink[0] if nlink else 1, len(data),
                             len(text)) + text
        archive += head + initrd.padding(len(head)) + data + initrd.padding(len(data))
    return archive


def cpio_seeds():
    tree = [("etc", DIR, b""), ("etc/motd", FILE, b"hello"), ("bin", LINK, b"usr/bin")]
    whole = newc(*tree)
    yield "tree", whole
    yield "empty", newc()
    yield "root", newc((".", DIR, b""), ("./a", FILE, b"a"))
    yield "no-parents", newc(("a/b/c", FILE, b"x"), ("a/b", DIR, b""))
    yield "hard-links", newc(("a", FILE, b"", 2), ("b", FILE, b"both", 2), ("c", FILE, b"", 3))
    yield "overlay", whole + bytes(512) + newc(("etc", DIR, b""), ("etc/motd", FILE, b"2"))
    yield "replaced-link", (newc(("a", FILE, b"x", 2), ("b", FILE, b"", 2))
                            + newc(("a", FILE, b"y", 2), ("c", FILE, b"", 2)))
    yield "device", newc(("console", DEVICE, b""))
    yield "no-trailer", newc(*tree, end=False)
    yield "cut", whole[:200]
    yield "twice", newc(*tree, *tree)
    yield "below-a-file", newc(("a", FILE, b"x"), ("a/b", FILE, b"y"))
    yield "dotdot", newc(("a/../b", FILE, b""))
    yield "absolute", newc(("/a", FILE, b""))
    yield "crc", newc(*tree).replace(b"070701", b"070702")
    yield "gzip", b"\x1f\x8b\x08" + bytes(20)
    yield "old-ascii", b"070707" + b"0" * 100
    yield "zeros", bytes(1024)


def main():
    fuzzers = {"srat": srat_seeds, "slit": slit_seeds, "madt": madt_seeds, "tables": tables_seeds,
               "numa_path": numa_path_seeds, "nfit": nfit_seeds, "cpio": cpio_seeds}
    for name, seeds in fuzzers.items():
        folder = ROOT / "tests/host/corpus" / name
        folder.mkdir(parents=True, exist_ok=True)
        for seed, data in seeds():
            (folder / seed).write_bytes(data)


if __name__ == "__main__":
    main()
