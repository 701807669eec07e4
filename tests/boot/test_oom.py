"""A machine whose memory is all taken: the killer speaks, is understood, and the machine goes on."""

import re

from atoll.scenario import Command, Scenario

GAVE_UP = r"oom_reaper: (memhog/\d+) \(pid (\d+)\) gave up (\d+) pages"
CHOSEN = (r"Out of memory: (memhog/\d+) \(pid (\d+)\) is to give up (\d+) pages, (\d+)kB: score (-?\d+),"
          r" the highest of (\d+)")
CLIENT = r"\[ *(\d+) \] +(\d+) +(-?\d+) +(-?\d+) (memhog/\d+)((?: N\d+=\d+)*)"
BLOCKS = r"Node (\d+) (\w+): (\d+\*4kB.*) = (\d+)kB"
PAGE_KB = 4


def find(boot, pattern):
    return [match for line in boot.log if (match := re.search(pattern, line))]


def check_victim(boot):
    """The one that was chosen is the largest of those listed, and it is the one that gave up."""
    chosen, gave_up, clients = find(boot, CHOSEN), find(boot, GAVE_UP), find(boot, CLIENT)
    if not chosen or not gave_up or not clients:
        yield "the report names no victim, no clients, or nobody gave up anything."
        return
    name, pid, pages, kib, score, _ = chosen[0].groups()
    if gave_up[0][1] != name:
        yield f"{name} was chosen, and {gave_up[0][1]} gave up."
    if int(kib) != int(pages) * PAGE_KB:
        yield f"{pages} pages are {kib} kB."
    if int(gave_up[0][3]) < int(pages):
        yield f"{pages} pages were to be given up, and {gave_up[0][3]} were."
    for client in clients[:int(chosen[0][6])]:
        if int(client[3]) > int(score):
            yield f"{client[5]} has a score of {client[3]}, and {name} was chosen, with {score}."
        by_node = sum(int(n) for n in re.findall(r"N\d+=(\d+)", client[6]))
        if by_node != int(client[2]):
            yield f"{client[5]} has {client[2]} pages, and by node {by_node}."


def check_blocks(boot):
    """Each line of free blocks adds up."""
    lines = find(boot, BLOCKS)
    if not lines:
        yield "no free blocks are shown."
    for line in lines:
        total = sum(int(nr) * int(size) for nr, size in re.findall(r"(\d+)\*(\d+)kB", line[3]))
        if total != int(line[4]):
            yield f"free blocks of node {line[1]} {line[2]} are {total} kB, shown are {line[4]} kB."


def check(boot):
    yield from check_victim(boot)
    yield from check_blocks(boot)


def scenarios():
    filled = [Command("memhog 4M", [r"memhog/1: 1024 of 1024 pages"]),
              Command("memhog 6M --node 1", [r"memhog/2: 1536 of 1536", r"node 1: 1536 pages are its"]),
              Command("memhog 1G", [r"the OOM killer took all again"]),
              Command("memhog", [r"^ +1 ", r"^ +2 "], refuse=[r"^ +3 "]),
              Command("verify"),
              Command("memhog free", ["2 gave back"])]
    tiny = dict(nodes=2, cpus=1, mem="32M", timeout=90)
    head = [r"memhog/3 invoked oom-killer: gfp_mask=0x2cc0\(GFP_KERNEL\|__GFP_NOWARN\), order=0, node=",
            r"constraint=CONSTRAINT_NONE: short of memory is the whole machine \(nodes 0-1\)",
            r"Node 0 DMA free:\d+kB min:\d+kB low:\d+kB high:\d+kB present:\d+kB managed:\d+kB"]
    return [
        Scenario(name="full_machine_calls_the_killer_and_goes_on",
                 why="A machine that is full would stop, or lose the wrong one's memory.",
                 commands=filled, log=head, check=check, **tiny),
        Scenario(name="full_machine_debug", kernel="debug",
                 why="A lock would be held where the killer sleeps.",
                 commands=filled, log=head, check=check, **tiny),
        Scenario(name="full_node_is_no_reason_to_kill",
                 why="A request for one node would cost somebody its memory on another.",
                 commands=[Command("memhog 4M --node 0"),
                           Command("memhog 1G --node 1", ["node 1 has no more to give"]),
                           Command("memhog", [r"^ +1 ", r"^ +2 "])],
                 refuse_log=["invoked oom-killer"], **tiny),
        Scenario(name="killer_by_hand",
                 why="An instructor could not show it without filling the machine.",
                 commands=[Command("memhog 4M"), Command("memhog 8M"),
                           Command("echo f > /proc/sysrq-trigger"), Command("sleep 1"),
                           Command("memhog", [r"^ +1 "], refuse=[r"^ +2 "])],
                 log=["Manual OOM execution", r"memhog/2 .* gave up 2048 pages"], check=check,
                 **tiny),
        Scenario(name="panic_on_oom_stops_the_machine",
                 why="An owner who prefers a dead machine would get one that has lost something.",
                 commands=[Command("echo 1 > /proc/sys/vm/panic_on_oom"), Command("memhog 1G")],
                 log=["Mem-Info:"],
                 dies=(3, "Out of memory: system-wide panic_on_oom is enabled"), **tiny),
        Scenario(name="hog_ends_when_its_time_is_over",
                 why="Memory that was borrowed for a while would be gone for ever.",
                 commands=[Command("memhog 4M --for 1", ["1024 of 1024"]), Command("sleep 4"),
                           Command("memhog", ["nobody hogs memory"])], **tiny),
    ]
