"""gdb commands that show the kernel's view of memory: atoll nodes, atoll zones, atoll free, atoll page.

    (gdb) source tools/gdb/atoll.py        make debug does it

They read the structures of mm/node.h and mm/zone.h, and so work from the moment that the nodes are
built: break behind it, for example at the monitor's prompt.
"""

import gdb

PAGE_KIB = 4
MAX_ORDER = 11  # orders 0 to 10


def kib(pages):
    return f"{pages * PAGE_KIB:,} KiB"


def nodes():
    """Every pg_data_t that is there, by number."""
    table = gdb.parse_and_eval("node_data")
    low, high = table.type.range()
    found = [table[i].dereference() for i in range(low, high + 1) if int(table[i])]
    if not found:
        raise gdb.GdbError("No node is built yet: let the kernel run on, for example with "
                           "`hbreak monitor_run` and `continue`.")
    return found


def zones(node):
    """The zones of a node that have pages."""
    low, high = node["node_zones"].type.range()
    for index in range(low, high + 1):
        zone = node["node_zones"][index]
        if int(zone["present_pages"]):
            yield zone


def zone_free(zone):
    """Free pages by order, as the free lists count them."""
    return [int(zone["free_area"][order]["nr_free"]) for order in range(MAX_ORDER)]


def free_pages(zone):
    return sum(blocks << order for order, blocks in enumerate(zone_free(zone)))


class Atoll(gdb.Command):
    """Look at Atoll's memory: atoll nodes, atoll zones, atoll free, atoll page PFN."""

    def __init__(self):
        super().__init__("atoll", gdb.COMMAND_DATA, prefix=True)


class Nodes(gdb.Command):
    """atoll nodes: each node's pages, and how many are free."""

    def __init__(self):
        super().__init__("atoll nodes", gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        print("node  start_pfn    spanned    present       free")
        for node in nodes():
            free = sum(free_pages(zone) for zone in zones(node))
            print(f"{int(node['node_id']):4} {int(node['node_start_pfn']):#10x} "
                  f"{int(node['node_spanned_pages']):10} {int(node['node_present_pages']):10} "
                  f"{free:10}   {kib(free)} free")


class Zones(gdb.Command):
    """atoll zones: each zone's span, its present, managed and free pages, and its watermarks."""

    def __init__(self):
        super().__init__("atoll zones", gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        print("node zone      start_pfn    spanned    present    managed       free   min/low/high")
        for node in nodes():
            for zone in zones(node):
                print(f"{int(node['node_id']):4} {zone['name'].string():8} "
                      f"{int(zone['zone_start_pfn']):#10x} {int(zone['spanned_pages']):10} "
                      f"{int(zone['present_pages']):10} {int(zone['managed_pages']):10} "
                      f"{free_pages(zone):10}   "
                      + "/".join(str(int(zone["watermark"][mark])) for mark in range(3)))


class Free(gdb.Command):
    """atoll free: free blocks of each order, as /proc/buddyinfo shows them."""

    def __init__(self):
        super().__init__("atoll free", gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        for node in nodes():
            for zone in zones(node):
                blocks = " ".join(f"{count:6}" for count in zone_free(zone))
                print(f"Node {int(node['node_id'])}, zone {zone['name'].string():>8} {blocks}")


class Page(gdb.Command):
    """atoll page PFN: which node and zone a page belongs to, and its descriptor."""

    def __init__(self):
        super().__init__("atoll page", gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        if not argument:
            raise gdb.GdbError("atoll page wants a page frame number, such as `atoll page 0x100`.")
        pfn = int(gdb.parse_and_eval(argument))
        for node in nodes():
            for zone in zones(node):
                start = int(zone["zone_start_pfn"])
                if start <= pfn < start + int(zone["spanned_pages"]):
                    print(f"pfn {pfn:#x} lies in the span of node {int(node['node_id'])}, zone "
                          f"{zone['name'].string()}")
                    print((node["node_mem_map"] + (pfn - int(node["node_start_pfn"]))).dereference())

Atoll()
Nodes()
Zones()
Free()
Page()
