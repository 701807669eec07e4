"""numa= on the command line: the same pieces that Linux 6.1 cuts of the same machines.

Sizes are multiples of 32 MiB. RAM lacks [0x9f000, 1 MiB) and the last 128 KiB of the 1 GiB, so that
the first and the last piece seldom are what one would think.
"""

from acpi_build import slit, srat, srat_cpu, srat_mem
from node_files import file_is, scenario

M, G = 1 << 20, 1 << 30
RAM_END = 0x3FFE0000
CPUS = [srat_cpu(0, 0), srat_cpu(0, 1), srat_cpu(1, 2), srat_cpu(1, 3)]
HALVES = CPUS + [srat_mem(0, 0, 512 * M), srat_mem(1, 512 * M, 512 * M)]
UNEQUAL = CPUS + [srat_mem(0, 0, 256 * M), srat_mem(1, 256 * M, 768 * M)]
QUARTERS = [srat_cpu(i, i) for i in range(4)] + [srat_mem(i, i * 256 * M,
                                                          256 * M) for i in range(4)]
TWO_DIVIDED = [(0, 0, 512 * M), (1, 512 * M, RAM_END)]
WHOLE = [(0, 0, RAM_END)]


def divide(*pieces):
    """[(nid, start, end)] of (nid, end in MiB) by address; the last piece takes the rest."""
    found, start = [], 0
    for nid, end in pieces:
        found.append((nid, start, RAM_END if end is None else end * M))
        start = found[-1][2]
    return found


def fake(name, why, option, entries, online, memory, orders=(), slits=(), log=(), **how):
    """A boot with numa=@option of a machine with this SRAT (none: one flat node). @orders: the
    fallback order of each node."""
    log = [*log, *(f"Fallback order for Node {nid}: {order}" + " *$" for nid,
                   order in enumerate(orders))]
    how.setdefault("mem", "1G")
    return scenario(name, why, online, nodes=0, cpus=4, append=f"numa={option}", memory=memory,
                    log=log,
                    tables=lambda: ([srat(entries)] if entries else []) + list(slits), **how)


def by_count():
    return [
        fake("off", "numa=off would not give one node.", "off", HALVES, "0", WHOLE,
             log=["NUMA: topology: one flat node", "NUMA: SRAT not used: numa=off"],
             cpulists={0: "0-3"}, distances={0: "10"}),
        fake("noacpi", "numa=noacpi would read the SRAT.", "noacpi", HALVES, "0", WHOLE,
             log=["NUMA: SRAT not used: numa=noacpi"], cpulists={0: "0-3"}),
        fake("fake_3x", "What Linux takes as 3 would be something else, or go unnoticed.",
             "fake=3x", None,
             "0-2", divide((0, 352), (1, 672), (2, None)),
             log=["numa=fake=3x: what follows the number"]),
        fake("fake_2_and_more_words",
             "What Linux takes as 2 would be something else, or go unnoticed.",
             "fake=2,off", HALVES, "0-1", TWO_DIVIDED,
             log=["numa=fake=2,off: what follows the number"]),
        fake("fake_1_of_two_nodes", "Pieces of two nodes with one number would be two nodes.",
             "fake=1", HALVES, "0", WHOLE, cpulists={0: "0-3"}),
        fake("fake_3_of_one_node", "Three parts would not be three.", "fake=3", None, "0-2",
             divide((0, 352), (1, 672), (2, None)), ["0 1 2", "1 2 0", "2 0 1"],
             cpulists={0: "0-3", 1: "0-3", 2: "0-3"}, distances={1: "10 10 10"}),
        fake("fake_4_of_one_node", "Four parts would not be equal.", "fake=4", None, "0-3",
             divide((0, 256), (1, 512), (2, 768), (3, None))),
        fake("fake_4_of_two_nodes", "Physical nodes would not take turns.", "fake=4", HALVES, "0-3",
             divide((0, 256), (2, 512), (1, 768), (3, None)),
             ["0 2 1 3", "1 3 2 0", "2 0 3 1", "3 1 0 2"],
             cpulists={0: "0-1", 1: "2-3", 2: "0-1", 3: "2-3"},
             distances={0: "10 20 10 20", 3: "20 10 20 10"},
             commands=[file_is("has_memory", "0-3")]),
        fake("fake_3_of_two_nodes", "Too small a rest would become a node.", "fake=3", HALVES,
             "0-1",
             TWO_DIVIDED),
        fake("fake_4_of_unequal_nodes", "A small node would be cut into nothing.", "fake=4",
             UNEQUAL, "0-3",
             divide((0, 256), (1, 512), (2, 768), (3, None))),
        fake("fake_3_of_four_nodes", "A node of two pieces far apart would lose one.", "fake=3",
             QUARTERS,
             "0-2", divide((0, 256), (1, 512), (2, 768), (0, None)), distances={0: "10 20 20"},
             cpulists={0: "0,3", 1: "1", 2: "2"},
             zones={(0, "DMA"): (4095, 3998, 1), (0, "DMA32"): (258016, 126944, 4096),
                    (1, "DMA32"): (65536, 65536, 65536), (2, "DMA32"): (65536, 65536, 131072)}),
        fake("fake_3_over_the_hole_below_4_gib", "A piece would be split between DMA32 and Normal.",
             "fake=3", None, "0-2", [(0, 0, 4 * G), (1, 4 * G, 5 * G), (2, 5 * G, 6 * G)], mem="3G",
             qemu=["-machine", "max-ram-below-4g=1G"]),
        fake("fake_with_distances", "Fake nodes would forget how far apart they really are.",
             "fake=4",
             HALVES, "0-3", None, slits=[slit([[10, 33], [35, 10]])],
             distances={0: "10 33 10 33", 1: "35 10 35 10", 2: "10 33 10 33", 3: "35 10 35 10"}),
        fake("fake_without_cpus_in_a_node", "CPUs of a node that vanished would have no node.",
             "fake=2",
             CPUS + [srat_mem(0, 0, G)], "0-1", divide((0, 512), (1, None)),
             cpulists={0: "0-3", 1: "0-3"}),
    ]


