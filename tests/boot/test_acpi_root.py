"""The way from the RSDP to the tables, damaged at each step, and tables whose headers lie.

QEMU makes no tables of its own here (acpi_root.py tells how), so the kernel sees exactly the bytes
of this file. The machine has 4 CPUs and 1 GiB; there is no FADT unless said.
"""

import struct

from acpi_build import (entry, madt, madt_ioapic, madt_lapic, madt_x2apic, raw, slit, srat,
                        srat_cpu,
                        srat_mem, srat_x2apic, table)
from acpi_root import SELF, Root, fw_cfg
from atoll.scenario import Command
from node_files import scenario

M = 1 << 20
PRESENT = "/sys/devices/system/cpu/present"
LAPICS = [madt_lapic(i, i) for i in range(4)]
MADT = madt([*LAPICS, madt_ioapic(0)])
CPUS = [srat_cpu(0, 0), srat_cpu(0, 1), srat_cpu(1, 2), srat_cpu(1, 3)]
TWO = [*CPUS, srat_mem(0, 0, 512 * M), srat_mem(1, 512 * M, 512 * M)]
SRAT = srat(TWO)
SLIT = slit([[10, 21], [21, 10]])
MISSING = 1 << 60  # an address that no memory is at

SRAT_UNUSED = "NUMA: SRAT not used: SRAT: "


def boots(name, why, log, online="0-1", cpus="0-3", cpulists=None, distances=None,
          timeout=30, **files):
    """A boot with these @files (arguments of fw_cfg); @cpus: those that the kernel must find."""
    return scenario(name, why, online, nodes=0, cpus=4, mem="1G", qemu=["-machine", "acpi=off"],
                    fw_cfg=lambda: fw_cfg(**files), log=log, cpulists=cpulists, distances=distances,
                    commands=[Command(f"cat {PRESENT}", expect=[f"^{cpus}$"])], timeout=timeout)


def two(name, why, log, **how):
    return boots(name, why, log, cpulists={0: "0-1", 1: "2-3"}, **how)


def nothing(name, why, log, **how):
    """No table can be found: one node and the boot CPU."""
    return boots(name, why, [*log, "ACPI: no usable tables: one node, one CPU"], "0", cpus="0",
                 cpulists={0: "0"}, **how)


# ---- root tables ---------------------------------------------------------------------------------

