"""Odd and malformed SRATs and SLITs, booted for real.

The machine has 4 CPUs and 1 GiB and no -numa, so that the tables here are the only ones that speak
of nodes. RAM is [4 KiB, 0x9f000) and [1 MiB, 0x3ffe0000); the rest belongs to the firmware. What is
expected is what Linux 6.1 does with the same tables on the same machine, except where it reads past
a table's end or crashes, or has room for more than 128 nodes: there the table is refused, or the
RAM left out, in words.

A machine whose SRAT is refused is flat: node 0 with everything. Checksums and header lengths that
lie are in test_acpi_root.py, as -acpitable corrects both.
"""

from acpi_build import (ENABLED, HOTPLUG, NONVOLATILE, entry, slit, srat, srat_cpu, srat_gi,
                        srat_mem, srat_x2apic, table)
from atoll.scenario import Command
from node_files import file_is, scenario

K, M, G = 1 << 10, 1 << 20, 1 << 30
RAM_END = 0x3FFE0000  # QEMU's q35 keeps the last 128 KiB of 1 GiB

CPUS = [srat_cpu(0, 0), srat_cpu(0, 1), srat_cpu(1, 2), srat_cpu(1, 3)]
HALVES = [srat_mem(0, 0, 512 * M), srat_mem(1, 512 * M, 512 * M)]
TWO = CPUS + HALVES  # the right table: two nodes with half of everything
BEHIND_CPUS = 48 + 16 * len(CPUS)        # offset of what follows the CPUs
BEHIND_TWO = BEHIND_CPUS + 40 * len(HALVES)

# (spanned, present, start_pfn) of the zones of 1 GiB in one node, and in two halves.
DMA = (4095, 3998, 1)
ONE_ZONES = {(0, "DMA"): DMA, (0, "DMA32"): (258016, 258016, 4096)}
TWO_ZONES = {(0, "DMA"): DMA, (0, "DMA32"): (126976, 126976, 4096),
             (1, "DMA32"): (131040, 131040, 131072)}

SRAT_USED = r"NUMA: topology: firmware \(SRAT\)"
SRAT_UNUSED = "NUMA: SRAT not used: SRAT: "
SLIT_USED = "NUMA: SLIT: used"
SLIT_UNUSED = "NUMA: SLIT not used: SLIT: "
# Without an SRAT entry a CPU's node is a matter of turns on an Intel machine; on AMD's, Linux goes
# by the last-level cache.
INTEL = ["-cpu", "max,vendor=GenuineIntel"]


def boots(name, why, tables, online, log=(), used=True, **how):
    """A boot with whole @tables; @used: the topology is that of the SRAT."""
    verdict = [SRAT_USED] if used else ["NUMA: topology: one flat node"]
    return scenario(name, why, online, nodes=0, cpus=4, mem="1G", tables=lambda: tables,
                    log=[*verdict, *log], **how)


def taken(name, why, entries, online, log=(), slits=(), **how):
    """A boot whose SRAT of @entries is used."""
    return boots(name, why, [srat(entries), *slits], online, log, **how)


def two(name, why, entries, log=(), zones=TWO_ZONES, **how):
    """A boot whose SRAT is used and gives the two halves, whatever else is in it."""
    how.setdefault("cpulists", {0: "0-1", 1: "2-3"})
    return taken(name, why, entries, "0-1", log, zones=zones, **how)


def flat(name, why, entries, verdict, log=(), **how):
    """A boot whose SRAT, entries or a whole table, is refused with the words @verdict."""
    whole = entries if isinstance(entries, bytes) else srat(entries)
    return boots(name, why, [whole], "0", [verdict, *log], used=False, cpulists={0: "0-3"},
                 distances={0: "10"}, zones=ONE_ZONES, **how)


def distance(name, why, matrix, rows, log=SLIT_USED, entries=TWO, **header):
    """A boot with the right SRAT and a SLIT of @matrix, or a whole table; @rows: the files."""
    whole = matrix if isinstance(matrix, bytes) else slit(matrix, **header)
    return taken(name, why, entries, "0-1", [log], slits=[whole], distances=dict(enumerate(rows)))


# ---- the table's own form ------------------------------------------------------------------------

