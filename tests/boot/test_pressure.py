"""Nodes that are filled, one by one and all together, on odd machines: what the monitor shows of it."""

import re

from atoll.scenario import Command, Scenario

FILL = [Command("ktest pressure.pages_of_a_full_machine_come_from_the_nodes_in_the_lists_order"),
        Command("ktest pressure.full_node_overflows_keeps_its_reserve_and_wakes_its_kswapd")]
NUMASTAT = "cat /sys/devices/system/node/node{}/numastat"


def miss_and_foreign(boot, nid):
    text = "\n".join(boot.output(NUMASTAT.format(nid)))
    return tuple(int(re.search(rf"{name} (\d+)", text)[1]) for name in ("numa_miss", "numa_foreign"))


def overflow_is_counted(full, after):
    """Node @full was full when more was wanted of it; pages came from @after alone."""
    def check(boot):
        miss, foreign = miss_and_foreign(boot, after)[0], miss_and_foreign(boot, full)[1]
        if foreign == 0 or miss == 0:
            yield f"node {full} has numa_foreign {foreign}, node {after} has numa_miss {miss}."
        if miss_and_foreign(boot, full)[0] != 0:
            yield f"node {full} was full, and numa_miss is {miss_and_foreign(boot, full)[0]}."
    return check


def scenarios():
    why = "A page would come from the wrong node, or be lost, where nodes are odd."
    topologies = ["memoryless-node", "two-mib-node", "tiny-48m", "odd-sizes", "memory-on-node1",
                  "sixty-four-nodes"]
    found = [Scenario(name=f"nodes_are_filled_{topo}".replace("-", "_"), why=why, topo=topo,
                      commands=FILL, timeout=180) for topo in topologies]
    for option in ("kernelcore=256M", "movablecore=50%"):
        found.append(Scenario(name="nodes_are_filled_" + re.sub(r"\W+", "_", option).strip("_"), why=why,
                              topo="two-nodes", append=option, commands=FILL, timeout=180))
    found.append(Scenario(
        name="full_node_overflows_onto_the_next", topo="odd-sizes", timeout=120,
        why="What an instructor shows with memhog and numastat would contradict the book.",
        commands=[Command("memhog 1G --node 2", ["node 2 has no more to give"]),
                  Command("explain 0 --node 2", [r"below the mark"]),
                  Command(NUMASTAT.format(2)), Command(NUMASTAT.format(3)),
                  Command("memhog free", ["1 gave back"]), Command("verify")],
        check=overflow_is_counted(2, 3)))
    return found