def roots():
    tables = [MADT, SRAT]
    dense = [table(f"T{i:03}", bytes(4)) for i in range(100)]
    return [
        two("rsdt_only", "A machine with ACPI 1.0 would have no tables.", ["ACPI: SRAT 0x"],
            rsdt=tables),
        two("xsdt_only", "A machine without an RSDT would have no tables.", ["ACPI: SRAT 0x"],
            xsdt=tables),
        two("xsdt_before_rsdt", "An old list of tables would win over the new one.", [],
            xsdt=tables,
            rsdt=[madt(LAPICS[:1])]),
        two("xsdt_points_at_itself", "The walk over the tables would never end.",
            ["ACPI: XSDT: offset 0x24: entry 0 points at the XSDT itself"],
            xsdt=[SELF, *tables, SELF]),
        two("rsdt_points_at_itself", "The walk over the tables would never end.",
            ["ACPI: RSDT: offset 0x28: entry 1 points at the RSDT itself"],
            rsdt=[MADT, SELF, SRAT]),
        two("root_points_at_a_root", "The walk over the tables would never end.",
            ["ACPI: XSDT: offset 0x24: entry 0 points at a root table, RSDT"],
            xsdt=[table("RSDT", bytes(4)), *tables]),
        two("null_pointers", "Address 0 would be read as a table.",
            ["ACPI: XSDT: offset 0x24: entry 0 is 0", "offset 0x34: entry 2 is 0"],
            xsdt=[0, MADT, 0, SRAT, 0]),
        two("many_null_pointers",
            "The log would be full of one error, or hide that there are more.",
            ["ACPI: XSDT: offset 0x9c: entry 15 is 0", "ACPI: 24 more complaints"],
            xsdt=[*[0] * 40, *tables]),
        two("pointers_past_all_memory", "A wild address would be read, and the kernel crash.",
            [f"header at 0x{MISSING:x} is not readable",
             "header at 0xffffffffffffffff is not readable"],
            xsdt=[MISSING, MADT, (1 << 64) - 1, (1 << 64) - 16, SRAT]),
        two("pointer_at_no_table", "Any bytes would be taken for a table.",
            ["ACPI: .*: signature bytes 00 00 00 00 at 0x[0-9a-f]+ are not text"],
            xsdt=[bytes(64), *tables]),
        two("pointers_at_memory_that_is_not_there", "Bus noise would be taken for a table.",
            [r"ACPI: .*: signature bytes .* are not text"], xsdt=[0xE0000000, 1 << 38, *tables]),
        two("pointer_twice", "A table would be read twice.",
            ["ACPI: XSDT: offset 0x34: entry 2 repeats the address"], xsdt=[*tables, SRAT]),
        two("hundred_tables", "A long list would be written past the end of an array.",
            ["entry 64: there is room for 64 tables, the rest is left out"],
            xsdt=[*tables, *dense]),
        boots("srat_behind_the_room", "Tables that were left out would be left out without a word.",
              ["entry 64: there is room for 64 tables", "NUMA: SRAT not used: no SRAT"], "0",
              xsdt=[MADT, *dense[:63], SRAT]),
        two("root_with_half_an_entry", "The last entry would be read past the table's end.",
            ["ACPI: XSDT: offset 0x34: 5 bytes are left, an entry has 8"],
            xsdt=Root(tables, tail=b"\x10\x20\x30\x40\x50")),
        two("rsdt_with_part_of_an_entry", "Three bytes would be read as an address.",
            ["ACPI: RSDT: offset 0x2c: 3 bytes are left, an entry has 4"],
            rsdt=Root(tables, tail=b"\xff\xff\xff")),
        boots("empty_root", "A list of no tables would crash the kernel.", ["ACPI: no MADT"], "0",
              cpus="0", xsdt=[]),
        two("xsdt_of_wrong_checksum", "A damaged list would be followed while a good one is there.",
            ["ACPI: XSDT: offset 0x9: all bytes add up to 0x58, expected 0"],
            xsdt=Root([MISSING], sum_ok=False), rsdt=tables),
        two("xsdt_too_short_for_a_header", "Entries would be counted with a negative length.",
            ["ACPI: XSDT: offset 0x4: length 35, 36 to"], xsdt=Root([MISSING], length=35),
            rsdt=tables),
        two("xsdt_of_4_gib", "All of memory would be read as a list of tables.",
            ["ACPI: XSDT: offset 0x4: length 4294967295, 36 to"],
            xsdt=Root([MISSING], length=0xFFFFFFFF), rsdt=tables),
        nothing("both_roots_of_wrong_checksum", "A damaged list would be followed.",
                ["ACPI: XSDT: offset 0x9: all bytes", "ACPI: RSDT: offset 0x9: all bytes",
                 "ACPI: RSDP: .*no usable root table"],
                xsdt=Root(tables, sum_ok=False), rsdt=Root(tables, sum_ok=False)),
        nothing("no_roots", "Address 0 would be read as a list of tables.",
                ["ACPI: RSDP: offset 0x10: no usable root table"]),
    ]


# ---- the RSDP ------------------------------------------------------------------------------------

def rsdps():
    return [
        two(f"rsdp_of_{length}_bytes_with_revision_2",
            "A part of the RSDP that isn't there would be used.",
            [f"ACPI: RSDP: offset 0x14: length {length}, 36 to 36 expected: XSDT unused"],
            rsdt=[MADT, SRAT], xsdt=[MISSING], rsdp_length=length)
        for length in (20, 33)
    ]


# ---- headers that lie ----------------------------------------------------------------------------

def flat(name, why, log, first, **how):
    return boots(name, why, log, "0", cpulists={0: "0-3"}, rsdt=[MADT, first], **how)


def fadt(dsdt_pa):
    """A FADT with PM1a control at port 0x604 and its DSDT at @dsdt_pa."""
    body = bytearray(232)
    struct.pack_into("<I", body, 64 - 36, 0x604)
    body[89 - 36] = 2  # bytes of PM1 control
    struct.pack_into("<Q", body, 140 - 36, dsdt_pa)
    return table("FACP", bytes(body), rev=6)


def wide_slit(a, b, there, back):
    """1024 localities, of which @a and @b have distances of their own."""
    rows = [bytearray([99]) * 1024 for _ in range(1024)]
    for i, row in enumerate(rows):
        row[i] = 10
    rows[a][b], rows[b][a] = there, back
    return slit(rows)


