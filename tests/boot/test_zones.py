"""ZONE_MOVABLE and ZONE_DEVICE: options of the command line, hot-pluggable ranges, NVDIMMs.

Zones are expected as /proc/zoneinfo of Linux 6.1 had them, booted on the same virtual machine with the same
options: (node, zone): (spanned, present, first page).
"""

import re

from acpi_build import (ENABLED, HOTPLUG, RAM_DISK, nfit, nfit_other, nfit_range, srat, srat_cpu,
                        srat_mem)
from atoll.scenario import Command, Scenario
from node_files import NODES, ZONES, file_is, populated_zones

M, G = 1 << 20, 1 << 30
DAX = "/sys/bus/dax/devices"
VERIFY = "verify"
SUITES = Command("ktest zone*.*")

DMA = (4095, 3998, 1)

# Nodes of 128M, 512M, 1G and 256M.
FOUR = []
for _nid, _size in enumerate(("128M", "512M", "1G", "256M")):
    FOUR += ["-object", f"memory-backend-ram,id=m{_nid},size={_size}",
             "-numa", f"node,nodeid={_nid},cpus={_nid},memdev=m{_nid}"]
# Nodes of 1G and 2G, 512M below 4 GiB.
HIGH = ["-machine", "max-ram-below-4g=512M"]
for _nid, _size in enumerate(("1G", "2G")):
    HIGH += ["-object", f"memory-backend-ram,id=m{_nid},size={_size}",
             "-numa", f"node,nodeid={_nid},cpus={_nid},memdev=m{_nid}"]


def zones_are(want):
    """A check that exactly these zones have memory."""
    def check(boot):
        found = populated_zones(boot.output(ZONES))
        for place in sorted(want.keys() | found.keys()):
            if want.get(place) != found.get(place):
                yield f"node {place[0]} zone {place[1]}: expected {want.get(place)}, got {found.get(place)}."
    return check


def device_spans(boot):
    """{node: pages that its ZONE_DEVICE spans}, with what is present and managed to be 0."""
    spans, nid = {}, None
    for line in boot.output(ZONES):
        if match := re.match(r"Node (\d+), zone +(\w+)", line):
            nid = int(match[1]) if match[2] == "Device" else None
        elif nid is not None and (match := re.match(r" +(spanned|present|managed) +(\d+)", line)):
            if match[1] == "spanned":
                spans[nid] = int(match[2])
            elif match[2] != "0":
                spans[nid] = f"{match[1]} {match[2]}"
    return {nid: span for nid, span in spans.items() if span}


def devices_are(want):
    def check(boot):
        if device_spans(boot) != want:
            yield f"ZONE_DEVICE spans {device_spans(boot)}, expected {want}."
    return check


def movable(name, why, option, want, **machine):
    return Scenario(name=name, why=why, append=option, check=zones_are(want),
                    commands=[ZONES, VERIFY, SUITES], log=["Movable zone start for each node"], **machine)