def form():
    whole = srat(TWO)
    return [
        two("right_table", "Two nodes in a right table would not be two nodes.", TWO,
            distances={0: "10 20", 1: "20 10"}, memory=[(0, 0, 512 * M), (1, 512 * M, RAM_END)]),
        flat("truncated_in_an_entry", "The last entry would be read past the table's end.",
             whole[:-8],
             SRAT_UNUSED + f"offset 0x{BEHIND_TWO - 40:x}: entry of type 1 has length 40, "
                                       "only 32 bytes are left"),
        flat("truncated_in_the_fixed_part",
             "Entries would be looked for behind a table that has none.",
             table("SRAT", bytes(4), rev=3),
             SRAT_UNUSED + "offset 0x28: table of 40 bytes, at least 48 expected"),
        flat("header_alone", "A header without a table would be read as a table.",
             table("SRAT", rev=3), SRAT_UNUSED + "offset 0x24: table of 36 bytes"),
        flat("no_entries", "A machine with an empty SRAT would have no node.", [],
             SRAT_UNUSED + "no enabled memory entry"),
        flat("processors_only", "A machine would get nodes without any memory.", CPUS,
             SRAT_UNUSED + "no enabled memory entry"),
        flat("entry_of_length_0", "The walk over the table would never end.",
             CPUS + [entry(1, 0)] + HALVES,
             SRAT_UNUSED + f"offset 0x{BEHIND_CPUS:x}: entry of type 1 has length 0, "
                           "at least 2 expected"),
        flat("last_entry_of_length_0", "Damage behind the last good entry would go unseen.",
             TWO + [entry(0, 0) + bytes(14)],
             SRAT_UNUSED + f"offset 0x{BEHIND_TWO:x}: entry of type 0 has length 0"),
        flat("entry_of_length_1", "The walk would lose its step.", TWO + [b"\x07\x01"],
             SRAT_UNUSED + f"offset 0x{BEHIND_TWO:x}: entry of type 7 has length 1"),
        flat("entry_past_the_end", "The next table's bytes would become a memory range.",
             CPUS + HALVES[:1] + [srat_mem(1, 512 * M, 512 * M, length=80)],
             SRAT_UNUSED + f"offset 0x{BEHIND_CPUS + 40:x}: entry of type 1 has length 80, "
                           "only 40 bytes are left"),
        flat("one_byte_left", "The length of an entry would be read past the table's end.",
             srat(TWO) + b"\x01", SRAT_UNUSED + f"offset 0x{BEHIND_TWO:x}: 1 byte is left"),
        flat("processor_entry_of_15_bytes", "Fields of the next entry would be read as this one's.",
             [srat_cpu(0, 0, length=15)[:15]] + TWO[1:],
             SRAT_UNUSED + "entry at offset 0x30: its length is wrong for its type"),
        flat("processor_entry_of_17_bytes", "A table of unknown form would be half believed.",
             TWO + [srat_cpu(0, 9, length=17) + bytes(1)],
             SRAT_UNUSED + f"entry at offset 0x{BEHIND_TWO:x}: its length is wrong for its type"),
        flat("x2apic_entry_of_23_bytes", "Fields of the next entry would be read as this one's.",
             [srat_x2apic(0, 9, length=23)[:23]] + TWO,
             SRAT_UNUSED + "entry at offset 0x30: its length is wrong for its type"),
        flat("memory_entry_of_39_bytes", "Fields of the next entry would be read as this one's.",
             CPUS + HALVES[:1] + [srat_mem(1, 512 * M, 512 * M, length=39)[:39]],
             SRAT_UNUSED + f"entry at offset 0x{BEHIND_CPUS + 40:x}: its length is wrong"),
        two("memory_entry_of_41_bytes",
            "A later edition's longer entry would cost the whole table.",
            CPUS + HALVES[:1] + [srat_mem(1, 512 * M, 512 * M, length=41) + bytes(1)]),
        two("unknown_types", "A type that this kernel doesn't know would cost the whole table.",
            [entry(0x63, 20, 0xFF), entry(3, 18, 0xFF)] + TWO + [entry(0xFF, 2)],
            [r"SRAT offset 0x30: type 99, length 20: ignored", "type 3, length 18: ignored",
             "type 255, length 2: ignored"]),
        boots("two_srats", "A second SRAT would be mixed with the first.",
              [srat(TWO), srat([srat_mem(0, 0, G)])], "0-1",
              ["ACPI: RSDT: .* one more SRAT, the first counts"], zones=TWO_ZONES),
    ]


# ---- domains and their numbers -------------------------------------------------------------------

def pieces(count, size, first=0):
    """@count domains with one range of @size each, side by side; the last takes what is left."""
    return [srat_mem(first + i, i * size, size if i < count - 1 else G - i * size)
            for i in range(count)]


