"""What a boot's node files must say, as commands and checks of a scenario."""

import re

from atoll.scenario import Command, Scenario

NODES = "/sys/devices/system/node"
DECISION = "cat /sys/kernel/debug/numa"
ZONES = "cat /proc/zoneinfo"
BLOCK = re.compile(r"node (\d+) \[mem 0x([0-9a-f]+)-0x([0-9a-f]+)\]")


def file_is(name, text):
    """`cat` of a node file whose one line must be @text."""
    return Command(f"cat {NODES}/{name}", expect=[f"^{re.escape(text)}$"])


def populated_zones(lines):
    """{(nid, zone name): (spanned, present, start_pfn)} of /proc/zoneinfo, empty zones left out."""
    found, place = {}, None
    for line in lines:
        if match := re.match(r"Node (\d+), zone +(\w+)", line):
            place, numbers = (int(match[1]), match[2]), {}
        elif match := re.match(r" +(spanned|present|start_pfn):? +(\d+)", line):
            numbers[match[1]] = int(match[2])
            if match[1] == "start_pfn":
                found[place] = (numbers["spanned"], numbers["present"], numbers["start_pfn"])
    return found


def blocks(lines):
    """[(nid, start, end)] as the kernel divided the memory, by address."""
    found = [BLOCK.match(line) for line in lines]
    return sorted(((int(m[1]), int(m[2], 16), int(m[3], 16) + 1) for m in found if m),
                  key=lambda block: block[1])


def show_blocks(found):
    return ", ".join(f"{nid}:[0x{start:x}, 0x{end:x})" for nid, start, end in found)


def check_zones(expected, boot):
    found = populated_zones(boot.output(ZONES))
    for place in sorted({*expected, *found}):
        if expected.get(place) != found.get(place):
            yield (f"node {place[0]} zone {place[1]}: (spanned, present, start_pfn) is "
                   f"{found.get(place)}, expected {expected.get(place)}.")


def check_blocks(expected, boot):
    found = blocks(boot.output(DECISION))
    if found != expected:
        yield f"memory is divided {show_blocks(found)}, expected {show_blocks(expected)}."


def scenario(name, why, online, possible=None, cpulists=None, distances=None, zones=None,
             memory=None, commands=(), **how):
    """A Scenario that checks the nodes. Every boot also runs `verify`.

    possible   as "0-2"; like @online unless said
    cpulists   {nid: "0-1"}, of nodeN/cpulist
    distances  {nid: "10 20"}, of nodeN/distance
    zones      {(nid, "DMA32"): (spanned, present, start_pfn)}: these and no others are populated
    memory     [(nid, start, end)]: the ranges of the nodes, by address
    """
    wanted = [file_is("possible", online if possible is None else possible)]
    wanted += [file_is(f"node{nid}/cpulist", text) for nid, text in (cpulists or {}).items()]
    wanted += [file_is(f"node{nid}/distance", text) for nid, text in (distances or {}).items()]
    wanted += [DECISION, ZONES, *commands, "verify"]

    def check(boot):
        if zones is not None:
            yield from check_zones(zones, boot)
        if memory is not None:
            yield from check_blocks(memory, boot)

    return Scenario(name=name, why=why, online=online, commands=wanted, check=check, **how)