def headers():
    fixed = 48 + 16 * len(CPUS)
    return [
        two("srat_of_wrong_checksum", "A machine whose firmware miscounts would lose its nodes.",
            ["ACPI: SRAT: offset 0x9: all bytes add up to 0x[0-9a-f]+, expected 0"],
            rsdt=[MADT, srat(TWO, checksum=(SRAT[9] + 1) & 0xFF)]),
        boots("slit_of_wrong_checksum",
              "A machine whose firmware miscounts would lose its distances.",
              ["ACPI: SLIT: offset 0x9: all bytes add up to 0x01, expected 0", "NUMA: SLIT: used"],
              rsdt=[MADT, SRAT, slit([[10, 21], [21, 10]], checksum=(SLIT[9] + 1) & 0xFF)],
              distances={0: "10 21", 1: "21 10"}),
        flat("srat_length_shorter_than_the_header",
             "A length of less than the header would wrap around.",
             ["ACPI: SRAT: offset 0x4: length 35, 36 to", "ACPI: SRAT .* rejected",
              "NUMA: SRAT not used: no SRAT"], srat(TWO, length=35)),
        flat("srat_length_0", "A length of 0 would wrap around.",
             ["ACPI: SRAT: offset 0x4: length 0, 36 to"], srat(TWO, length=0)),
        flat("srat_length_4_gib", "All of memory would be read as a table.",
             ["ACPI: SRAT: offset 0x4: length 4294967295, 36 to"], srat(TWO, length=0xFFFFFFFF)),
        flat("srat_length_too_long", "What lies behind a table would be taken for its entries.",
             [SRAT_UNUSED + f"offset 0x{len(SRAT):x}: entry of type 0 has length 0"],
             srat(TWO, length=5000) + bytes(5000)),
        flat("srat_length_cuts_an_entry", "The last entry would be read past the table's end.",
             [SRAT_UNUSED + f"offset 0x{fixed + 40:x}: entry of type 1 has length 40, only 4"],
             srat(TWO, length=fixed + 44)),
        flat("srat_length_cuts_off_memory", "Entries behind the table's end would count.",
             [SRAT_UNUSED + "nodes own only"], srat(TWO, length=fixed + 40)),
        flat("srat_signature_of_no_text", "A table would be found by a damaged name.",
             ["ACPI: .*signature bytes 00 ff 80 53 at .* are not text"],
             table(b"\x00\xff\x80S", SRAT[36:], rev=3)),
        flat("srat_with_a_small_letter", "A table would be found by another's name.",
             ["ACPI: SRAt 0x", "no SRAT"], table("SRAt", SRAT[36:], rev=3)),
        boots("rejected_srat_before_a_good_one", "A damaged table would hide a good one.",
              ["ACPI: SRAT: offset 0x4: length 35"], cpulists={0: "0-1", 1: "2-3"},
              rsdt=[MADT, srat(TWO, length=35), SRAT]),
        flat("srat_of_9000_entries", "A long table would be written past the end of an array.",
             [SRAT_UNUSED], srat([*TWO, *[srat_cpu(0, 9, enabled=False)] * 9000]), timeout=60),
        two("srat_of_1000_entries_that_are_not_enabled",
            "Entries that say nothing would cost the table.",
            ["APIC 0x09: ignored, not enabled"], timeout=60,
            rsdt=[MADT, srat([*[srat_cpu(0, 9, enabled=False)] * 1000, *TWO])]),
        boots("slit_of_1024_localities",
              "A matrix of 1 MiB would not be read, or at the wrong width.",
              ["NUMA: SLIT: used"], timeout=90, distances={0: "10 120", 1: "77 10"},
              rsdt=[MADT, srat([srat_cpu(1000, 0), srat_cpu(1023, 2), srat_mem(1000, 0, 512 * M),
                                srat_mem(1023, 512 * M, 512 * M)]),
                    wide_slit(1000, 1023, 120, 77)]),
        two("fadt_of_nonsense", "The way to switch off would lead to a wild port or address.",
            ["ACPI: FADT: offset 0x40: no PM1a control port"],
            rsdt=[MADT, SRAT, table("FACP", b"\xff" * 232, rev=6)]),
        two("fadt_too_short", "Ports would be read past the table's end.",
            ["ACPI: FADT: offset 0x28: table of 40 bytes, at least 116 expected"],
            rsdt=[MADT, SRAT, table("FACP", bytes(4))]),
        two("dsdt_past_all_memory", "A wild address would be read, and the kernel crash.",
            ["ACPI: DSDT: offset 0x0: header at 0x1000000000000000 is not readable"],
            rsdt=[MADT, SRAT, fadt(MISSING)]),
        two("dsdt_in_the_bios_code", "Any bytes would be searched for the way to switch off.",
            ["ACPI: DSDT: offset 0x0: signature bytes .* at 0xfffff000 are not text"],
            rsdt=[MADT, SRAT, fadt(0xFFFFF000)]),
    ]


# ---- processors ----------------------------------------------------------------------------------

