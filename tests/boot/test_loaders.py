"""The same ELF starts from each loader, with the same machine, command line and commands.

A run that ends in a clean power-off has also shown that the loader's command line arrived.
"""

from atoll.scenario import Command, Scenario

WORD = "loader_check=from-the-loader"
LONG_LIST = [Command("cat /proc/cmdline", expect=[WORD])] + ["help"] * 200


def boots(name, why, **how):
    return Scenario(name=name, why=why, topo="two-nodes", append=WORD, online="0-1",
                    commands=[Command("cat /proc/cmdline", expect=[WORD]), "cat /proc/meminfo"], **how)


def scenarios():
    return [
        boots("pvh", "QEMU's -kernel would not start the kernel."),
        boots("grub_bios_iso", "The image would not start on a machine with a BIOS.", boot="iso",
              timeout=60),
        boots("grub_uefi_iso", "The image would not start on a machine with UEFI.", boot="uefi",
              timeout=120),
        Scenario(name="without_numa", nodes=0, cpus=2, mem="256M", online="0",
                 why="A machine that says nothing of NUMA would not boot as one node."),
        Scenario(name="numa_off", topo="two-nodes", append="numa=off", online="0",
                 why="numa=off would not give one node."),
        Scenario(name="long_command_list", topo="two-nodes", commands=LONG_LIST, append=WORD,
                 why="A list of commands past the command line's length would be cut.", timeout=60),
    ]
