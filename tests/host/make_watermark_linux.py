#!/usr/bin/env python3
"""Write tests/host/watermark_linux.h: what Linux 6.1 shows in /proc/zoneinfo on some machines.

    tests/host/make_watermark_linux.py > tests/host/watermark_linux.h

What Linux said before isn't asked again (tools/atoll/linux.py, which also switches off huge pages, as
they raise min_free_kbytes).
"""

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

from atoll import facts, linux, questions  # noqa: E402
from atoll.topology import Node, Topology  # noqa: E402

ZONES = {"DMA": "ZONE_DMA", "DMA32": "ZONE_DMA32", "Normal": "ZONE_NORMAL", "Movable": "ZONE_MOVABLE",
         "Device": "ZONE_DEVICE"}
# Name, MiB of each node, words for Linux's command line. One node: a machine without -numa.
MACHINES = (("one_96", (96,), ""), ("one_256", (256,), ""), ("two_128", (128, 128), ""),
            ("odd", (96, 512, 96), ""), ("four", (64, 448, 256, 256), ""), ("two_1g", (1024, 1024), ""),
            ("three_4g", (1024, 4096, 1024), ""), ("big_12g", (2048, 10240), ""),
            ("mov", (1024, 1024), "movablecore=512M"))


def ask(name, sizes, append):
    """Linux's answers on the machine."""
    machine = Topology(name, tuple(Node(1, size << 20) for size in sizes), numa=len(sizes) > 1)
    return facts.answers(linux.text_of(machine, questions.LINUX, append)[0])


def pagesets(lines):
    """By zone, as parse_zones() has them: (high, batch) of the first CPU's list, or zeros."""
    found = []
    for text in re.split(r"^Node \d+, zone .*\n", "\n".join(lines), flags=re.M)[1:]:
        found.append([int(match[1]) if (match := re.search(rf"^ +{what}: +(\d+)", text, re.M)) else 0
                      for what in ("high", "batch")])
    return found


def zone_row(zone, pageset):
    numbers = [zone.numbers[what] for what in ("managed", "min", "low", "high")]
    return "    {%d, %s, %s, {%s}, %d, %d}," % (
        zone.node, ZONES[zone.name], ", ".join(map(str, numbers)),
        ", ".join(map(str, zone.protection)), *pageset)


def main():
    if len(sys.argv) != 1:
        sys.exit(__doc__)
    print("/*\n * tests/host/watermark_linux.h - what Linux 6.1 shows in /proc/zoneinfo on some machines.\n"
          " *\n * Made by tests/host/make_watermark_linux.py. One CPU a node. Included once.\n */\n"
          "/* clang-format off */")
    least = {}
    for name, sizes, append in MACHINES:
        said = ask(name, sizes, append)
        least[name] = int(facts.setting(said, "min_free_kbytes"))
        lines = said["cat /proc/zoneinfo"]
        print("static const struct linux_zone %s_zones[] = {" % name)
        for zone, pageset in zip(facts.parse_zones(lines), pagesets(lines)):
            print(zone_row(zone, pageset))
        print("};")
    print("static const struct linux_machine linux_machines[] = {")
    for name, min_free in least.items():
        print('    {"%s", %d, %s_zones, ARRAY_SIZE(%s_zones)},' % (name, min_free, name, name))
    print("};\n/* clang-format on */")


main()