def movable_scenarios():
    two = {"nodes": 2, "cpus": 1, "mem": "512M"}
    four = {"nodes": 0, "cpus": 4, "mem": "1920M", "qemu": FOUR}
    high = {"nodes": 0, "cpus": 2, "mem": "3G", "qemu": HIGH}
    plain = {(0, "DMA"): DMA, (0, "DMA32"): (126976, 126976, 4096),
             (1, "DMA32"): (131040, 131040, 131072)}
    return [
        movable("kernelcore_on_two_equal_nodes", "One node would give more than the other.",
                "kernelcore=256M",
                {(0, "DMA"): DMA, (0, "DMA32"): (29696, 29696, 4096),
                 (0, "Movable"): (97280, 97280, 33792), (1, "DMA32"): (32768, 32768, 131072),
                 (1, "Movable"): (98272, 98272, 163840)}, **two),
        movable("kernelcore_on_lopsided_nodes", "The kernel would get less than it asked for.",
                "kernelcore=1G",
                {(0, "DMA"): DMA, (0, "DMA32"): (28672, 28672, 4096),
                 (1, "DMA32"): (82944, 82944, 32768), (1, "Movable"): (48128, 48128, 115712),
                 (2, "DMA32"): (82944, 82944, 163840), (2, "Movable"): (179200, 179200, 246784),
                 (3, "DMA32"): (65504, 65504, 425984)}, **four),
        movable("movablecore_in_percent", "A percentage would be taken for pages.", "movablecore=40%",
                {(0, "DMA"): DMA, (0, "DMA32"): (28672, 28672, 4096),
                 (1, "DMA32"): (98304, 98304, 32768), (1, "Movable"): (32768, 32768, 131072),
                 (2, "DMA32"): (98304, 98304, 163840), (2, "Movable"): (163840, 163840, 262144),
                 (3, "DMA32"): (65504, 65504, 425984)}, **four),
        movable("kernelcore_in_percent", "The smallest node would be forgotten.", "kernelcore=30%",
                {(0, "DMA"): DMA, (0, "DMA32"): (28672, 28672, 4096),
                 (1, "DMA32"): (38912, 38912, 32768), (1, "Movable"): (92160, 92160, 71680),
                 (2, "DMA32"): (38912, 38912, 163840), (2, "Movable"): (223232, 223232, 202752),
                 (3, "DMA32"): (38912, 38912, 425984), (3, "Movable"): (26592, 26592, 464896)},
                **four),
        movable("kernelcore_above_4_gib", "What devices reach would not be the kernel's.",
                "kernelcore=1G",
                {(0, "DMA"): DMA, (0, "DMA32"): (1044480, 126944, 4096),
                 (0, "Normal"): (1024, 1024, 1048576), (0, "Movable"): (130048, 130048, 1049600),
                 (1, "Normal"): (131072, 131072, 1179648),
                 (1, "Movable"): (393216, 393216, 1310720)}, **high),
        movable("movablecore_above_4_gib", "The border would be in the wrong node.",
                "movablecore=1500M",
                {(0, "DMA"): DMA, (0, "DMA32"): (1044480, 126944, 4096),
                 (0, "Normal"): (70656, 70656, 1048576), (0, "Movable"): (60416, 60416, 1119232),
                 (1, "Normal"): (201728, 201728, 1179648),
                 (1, "Movable"): (322560, 322560, 1381376)}, **high),
        movable("movablecore_of_everything_is_nothing", "A kernel without memory does not boot.",
                "movablecore=100%", plain, **two),
        Scenario(name="bad_sizes_are_named", why="A mistyped option would be obeyed somehow.",
                 append="kernelcore=mirror movablecore=5Q", **two, commands=[ZONES],
                 check=zones_are(plain),
                 log=[r"kernelcore=mirror: memory that the firmware mirrors", r"movablecore=5Q: not a size"]),
        Scenario(name="debug_kernel_holds_its_invariants", why="A buddy would be in another zone.",
                 append="kernelcore=300M", nodes=3, cpus=2, mem="160M", kernel="debug", timeout=60,
                 commands=[VERIFY, SUITES, "ktest page_alloc.*"]),
    ]


def hotplug_scenarios():
    machine = {"nodes": 0, "cpus": 2, "mem": "3G", "qemu": ["-machine", "max-ram-below-4g=1G"]}
    cpus = [srat_cpu(0, 0), srat_cpu(1, 1)]
    whole = srat(cpus + [srat_mem(0, 0, G), srat_mem(1, 4 * G, 2 * G, ENABLED | HOTPLUG)])
    parts = srat(cpus + [srat_mem(0, 0, G), srat_mem(0, 4 * G, 512 * M, ENABLED | HOTPLUG),
                         srat_mem(1, 4 * G + 512 * M, 512 * M),
                         srat_mem(1, 5 * G, G, ENABLED | HOTPLUG)])
    return [
        movable("hot_pluggable_node_is_all_movable", "Kernel data would keep the node in the machine.",
                "movable_node",
                {(0, "DMA"): DMA, (0, "DMA32"): (258016, 258016, 4096),
                 (1, "Movable"): (524288, 524288, 1048576)}, tables=lambda: [whole], **machine),
        movable("hot_pluggable_parts", "The kernel's own node would be cut, or the other one not.",
                "movable_node",
                {(0, "DMA"): DMA, (0, "DMA32"): (1044480, 258016, 4096),
                 (0, "Normal"): (131072, 131072, 1048576), (1, "Normal"): (131072, 131072, 1179648),
                 (1, "Movable"): (262144, 262144, 1310720)}, tables=lambda: [parts], **machine),
        Scenario(name="node_that_is_all_movable_has_no_normal_memory", tables=lambda: [whole],
                 why="Tools would put there what cannot leave again.", append="movable_node", **machine,
                 commands=[file_is("has_normal_memory", "0"), file_is("has_memory", "0-1"), VERIFY,
                           Command("ktest")], timeout=90),
        Scenario(name="without_the_option_it_is_ordinary", tables=lambda: [whole], **machine,
                 why="Memory would be lost to the kernel without being asked for.", commands=[ZONES],
                 check=zones_are({(0, "DMA"): DMA, (0, "DMA32"): (258016, 258016, 4096),
                                  (1, "Normal"): (524288, 524288, 1048576)})),
        Scenario(name="movable_node_without_hot_pluggable_memory", append="movable_node kernelcore=64M",
                 why="kernelcore= would count though the firmware is to decide.", nodes=2, cpus=1,
                 mem="512M", commands=[ZONES, VERIFY], log=["kernelcore= and movablecore= are ignored"],
                 check=zones_are({(0, "DMA"): DMA, (0, "DMA32"): (126976, 126976, 4096),
                                  (1, "DMA32"): (131040, 131040, 131072)})),
    ]