def domains():
    junk = 0x01010100
    return [
        taken("numbers_by_first_appearance", "Node numbers would differ from Linux's.",
              [srat_cpu(5, 0), srat_cpu(5, 1), srat_cpu(3, 2), srat_cpu(3, 3),
               srat_mem(7, 0, 256 * M), srat_mem(3, 256 * M, 256 * M),
               srat_mem(5, 512 * M, 512 * M)],
              "0-2", ["PXM 5 -> APIC 0x00 -> Node 0: used", "PXM 3 -> APIC 0x02 -> Node 1: used",
                      r"PXM 7 \[mem 0x00000000-0x0fffffff\] -> Node 2: used"],
              cpulists={0: "0-1", 1: "2-3", 2: ""},
              memory=[(2, 0, 256 * M), (1, 256 * M, 512 * M), (0, 512 * M, RAM_END)]),
        taken("memory_before_processors", "Memory entries that come first would be numbered first.",
              [srat_mem(7, 0, 256 * M), srat_mem(3, 256 * M, 256 * M),
               srat_mem(5, 512 * M, 512 * M),
               srat_cpu(5, 0), srat_cpu(5, 1), srat_cpu(3, 2), srat_cpu(3, 3)],
              "0-2", cpulists={0: "0-1", 1: "2-3", 2: ""},
              memory=[(2, 0, 256 * M), (1, 256 * M, 512 * M), (0, 512 * M, RAM_END)]),
        taken("x2apic_entries_count_with_processors",
              "Node numbers would go by type, not by place.",
              [srat_x2apic(9, 0), srat_x2apic(9, 1), srat_cpu(5, 2), srat_cpu(3, 3),
               srat_mem(3, 0, 256 * M), srat_mem(5, 256 * M, 256 * M),
               srat_mem(7, 512 * M, 256 * M),
               srat_mem(9, 768 * M, 256 * M)],
              "0-3", ["PXM 9 -> X2APIC 0x0000 -> Node 0: used"],
              cpulists={0: "0-1", 1: "2", 2: "3", 3: ""},
              memory=[(2, 0, 256 * M), (1, 256 * M, 512 * M), (3, 512 * M, 768 * M),
                      (0, 768 * M, RAM_END)]),
        taken("initiators_count_with_processors",
              "Node numbers would differ with a device present.",
              [srat_gi(20), srat_mem(7, 0, 512 * M), srat_mem(3, 512 * M, 512 * M), srat_gi(21),
               srat_cpu(3, 0), srat_cpu(3, 1), srat_x2apic(9, 2), srat_x2apic(9, 3), srat_gi(7)],
              "0-4", cpulists={0: "", 1: "", 2: "0-1", 3: "2-3", 4: ""},
              commands=[file_is("has_generic_initiator", "0-1,4"), file_is("has_memory", "2,4"),
                        file_is("has_cpu", "2-3")],
              memory=[(4, 0, 512 * M), (2, 512 * M, RAM_END)]),
        taken("initiator_alone_makes_a_node", "A device's own domain would be lost.",
              TWO + [srat_gi(2)], "0-2", ["PXM 2 generic initiator -> Node 2: used"],
              commands=[file_is("has_generic_initiator", "2"), file_is("has_memory", "0-1")],
              cpulists={2: ""}, distances={0: "10 20 20", 2: "20 20 10"}, zones=TWO_ZONES),
        two("disabled_initiator", "A device that isn't there would make a node.",
            TWO + [srat_gi(2, enabled=False)], ["PXM 2 generic initiator: ignored, not enabled"]),
        two("domain_1023", "The highest domain that Linux takes would be refused.",
            [srat_cpu(1023, 0), srat_cpu(1023, 1), srat_cpu(255, 2), srat_cpu(255, 3),
             srat_mem(1023, 0, 512 * M), srat_mem(255, 512 * M, 512 * M)]),
        flat("domain_1024_of_a_processor", "A domain would be used as an index past the end.",
             TWO + [srat_cpu(1024, 3)],
             SRAT_UNUSED + f"entry at offset 0x{BEHIND_TWO:x}: its proximity domain is 1024"),
        flat("domain_1024_of_memory", "A domain would be used as an index past the end.",
             CPUS + HALVES[:1] + [srat_mem(1024, 512 * M, 512 * M)],
             SRAT_UNUSED + f"entry at offset 0x{BEHIND_CPUS + 40:x}: its proximity domain is 1024"),
        flat("domain_0xffffffff", "A domain of -1 would be taken for \"no node\".",
             CPUS + [srat_mem(0xFFFFFFFF, 0, 512 * M), srat_mem(1, 512 * M, 512 * M)],
             SRAT_UNUSED + f"entry at offset 0x{BEHIND_CPUS:x}: its proximity domain is 1024"),
        flat("domain_0xffffffff_of_an_initiator", "A device could index past the end.",
             TWO + [srat_gi(0xFFFFFFFF)],
             SRAT_UNUSED + f"entry at offset 0x{BEHIND_TWO:x}: its proximity domain is 1024"),
        taken("domains_128", "The documented number of nodes would not be reached.",
              pieces(128, 8 * M), "0-127", timeout=90,
              commands=[file_is("has_memory", "0-127")],
              memory=[(i, i * 8 * M, min((i + 1) * 8 * M, RAM_END)) for i in range(128)]),
        flat("domains_129", "One domain too many would be written past the end of an array.",
             pieces(129, 4 * M),
             SRAT_UNUSED + f"entry at offset 0x{48 + 40 * 128:x}: .*more than 128 domains",
             timeout=60),
        flat("domains_200", "Many domains too many would be written past the end of an array.",
             [srat_cpu(i, i) for i in range(200)] + pieces(200, 4 * M),
             SRAT_UNUSED + f"entry at offset 0x{48 + 16 * 128:x}: .*more than 128 domains",
             timeout=60),
        boots("revision_1_has_8_bit_domains",
              "Bytes that meant nothing then would be read as a domain.",
              [srat([srat_cpu(junk, 0), srat_cpu(junk, 1), srat_cpu(junk + 1, 2),
                     srat_cpu(junk + 1, 3), srat_mem(0, 0, 512 * M),
                     srat_mem(256 + 1, 512 * M, 512 * M)],
                    rev=1)], "0-1", zones=TWO_ZONES, cpulists={0: "0-1", 1: "2-3"}),
        boots("revision_255_has_32_bit_domains", "A later edition would be read as an old one.",
              [srat([*CPUS, srat_mem(0, 0, 512 * M), srat_mem(257, 512 * M, 512 * M)], rev=255)],
              "0-2", cpulists={1: "2-3", 2: ""},
              memory=[(0, 0, 512 * M), (2, 512 * M, RAM_END)]),
    ]