def by_size():
    return [
        fake("fake_128M", "Nodes of a wanted size would have less RAM than that.", "fake=128M",
             None, "0-6",
             divide((0, 160), (1, 288), (2, 416), (3, 544), (4, 672), (5, 800), (6, None))),
        fake("fake_100M_is_rounded", "Borders would not be on multiples of 32 MiB.", "fake=100M",
             None,
             "0-9", divide((0, 128), (1, 224), (2, 320), (3, 416), (4, 512), (5, 608), (6, 704),
                           (7, 800),
                           (8, 896), (9, None))),
        fake("fake_16M_is_raised", "Nodes would be too small to be used.", "fake=16M", None, "0-29",
             divide((0, 64), *((i, 64 + 32 * i) for i in range(1, 29)), (29, None))),
        fake("fake_256M_of_two_nodes", "A rest that is too small would become a node.", "fake=256M",
             HALVES,
             "0-1", TWO_DIVIDED),
        fake("fake_1G_with_its_unit", "The unit G would not be understood.", "fake=1G", HALVES,
             "0-1",
             TWO_DIVIDED),
    ]


def uniformly():
    return [
        fake("fake_2U", "Each node would not become two.", "fake=2U", HALVES, "0-3",
             divide((0, 256), (1, 512), (2, 768), (3, None)),
             ["0 1 2 3", "1 0 3 2", "2 3 0 1", "3 2 1 0"],
             cpulists={0: "0-1", 1: "0-1", 2: "2-3", 3: "2-3"}, distances={1: "10 10 20 20"}),
        fake("fake_3U", "Pieces would not be equal but for the last.", "fake=3U", HALVES, "0-5",
             divide((0, 192), (1, 384), (2, 512), (3, 704), (4, 896), (5, None)),
             ["0 1 2 3 4 5", "1 2 0 4 5 3", "2 0 1 5 3 4", "3 4 5 0 1 2", "4 5 3 1 2 0",
              "5 3 4 2 0 1"]),
        fake("fake_3U_of_unequal_nodes", "Each node would not be cut by its own size.", "fake=3U",
             UNEQUAL,
             "0-5", divide((0, 96), (1, 192), (2, 256), (3, 512), (4, 768), (5, None))),
        fake("fake_40U_is_too_many", "Half a topology would be used.", "fake=40U", HALVES, "0-1",
             TWO_DIVIDED, log=["option not obeyed: numa=fake=40U: .*node is too small"]),
    ]


def refused():
    """What Linux ignores in silence is ignored here with a sentence; the firmware's nodes stay."""
    cases = [
        ("numa_empty", "", "numa=: "), ("numa_bogus", "bogus", "numa=bogus: not known"),
        ("fake_empty", "fake=", "numa=fake=: expected a number"),
        ("fake_x", "fake=x", "numa=fake=x: expected a number"),
        ("fake_0", "fake=0", "numa=fake=0: the number of nodes must be at least 1"),
        ("fake_0U", "fake=0U", "numa=fake=0U: the number of nodes must be 1 to 128"),
        ("fake_minus_1", "fake=-1", "numa=fake=-1: expected a number"),
        ("fake_64_of_1_gib", "fake=64", "numa=fake=64: less than 32 MiB of RAM for each node"),
        ("fake_1000_of_1_gib", "fake=1000", "numa=fake=1000: "),
        ("fake_2_to_64", "fake=18446744073709551616", "numa=fake=18446744073709551616: "),
    ]
    return [fake(name,
                 "A wrong option would change the machine, or crash the kernel, or go unnoticed.",
                 option, HALVES, "0-1", TWO_DIVIDED, log=["NUMA: option not obeyed: " + words],
                 cpulists={0: "0-1", 1: "2-3"})
            for name, option, words in cases]


def scenarios():
    return by_count() + by_size() + uniformly() + refused()
