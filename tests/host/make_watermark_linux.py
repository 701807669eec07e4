#!/usr/bin/env python3
"""tests/host/watermark_linux.h from logs of Linux that printed its files.

    make_watermark_linux.py NAME=LOG ... > tests/host/watermark_linux.h

A log holds what an /init wrote to the console: a line "=== PATH" before the text of each of
/proc/sys/vm/min_free_kbytes and /proc/zoneinfo. Booted with transparent_hugepage=never, for huge pages
raise min_free_kbytes.
"""
import re
import sys

ZONES = {"DMA": "ZONE_DMA", "DMA32": "ZONE_DMA32", "Normal": "ZONE_NORMAL", "Movable": "ZONE_MOVABLE",
         "Device": "ZONE_DEVICE"}


def section(log, path):
    return re.search(r"^=== %s\n(.*?)^===" % re.escape(path), log, re.M | re.S).group(1)


def number(text, pattern):
    found = re.search(pattern, text, re.M)
    return int(found.group(1)) if found else 0


def zone_row(nid, name, text):
    values = [number(text, r"^ +(?:pages )?%s +(\d+)" % what) for what in
              ("managed", "min", "low", "high")]
    protection = re.search(r"protection: \((.*)\)", text).group(1)
    return "    {%d, %s, %s, {%s}, %d, %d}," % (
        nid, ZONES[name], ", ".join(map(str, values)), protection,
        number(text, r"^ +high: +(\d+)"), number(text, r"^ +batch: +(\d+)"))


def main():
    print("/*\n * tests/host/watermark_linux.h - what Linux 6.1 shows in /proc/zoneinfo on some machines.\n"
          " *\n * Made by tests/host/make_watermark_linux.py. One CPU a node. Included once.\n */\n"
          "/* clang-format off */")
    machines = []
    for argument in sys.argv[1:]:
        name, path = argument.split("=", 1)
        with open(path, encoding="latin1") as file:
            log = file.read().replace("\r", "")
        machines.append((name, number(section(log, "/proc/sys/vm/min_free_kbytes"), r"^(\d+)")))
        print("static const struct linux_zone %s_zones[] = {" % name)
        parts = re.split(r"^Node (\d+), zone +(\w+)\n", section(log, "/proc/zoneinfo"), flags=re.M)
        for nid, zone, text in zip(parts[1::3], parts[2::3], parts[3::3]):
            print(zone_row(int(nid), zone, text))
        print("};")
    print("static const struct linux_machine linux_machines[] = {")
    for name, min_free in machines:
        print('    {"%s", %d, %s_zones, ARRAY_SIZE(%s_zones)},' % (name, min_free, name, name))
    print("};\n/* clang-format on */")


main()