# ---- processors ----------------------------------------------------------------------------------

def processors():
    return [
        two("same_processor_twice_in_one_domain", "A repeated entry would cost the table.",
            TWO + [srat_cpu(1, 3)], ["PXM 1 -> APIC 0x03 -> Node 1: overruled"]),
        two("processor_in_two_domains", "A CPU would be in two nodes; the last entry decides.",
            CPUS + [srat_cpu(0, 3)] + HALVES, ["PXM 1 -> APIC 0x03 -> Node 1: overruled",
                                               "PXM 0 -> APIC 0x03 -> Node 0: used"],
            cpulists={0: "0-1,3", 1: "2"}),
        two("no_processor_has_an_entry",
            "CPUs would have no node, or all be far from half the memory.",
            HALVES, cpulists={0: "0,2", 1: "1,3"}, qemu=INTEL),
        two("some_processors_have_no_entry", "A CPU without an entry would have no node.",
            [srat_cpu(0, 0), srat_cpu(1, 3)] + HALVES, cpulists={0: "0,2", 1: "1,3"}, qemu=INTEL),
        two("boot_processor_has_no_entry", "The kernel would begin on a CPU without a node.",
            CPUS[1:] + HALVES, cpulists={0: "0-1", 1: "2-3"}, qemu=INTEL),
        two("disabled_processor_entry_of_a_new_domain", "A CPU that isn't there would make a node.",
            TWO + [srat_cpu(9, 9, enabled=False)], ["PXM 9 -> APIC 0x09: ignored, not enabled"]),
        taken("domain_of_an_absent_processor", "A domain of CPUs that may come would be lost.",
              TWO + [srat_cpu(2, 77)], "0-1",
              ["PXM 2 -> APIC 0x4d -> Node 2: used, but no such CPU"],
              possible="0-2", cpulists={0: "0-1", 1: "2-3"}, zones=TWO_ZONES),
        two("processor_with_the_broadcast_id", "APIC id 255 would be taken for a CPU.",
            TWO + [srat_cpu(1, 255)], ["APIC 0xff -> Node 1: used, but no such CPU"]),
        two("x2apic_with_id_0xffffffff", "An APIC id would be used as an index past the end.",
            TWO + [srat_x2apic(0, 0xFFFFFFFF)],
            ["X2APIC 0xffffffff.*: ignored, an APIC id that no CPU"]),
        taken("domain_with_processors_only", "A node without memory would be lost, or crash.",
              CPUS[:2] + [srat_cpu(5, 2), srat_cpu(3, 3)] + [srat_mem(0, 0, G)], "0-2",
              ["Fallback order for Node 1: 1 0", "Fallback order for Node 2: 2 0"],
              cpulists={0: "0-1", 1: "2", 2: "3"}, zones=ONE_ZONES,
              commands=[file_is("has_memory", "0"), file_is("has_cpu", "0-2"),
                        Command("cat /sys/devices/system/node/node2/meminfo",
                                expect=[r"^Node 2 MemTotal: +0 kB$"])]),
        taken("memory_is_all_far_from_the_boot_processor",
              "Early allocations would insist on memory of their own node.",
              CPUS + [srat_mem(1, 0, G)], "0-1", ["Fallback order for Node 0: 0 1"],
              cpulists={0: "0-1", 1: "2-3"},
              zones={(1, "DMA"): DMA, (1, "DMA32"): (258016, 258016, 4096)}),
    ]


# ---- memory ranges -------------------------------------------------------------------------------