def read_back(number):
    """Commands that write to a range and find it again."""
    return [f"pmem {number} write 4090 persistent",
            Command(f"pmem {number} read 4090 16", expect=["persistent"])]


def device_scenarios():
    two = {"nodes": 2, "cpus": 1, "mem": "512M"}
    return [
        Scenario(name="ram_becomes_persistent", append="memmap=128M!768M", **two,
                 why="Data would be written over by the page allocator.",
                 commands=[ZONES, VERIFY, SUITES, *read_back(0),
                           Command(f"cat {DAX}/dax0.0/size", expect=["^134217728$"]),
                           Command(f"cat {DAX}/dax0.0/resource", expect=["^0x30000000$"]),
                           Command(f"cat {DAX}/dax0.0/target_node", expect=["^1$"]),
                           Command(f"cat {NODES}/node1/meminfo", refuse=["MemTotal: +5"])],
                 check=lambda boot: [*zones_are({(0, "DMA"): DMA, (0, "DMA32"): (126976, 126976, 4096),
                                                 (1, "DMA32"): (131040, 98272, 131072)})(boot),
                                     *devices_are({1: 32768})(boot)]),
        Scenario(name="nvdimms_of_nodes", topo="pmem-nodes", timeout=60,
                 why="Pages would be counted to the wrong node.",
                 commands=[ZONES, VERIFY, *read_back(0), *read_back(2),
                           Command(f"cat {DAX}/dax2.0/target_node", expect=["^2$"]),
                           Command(f"cat {DAX}/dax2.0/numa_node", expect=["^1$"]),
                           file_is("online", "0-1"), file_is("possible", "0-2"), Command("ktest")],
                 check=devices_are({0: 32768, 1: 81920})),
        Scenario(name="kasan_lets_it_be_used", topo="pmem-nodes", kernel="kasan", timeout=120,
                 why="The shadow of what is no RAM would be missing.", commands=[SUITES, *read_back(1)]),
        Scenario(name="reserved_memory_is_nobodys", append="memmap=64M$512M,32M#640M memmap=800M", **two,
                 why="Memory that the user knows to be bad would be used.", commands=[ZONES, VERIFY],
                 check=zones_are({(0, "DMA"): DMA, (0, "DMA32"): (126976, 126976, 4096),
                                  (1, "DMA32"): (57344, 49152, 147456)})),
        Scenario(name="exact_map", append="memmap=exactmap,640K@0,255M@1M", nodes=0, cpus=2, mem="512M",
                 why="Memory that the user denied would be used.", commands=[ZONES],
                 check=zones_are({(0, "DMA"): (4095, 3999, 1), (0, "DMA32"): (61440, 61440, 4096)})),
        Scenario(name="what_the_kernel_stands_on_stays", **two, commands=[ZONES, Command("pmem", refuse=["."])],
                 why="The machine would die before it said why.", check=devices_are({}),
                 append="memmap=16M!1M,1M!0 memmap=exactmap,1G@4G memmap=12,1G!,1G?2G,0!1G",
                 log=["memmap=16M!1M: the kernel itself", "memmap=1M!0: the first 64 KiB",
                      "memmap=1G!: START is not", "would not lie in RAM"]),
        Scenario(name="ranges_that_cannot_be", **two, commands=[ZONES, VERIFY],
                 why="A fault at the first touch.", check=devices_are({}),
                 append="memmap=1G!1024T memmap=1G!63T memmap=16M!0xfe000000 memmap=512G!8G",
                 log=["past what this CPU", "a PC has devices there", "more than half of the RAM"]),
        Scenario(name="odd_sizes", append="memmap=9000!0x30000800 memmap=100K!0x30100000", **two,
                 why="Half a page would be given to two owners.", commands=[VERIFY, SUITES, "pmem"],
                 log=[r"dax0\.0 \[mem 0x0+30001000-0x0+30001fff\]"]),
        Scenario(name="nfit_of_any_kind", nodes=0, cpus=2, mem="512M", why="A wild read, or RAM lost.",
                 tables=lambda: [nfit([nfit_range(64 * G, 64 * M), nfit_other(9, 40),
                                       nfit_range(65 * G, 64 * M, 7), nfit_range(0, 64 * M, 0),
                                       nfit_range(66 * G, 64 * M, guid=RAM_DISK),
                                       nfit_range(64 * G + 4096, 64 * M), nfit_range(67 * G, 0),
                                       nfit_other(0, 20)])],
                 commands=[ZONES, VERIFY, Command("pmem", expect=["^0: .*0x0000001000000000", "^1: "],
                                                  refuse=["^2: "])],
                 check=devices_are({0: 278528}),
                 log=["NFIT: offset .*structure of 20 bytes, at least 56", "the memory map has RAM there",
                      "overlaps an earlier one", "it is empty"]),
    ]


def scenarios():
    return movable_scenarios() + hotplug_scenarios() + device_scenarios()
