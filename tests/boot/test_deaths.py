"""A kernel that dies on purpose: it says why, and tools/run says which death it was.

The same endings are played to tools/run by a fake QEMU in tests/harness; here the real ones show that
the kernel's side of the agreement holds. The time-outs are short, for waiting is what is tested.
"""

import re

from atoll.scenario import Scenario

PANICS = {  # kind of crash: what the panic says
    "null": "page fault: write to 0x0 ",
    "ud": "invalid opcode",
    "stack": "kernel stack overflow",
    "write-text": "page fault: write to 0xffffffff8",
    "bug": "BUG at kernel/crash.c",
}


def panic(kind, words):
    return Scenario(name=f"{kind}_is_a_panic", dies=(3, words), commands=[f"crash {kind}"],
                    log=["Call trace:", r"\[<ffffffff8[0-9a-f]+>\] [\w.]+\+0x"],
                    why=f"After \"crash {kind}\" nobody would know what happened, or where.")


def traces(boot):
    """The functions in each CPU's trace of a panic, {cpu: [name, ...]}."""
    found, cpu = {}, None
    for line in boot.log:
        if match := re.search(r"\] CPU (\d+), node \d+:", line):
            cpu = int(match[1])
            found[cpu] = []
        elif cpu is not None and (match := re.search(r"\[<[0-9a-f]+>\] ([\w.]+)\+0x", line)):
            found[cpu].append(match[1])
    return found


def check_deaf(boot):
    """CPU 0 panics; what the others do is known, as they don't do anything else."""
    for cpu in range(4):
        want, got = "go_deaf" if cpu else "crash_deaf", traces(boot).get(cpu)
        if got is None or want not in got:
            yield f"{want} is not in the trace of CPU {cpu}, which is {got}."


def scenarios():
    return [panic(*item) for item in PANICS.items()] + [
        Scenario(name="panic_shows_what_every_cpu_did", nodes=2, cpus=2, mem="128M",
                 commands=["crash deaf"], dies=(3, "all other CPUs are deaf"), check=check_deaf,
                 refuse_log=["did not stop"],
                 why="Who is to blame for a hang is on another CPU, with interrupts off and perhaps "
                     "with the log's lock: nobody would learn what it did, or the panic would hang, "
                     "too."),
        Scenario(name="hang_is_a_time_out", commands=["crash hang"], dies=(124, "crash hang"),
                 timeout=5, why="A kernel that hangs would hold up everyone, or pass for a good one."),
        Scenario(name="silence_is_a_time_out", commands=["crash silent"], dies=(124, "crash silent"),
                 timeout=5, why="A halted kernel would hold up everyone, or pass for a good one."),
        Scenario(name="unknown_command_fails", commands=["no-such-command"],
                 dies=(1, 'command "no-such-command" failed'),
                 why="A misspelt command in a grading script would count as passed."),
    ]