def ranges():
    end = 1 << 64
    return [
        flat("overlap_of_two_domains",
             "A page would be freed to one node and taken from the other.",
             CPUS + [srat_mem(0, 0, 768 * M), srat_mem(1, 512 * M, 512 * M)],
             SRAT_UNUSED + r"node 0 \[mem 0x00000000-0x2fffffff\] overlaps with node 1 "
                           r"\[mem 0x20000000-0x3ffdffff\]", ["REJECTS the table, overlaps"]),
        flat("overlap_by_one_byte", "A page would belong to two nodes.",
             CPUS + [srat_mem(0, 0, 512 * M + 1), srat_mem(1, 512 * M, 512 * M)],
             SRAT_UNUSED + r"node 0 \[mem 0x00000000-0x20000000\] overlaps with node 1"),
        flat("node_inside_another", "A page would belong to two nodes.",
             CPUS + [srat_mem(0, 0, G), srat_mem(1, 512 * M, 4 * K)],
             SRAT_UNUSED + "node 0 .* overlaps"),
        two("overlap_with_itself",
            "Memory would be counted twice, or a harmless repetition cost the table.",
            TWO + [srat_mem(0, 256 * M, 256 * M)]),
        two("same_range_twice", "Memory would be counted twice.", TWO + HALVES),
        two("overlap_behind_the_end_of_ram",
            "Ranges would be compared before they end at RAM's end.",
            CPUS + [HALVES[0], srat_mem(1, 512 * M, 2 * G), srat_mem(0, 2 * G, 2 * G)]),
        two("range_reaches_past_ram", "A node would span memory that isn't there.",
            CPUS + [HALVES[0], srat_mem(1, 512 * M, 1 << 45)]),
        two("range_up_to_the_end_of_addresses", "A range's end would become 0.",
            CPUS + [HALVES[0], srat_mem(1, 512 * M, end - 1 - 512 * M)]),
        taken("range_wraps", "A range's end below its start would run over all memory.",
              TWO + [srat_mem(5, end - M, 2 * M)], "0-1",
              ["PXM 5 .* used for its domain, the range ends"],
              possible="0-2", zones=TWO_ZONES),
        taken("range_ends_at_2_to_64", "A range's end of 0 would be believed.",
              TWO + [srat_mem(5, end - M, M)], "0-1",
              ["PXM 5 .* used for its domain, the range ends"],
              possible="0-2", zones=TWO_ZONES),
        taken("range_of_0_bytes", "An empty range would take a byte before its start.",
              TWO + [srat_mem(5, 256 * M, 0)], "0-1",
              ["PXM 5 .* -> Node 2: used for its domain, the range is empty",
               "Fallback order for Node 2: 2 0 1"], possible="0-2", zones=TWO_ZONES),
        taken("range_past_all_addresses", "Memory beyond the CPU's addresses would be mapped.",
              TWO + [srat_mem(5, 1 << 60, G)], "0-1", ["PXM 5 .* no RAM in the range"],
              possible="0-2", zones=TWO_ZONES),
        taken("hot_plug_range_outside_of_ram",
              "Room for memory that may come would be taken for memory.",
              TWO + [srat_mem(5, 4 * G, G, ENABLED | HOTPLUG)], "0-1",
              [r"PXM 5 \[mem 0x100000000-0x13fffffff\] hotplug -> Node 2: .* no RAM in the range"],
              possible="0-2", zones=TWO_ZONES),
        two("hot_plug_range_over_ram", "Memory that can be removed would not be used.",
            CPUS + [HALVES[0], srat_mem(1, 512 * M, 512 * M, ENABLED | HOTPLUG)],
            [r"PXM 1 \[mem 0x20000000-0x3fffffff\] hotplug -> Node 1: used"]),
        two("non_volatile_range_over_ram", "A flag would cost a node its memory.",
            CPUS + [HALVES[0], srat_mem(1, 512 * M, 512 * M, ENABLED | NONVOLATILE)],
            ["non-volatile -> Node 1: used"]),
        two("hot_plug_range_that_is_not_enabled", "A range that is switched off would make a node.",
            TWO + [srat_mem(5, 4 * G, G, HOTPLUG)], ["PXM 5 .*: ignored, not enabled"]),
        two("disabled_range_over_another_node", "A range that is switched off would overlap.",
            TWO + [srat_mem(0, 512 * M, 512 * M, 0)], ["PXM 0 .*: ignored, not enabled"]),
        flat("memory_only_in_a_disabled_entry", "Half of the memory would be lost without a word.",
             CPUS + [HALVES[0], srat_mem(1, 512 * M, 512 * M, 0)],
             SRAT_UNUSED + "nodes own only 523896 KiB of 1048056 KiB of RAM"),
        flat("all_memory_disabled", "A machine would get nodes without any memory.",
             CPUS + [srat_mem(0, 0, 512 * M, 0), srat_mem(1, 512 * M, 512 * M, 0)],
             SRAT_UNUSED + "no enabled memory entry"),
        two("ranges_in_any_order", "Entries would have to be sorted.", HALVES[::-1] + CPUS),
    ]


