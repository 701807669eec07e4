"""Allocations that fail by chance, from the command line on: the machine goes on."""

from atoll.scenario import Command, Scenario

# What somebody sits at a machine and does; any of it may say that there is no memory.
LOOK = ["help", "cat /proc/meminfo", "cat /proc/slabinfo", "numastat", "free", "cat /proc/buddyinfo",
        "ls /", "verify"]
FOLDER = "/sys/kernel/debug/fail_page_alloc"


def turn_on(folder, names):
    """Commands that let anything fail there, as Linux's document does it."""
    return [f"echo {value} > /sys/kernel/debug/{folder}/{name}" for name, value in names]


def scenarios():
    machine = dict(nodes=2, cpus=2, mem="128M", timeout=120)
    spare_nobody = [("ignore-gfp-wait", "N"), ("verbose", "0")]
    return [
        Scenario(name="machine_whose_pages_fail_now_and_then_goes_on",
                 why="What hardly ever fails would take the machine with it when it does.",
                 append="fail_page_alloc=20,50,0,-1",
                 commands=[*LOOK, *turn_on("fail_page_alloc", [("min-order", "0"), *spare_nobody]),
                           *LOOK, "echo 0 > /sys/kernel/debug/fail_page_alloc/probability",
                           "ktest page_alloc.*", "verify"],
                 **machine),
        Scenario(name="machine_whose_objects_fail_now_and_then_goes_on",
                 why="The same of those who need a few bytes only.",
                 append="failslab=10,50,0,-1",
                 commands=[*LOOK, *turn_on("failslab", spare_nobody), *LOOK,
                           "echo 0 > /sys/kernel/debug/failslab/probability", "ktest slab.*", "verify"],
                 **machine),
        Scenario(name="debug_machine_whose_pages_and_objects_fail_goes_on", kernel="debug",
                 why="An error path would leave a lock taken.",
                 append="fail_page_alloc=10,50,0,-1 failslab=10,50,0,-1",
                 commands=[*turn_on("fail_page_alloc", [("min-order", "0"), *spare_nobody]),
                           *turn_on("failslab", spare_nobody), *LOOK, "verify"],
                 **machine),
        Scenario(name="failure_is_told", append="fail_page_alloc=1,100,0,3",
                 why="Nobody would know whether the failure he sees is a real one.",
                 commands=[Command(f"cat {FOLDER}/times", [r"^[0-3]$"]),
                           Command(f"cat {FOLDER}/probability", ["^100$"]),
                           f"echo N > {FOLDER}/ignore-gfp-wait", "ktest -f ksyms.*"], **machine),
        Scenario(name="wrong_number_of_the_option_is_named",
                 append="fail_page_alloc=10,101,0,-1 failslab=10,50",
                 why="A machine would be tried in another way than was meant, or not at all.",
                 log=[r"fail_page_alloc=10,101,0,-1: PROBABILITY must be a percentage, 0 to 100\.",
                      r"failslab=10,50: PROBABILITY must be .* such as 10,50,0,-1; nothing will fail"],
                 commands=[Command(f"cat {FOLDER}/probability", ["^0$"]),
                           Command("cat /sys/kernel/debug/failslab/probability", ["^0$"])], **machine),
    ]