def processors():
    many = [madt_lapic(i, i) for i in range(255)] + [madt_x2apic(i, i) for i in range(255, 400)]
    garbage = raw(bytes((7 * i + 3) % 251 for i in range(300)))
    return [
        boots("no_madt", "A machine without a MADT would have no CPU.",
              ["ACPI: no MADT, so only the boot CPU is known"], cpus="0", cpulists={0: "0", 1: ""},
              rsdt=[SRAT]),
        boots("madt_without_entries", "A machine without a CPU in its table would have none.", [],
              cpus="0", cpulists={0: "0", 1: ""}, rsdt=[madt([]), SRAT]),
        boots("madt_too_short", "Entries would be looked for behind a table that has none.",
              ["ACPI: MADT: offset 0x28: table of 40 bytes, at least 44 expected"], cpus="0",
              rsdt=[table("APIC", bytes(4)), SRAT]),
        boots("madt_entry_of_length_0", "The walk over the table would never end.",
              ["ACPI: MADT: offset 0x3c: entry of type 0 has length 0, at least 2 expected"],
              cpus="0-1",
              cpulists={0: "0-1", 1: ""}, rsdt=[madt([*LAPICS[:2], entry(0, 0), *LAPICS[2:]]),
                                                SRAT]),
        boots("madt_entry_past_the_end", "The next table's bytes would become a CPU.",
              ["ACPI: MADT: offset 0x44: entry of type 0 has length 200, only 8 bytes are left"],
              cpus="0-2", rsdt=[madt([*LAPICS[:3], madt_lapic(3, 3, length=200)]), SRAT]),
        boots("madt_entry_too_short", "Fields of the next entry would be read as this one's.",
              ["ACPI: MADT: offset 0x44: entry of type 0 has length 7, at least 8 expected",
               "ACPI: MADT: 1 entries too short for their type, ignored"], cpus="0-2",
              rsdt=[madt([*LAPICS[:3], madt_lapic(3, 3, length=7)[:7]]), SRAT]),
        boots("madt_of_garbage", "Any bytes would become CPUs, or a crash.",
              ["ACPI: MADT: offset 0x"],
              cpus="0", rsdt=[madt([garbage]), SRAT]),
        two("madt_with_duplicates", "A CPU would be started twice.",
            ["ACPI: MADT: offset 0x4c: APIC id 0 is there for the second time",
             "ACPI: MADT: 5 processors listed twice, the first entry counts"],
            rsdt=[madt([*LAPICS, *LAPICS, madt_x2apic(1, 1)]), SRAT]),
        two("madt_with_disabled_processors", "A CPU that isn't there would be counted on.",
            ["ACPI: 4 CPUs present, 4 possible"],
            rsdt=[madt([*LAPICS, madt_lapic(4, 4, flags=0), madt_lapic(5, 5, flags=0)], rev=5),
                  SRAT]),
        two("madt_with_broadcast_ids", "An id that means all CPUs would become a CPU.",
            ["ACPI: MADT: offset 0x4c: APIC id 255 means all processors", "ACPI: 4 CPUs present"],
            rsdt=[madt([*LAPICS, madt_lapic(9, 255), madt_x2apic(9, 0xFFFFFFFF)]), SRAT]),
        boots("madt_of_400_processors",
              "CPUs past the limit would be written past the end of an array.",
              ["ACPI: MADT: offset 0xa34: entry of type 9 left out, there is room for 288",
               "ACPI: MADT: 112 entries more than there is room for, ignored",
               "ACPI: MADT: 32 processors left out, 256 is the limit",
               "ACPI: 256 CPUs present, 256 possible"], cpus="0-255", rsdt=[madt(many), SRAT]),
        boots("processors_255_with_entries", "APIC ids above 254 would have no node.",
              ["ACPI: 256 CPUs present", "APIC 0xfd -> Node 1: used", "X2APIC 0x012c -> Node 1: used"],
              cpus="0-255",
              rsdt=[madt(many[:255] + [madt_x2apic(300, 300)]),
                    srat([srat_cpu(i % 2, i) for i in range(255)] + [srat_x2apic(1,
                                                                                 300)] + TWO[4:])]),
        boots("apic_ids_with_gaps", "A CPU's number would be taken for its APIC id.",
              ["APIC 0x07 -> Node 0: used", "APIC 0xc8 -> Node 1: used",
               r"smp: CPU 1 \(APIC id 0x28\) does not answer",
               r"smp: CPU 3 \(APIC id 0xc8\) does not answer"], cpulists={0: "0", 1: ""},
              rsdt=[madt([madt_lapic(0, 0), madt_lapic(1, 40), madt_lapic(2, 7),
                          madt_lapic(3, 200)]),
                    srat([srat_cpu(0, 7), srat_cpu(0, 0), srat_cpu(1, 200), srat_cpu(1, 40),
                          *TWO[4:]])]),
    ]


def scenarios():
    return roots() + rsdps() + headers() + processors()