# ---- borders and coverage ------------------------------------------------------------------------

def abab(order):
    parts = [srat_mem(i % 2, i * 256 * M, 256 * M) for i in range(4)]
    return CPUS + [parts[i] for i in order]


ABAB_ZONES = {(0, "DMA"): DMA, (0, "DMA32"): (192512, 126976, 4096),
              (1, "DMA32"): (196576, 131040, 65536)}
UNALIGNED_ZONES = {**TWO_ZONES, (1, "DMA32"): (131039, 131039, 131073)}


def high(name, why, memory, zones):
    """A boot with 5 GiB: 2 below 4 GiB, 3 from there on."""
    return scenario(name, why, "0-1", nodes=0, cpus=4, mem="5G",
                    tables=lambda: [srat(CPUS + memory)],
                    log=[SRAT_USED], zones=zones, cpulists={0: "0-1", 1: "2-3"})


def borders():
    return [
        two("interleaved_nodes", "Spans that overlap would mix the nodes' pages.",
            abab([0, 1, 2, 3]),
            zones=ABAB_ZONES),
        two("interleaved_nodes_in_any_order", "The order of the entries would matter.",
            abab([3, 0, 2, 1]), zones=ABAB_ZONES),
        two("border_inside_a_page", "A page of two nodes would be in both, or in the wrong one.",
            CPUS + [srat_mem(0, 0, 512 * M + 2 * K), srat_mem(1, 512 * M + 2 * K, 512 * M)],
            ["NUMA: RAM without a node, left out: 4 KiB"], zones=UNALIGNED_ZONES),
        two("border_one_byte_into_a_page",
            "A page of two nodes would be in both, or in the wrong one.",
            CPUS + [srat_mem(0, 0, 512 * M + 1), srat_mem(1, 512 * M + 1, 512 * M)],
            ["NUMA: RAM without a node, left out: 4 KiB"], zones=UNALIGNED_ZONES),
        two("node_of_2_mib", "A small node would be thrown away.",
            CPUS + [srat_mem(0, 0, 256 * M), srat_mem(1, 256 * M, 2 * M),
                    srat_mem(0, 258 * M, G - 258 * M)],
            zones={(0, "DMA"): DMA, (0, "DMA32"): (258016, 257504, 4096),
                   (1, "DMA32"): (512, 512, 65536)}),
        two("node_of_4_kib", "A node too small for its own structures would crash the kernel.",
            CPUS + [srat_mem(0, 0, 256 * M), srat_mem(1, 256 * M, 4 * K),
                    srat_mem(0, 256 * M + 4 * K, 768 * M - 4 * K)],
            zones={(0, "DMA"): DMA, (0, "DMA32"): (258016, 258015, 4096),
                   (1, "DMA32"): (1, 1, 65536)},
            commands=[file_is("has_memory", "0-1")]),
        two("node_0_ends_at_1_mib", "A node whose memory the boot needs would crash the kernel.",
            CPUS + [srat_mem(0, 0, M), srat_mem(1, M, G - M)],
            zones={(0, "DMA"): (158, 158, 1), (1, "DMA"): (3840, 3840, 256),
                   (1, "DMA32"): (258016, 258016, 4096)}),
        two("border_one_page_below_4_mib", "Blocks of pages would reach over the border.",
            CPUS + [srat_mem(0, 0, 4 * M - 4 * K), srat_mem(1, 4 * M - 4 * K, G)],
            zones={(0, "DMA"): (1022, 925, 1), (1, "DMA"): (3073, 3073, 1023),
                   (1, "DMA32"): (258016, 258016, 4096)}),
        flat("ram_of_1_mib_without_a_node", "Linux would see one node, and this kernel two.",
             CPUS + [HALVES[0], srat_mem(1, 513 * M, 511 * M)],
             SRAT_UNUSED + "nodes own only 1047032 KiB of 1048056 KiB of RAM, all but 1024 KiB"),
        two("ram_of_1_mib_less_a_page_without_a_node",
            "A little less would cost the topology, or crash.",
            CPUS + [HALVES[0], srat_mem(1, 513 * M - 4 * K, 511 * M + 4 * K)],
            ["NUMA: RAM without a node, left out: 1020 KiB"],
            zones={**TWO_ZONES, (1, "DMA32"): (130785, 130785, 131327)}),
        two("last_512_kib_without_a_node",
            "The top of memory, which boots like, would be used all the same.",
            CPUS + [HALVES[0], srat_mem(1, 512 * M, RAM_END - 512 * K - 512 * M)],
            ["NUMA: RAM without a node, left out: 512 KiB"],
            zones={**TWO_ZONES, (1, "DMA32"): (130912, 130912, 131072)}),
        two("first_mib_without_a_node", "Low memory would be used though no node has it.",
            CPUS + [srat_mem(0, M, 511 * M), HALVES[1]],
            ["NUMA: RAM without a node, left out: 632 KiB"],
            zones={**TWO_ZONES, (0, "DMA"): (3840, 3840, 256)}),
        two("gap_of_100_mib_inside_a_node", "RAM between two ranges of one node would be lost.",
            CPUS + [srat_mem(0, 0, 200 * M), srat_mem(0, 300 * M, 212 * M), HALVES[1]]),
        flat("many_small_gaps", "Small gaps would add up unseen.",
             CPUS + [srat_mem(i % 2, i * 64 * M,
                              64 * M - (128 * K if i < 15 else 0)) for i in range(16)],
             SRAT_UNUSED + "nodes own only 1046136 KiB of 1048056 KiB of RAM"),
        two("node_of_half_a_page",
            "A node would be online with memory of which no page is its own.",
            CPUS + [srat_mem(0, 0, 256 * M), srat_mem(1, 256 * M, 2 * K),
                    srat_mem(0, 256 * M + 2 * K, 768 * M)],
            zones={(0, "DMA"): DMA, (0, "DMA32"): (258016, 258015, 4096)},
            commands=[file_is("has_memory", "0")]),
        two("node_of_page_0_alone",
            "A node's only page is never used, and the kernel would need one.",
            CPUS + [srat_mem(0, 0, 4 * K), srat_mem(1, 4 * K, G)],
            zones={(1, "DMA"): DMA, (1, "DMA32"): (258016, 258016, 4096)},
            commands=[file_is("has_memory", "1")]),
        two("ranges_512_of_two_nodes", "Nodes in many small pieces would lose some.",
            CPUS + [srat_mem(i % 2, i * 2 * M, 2 * M) for i in range(512)], timeout=60,
            zones={(0, "DMA"): (4095, 1950, 1), (0, "DMA32"): (257536, 129024, 4096),
                   (1, "DMA"): (3584, 2048, 512), (1, "DMA32"): (258016, 128992, 4096)}),
        flat("ranges_1025", "A range too many would be written past the end of an array.",
             CPUS + [srat_mem(i % 2, i * M, M) for i in range(1025)],
             SRAT_UNUSED + "entry at offset 0x[0-9a-f]+: there are more memory ranges than fit",
             timeout=60),
        high("interleaved_across_4_gib",
             "A zone's span would be cut by its pages, not by its borders.",
             [srat_mem(0, 0, G), srat_mem(1, G, G), srat_mem(0, 4 * G, G), srat_mem(1, 5 * G, G),
              srat_mem(0, 6 * G, G)],
             {(0, "DMA"): DMA, (0, "DMA32"): (1044480, 258048, 4096),
              (0, "Normal"): (786432, 524288, 1 << 20), (1, "DMA32"): (786432, 262112, 1 << 18),
              (1, "Normal"): (524288, 262144, 1 << 20)}),
        high("border_above_4_gib", "A node would get zones that it has no page of.",
             [srat_mem(0, 0, 5 * G), srat_mem(1, 5 * G, 2 * G)],
             {(0, "DMA"): DMA, (0, "DMA32"): (1044480, 520160, 4096),
              (0, "Normal"): (262144, 262144, 1 << 20), (1, "Normal"): (524288, 524288, 5 << 18)}),
        high("node_0_ends_at_16_mib", "A node of ZONE_DMA alone would not boot.",
             [srat_mem(0, 0, 16 * M), srat_mem(1, 16 * M, 7 * G)],
             {(0, "DMA"): DMA, (1, "DMA32"): (1044480, 520160, 4096),
              (1, "Normal"): (786432, 786432, 1 << 20)}),
        scenario("domains_64_of_48_mib", "Nodes too small for their own structures would not boot.",
                 "0-63", nodes=0, cpus=4, mem="48M", timeout=60,
                 tables=lambda: [srat([srat_mem(i, i * 768 * K, 768 * K) for i in range(64)])],
                 log=[SRAT_USED], commands=[file_is("has_memory", "0-63")]),
    ]


