#!/usr/bin/env python3
"""Write tests/topologies/*.toml as a C table: the machines that tests/host/test_zonelist.c is about."""

import sys
import tomllib
from pathlib import Path

LOCAL, REMOTE = 10, 20  # what a machine without "distances" has


def distances(machine, nr):
    default = [[LOCAL if i == j else REMOTE for j in range(nr)] for i in range(nr)]
    return machine.get("distances", default)


def table(path):
    machine = tomllib.loads(path.read_text())
    nodes = machine["node"]
    rows = [", ".join(map(str, row)) for row in distances(machine, len(nodes))]
    memory = [i for i, node in enumerate(nodes) if int(str(node["memory"]).rstrip("KMGT"))]
    print(f'    {{.name = "{path.stem}",\n     .nr_nodes = {len(nodes)},')
    print(f"     .memory = {{{', '.join(map(str, memory))}}},\n     .nr_memory = {len(memory)},")
    print("     .distance = {" + ",\n                  ".join(rows) + "}},")


def main():
    print("/* Made by tests/host/make_topologies.py. */")
    print("static const struct machine topologies[] = {")
    for path in sys.argv[1:]:
        table(Path(path))
    print("};")


if __name__ == "__main__":
    main()