# ---- distances -----------------------------------------------------------------------------------

SPARSE = [srat_cpu(5, 0), srat_cpu(5, 1), srat_cpu(3, 2), srat_cpu(3, 3), srat_mem(5, 0, 512 * M),
          srat_mem(3, 512 * M, 512 * M)]
SIX = [[10 if i == j else 20 + 6 * i + j for j in range(6)] for i in range(6)]
DEFAULT = ["10 20", "20 10"]
LARGER = [[10, 21, 31], [21, 10, 31], [31, 31, 10]]


def bad_distance(name, why, matrix, words):
    return distance(name, why, matrix, DEFAULT, SLIT_UNUSED + words)


def distances():
    return [
        distance("slit_asymmetric", "The way back would be taken for as long as the way there.",
                 [[10, 21], [31, 10]], ["10 21", "31 10"]),
        distance("slit_255", "The greatest distance would be taken for something else.",
                 [[10, 255], [255, 10]], ["10 255", "255 10"]),
        distance("slit_254", "A great distance would be taken for an error.",
                 [[10, 254], [254, 10]], ["10 254", "254 10"]),
        bad_distance("slit_0", "A node at distance 0 would be nearer than home.",
                     [[10, 0], [0, 10]],
                     "distance of domain 0 to domain 1 is 0, should be above 10"),
        bad_distance("slit_cheap_remote", "Memory would be taken from afar as if it were local.",
                     [[10, 9], [21, 10]],
                     "distance of domain 0 to domain 1 is 9, should be above 10"),
        bad_distance("slit_remote_like_local",
                     "Memory would be taken from afar as if it were local.",
                     [[10, 21], [10, 10]],
                     "distance of domain 1 to domain 0 is 10, should be above 10"),
        bad_distance("slit_bad_local", "All distances would be relative to a wrong unit.",
                     [[10, 21], [21, 11]], "distance of domain 1 to domain 1 is 11, should be 10$"),
        distance("slit_smaller_than_the_domains", "Distances would be read past the matrix.",
                 [[10]],
                 DEFAULT),
        distance("slit_larger_than_the_domains", "Rows would be read at the wrong width.", LARGER,
                 ["10 21", "21 10"]),
        bad_distance("slit_bad_in_an_unused_row",
                     "A table with an error in it would be half believed.",
                     [LARGER[0], LARGER[1], [31, 31, 11]],
                     "distance of domain 2 to domain 2 is 11, should be 10$"),
        distance("slit_too_short", "Distances would be read past the table's end.",
                 [[10, 21], [21, 10]],
                 DEFAULT, SLIT_UNUSED + "offset 0x24: 3 x 3 distances, only 4 bytes are left",
                 count=3),
        distance("slit_one_byte_short", "The last distance would be read past the table's end.",
                 slit([[10, 21], [21, 10]])[:-1], DEFAULT,
                 SLIT_UNUSED + "offset 0x24: 2 x 2 distances, only 3 bytes are left"),
        distance("slit_without_a_count", "The count would be read past the table's end.",
                 table("SLIT", bytes(4)), DEFAULT, SLIT_UNUSED + "offset 0x28: table of 40 bytes"),
        *[distance(f"slit_count_{name}",
                   "A product that overflows would pass the check of the length.",
                   [[10, 21], [21, 10]], DEFAULT, SLIT_UNUSED + f"offset 0x24: {count} x {count}",
                   count=count)
          for name, count in (("2_to_32", 1 << 32), ("2_to_32_and_2", (1 << 32) + 2),
                              ("all_ones", (1 << 64) - 1))],
        distance("slit_count_0", "A matrix without rows would be used.", [], DEFAULT,
                 SLIT_UNUSED + "offset 0x24: 0 localities, at least 1 expected"),
        distance("slit_with_bytes_behind", "Padding would cost the table.",
                 slit([[10, 21], [21, 10]]) + bytes(7), ["10 21", "21 10"]),
        distance("slit_of_sparse_domains", "Distances would be looked up by node, not by domain.",
                 SIX,
                 ["10 53", "43 10"], entries=SPARSE),
        distance("slit_too_small_for_sparse_domains", "Distances would be read past the matrix.",
                 [[10, 33], [33, 10]], DEFAULT, entries=SPARSE),
        distance("slit_with_one_of_two_domains", "Distances would be read past the matrix.",
                 [row[:4] for row in SIX[:4]], DEFAULT, entries=SPARSE),
        taken("two_slits", "A second SLIT would overrule the first.", TWO, "0-1",
              ["ACPI: RSDT: .* one more SLIT, the first counts"],
              slits=[slit([[10, 33], [33, 10]]), slit([[10, 44], [44, 10]])],
              distances={0: "10 33", 1: "33 10"}),
        scenario("slit_without_srat", "Distances alone would make nodes.", "0", nodes=0, cpus=4,
                 mem="1G",
                 tables=lambda: [slit([[10, 21], [21, 10]])], distances={0: "10"}, zones=ONE_ZONES,
                 log=["NUMA: SRAT not used: no SRAT", SLIT_UNUSED + "there is one node only"]),
        taken("slit_of_128_domains", "The largest matrix would not be held.", pieces(128, 8 * M),
              "0-127",
              [SLIT_USED], timeout=90,
              slits=[slit([[10 if i == j else 11 + (3 * i + 7 * j) % 244 for j in range(128)]
                           for i in range(128)])],
              distances={127: " ".join(str(10 if j == 127 else 11 + (3 * 127 + 7 * j) % 244)
                                       for j in range(128))}),
    ]


def scenarios():
    return form() + domains() + processors() + ranges() + borders() + distances()
