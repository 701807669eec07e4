"""Reading what a kernel said on its serial line, and judging how a run ended.

The kernel's side: log lines begin with "[", commands of exec= print `--- CMD`, their output and
`--- rc=N`; the machine then powers off if all went well, else leaves by the exit device.
Everything here is a function from data to data.
"""

import re
from dataclasses import dataclass

EXIT_OK, EXIT_FAILED, EXIT_USAGE, EXIT_PANIC, EXIT_TIMEOUT = 0, 1, 2, 3, 124

# QEMU exits with (value << 1) | 1 of what the kernel wrote to the exit device.
QEMU_FAILED = 1  # kernel wrote 0
QEMU_PANIC = 3   # kernel wrote 1

RC_LINE = re.compile(r"--- rc=(-?\d+)")
PANIC_LINE = re.compile(r"^.*Kernel panic:.*$", re.MULTILINE)
LOG_LINE = re.compile(r"^\[ *\d+\.\d+\]", re.MULTILINE)
ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[()][A-Z0-9]|[\x00-\x08\x0b-\x1f]")


def command_end(text, start):
    """Where the command that begins at @start ends: at ";" outside quotes, at the end of the line, or
    at a comment."""
    quote = None
    for i in range(start, len(text)):
        c = text[i]
        if c == "\n" or (c == ";" and not quote):
            return i
        if quote:
            quote = None if c == quote else quote
        elif c in "\"'":
            quote = c
        elif c == "#" and (i == start or text[i - 1] in " \t\r"):
            return i
    return len(text)


def split_commands(text):
    """The commands of --exec, as the kernel counts them (kernel/exec.c)."""
    found, at = [], 0
    while at < len(text):
        end = command_end(text, at)
        if text[at:end].strip():
            found.append(text[at:end].strip())
        if text[end:end + 1] == "#":
            end = text.find("\n", end)
            end = len(text) if end < 0 else end
        at = end + 1
    return found


def expected_results(commands):
    """How many rc lines a list of commands prints: `poweroff` returns to nobody."""
    for index, command in enumerate(commands):
        if command.split()[0] == "poweroff":
            return index
    return len(commands)


@dataclass
class Section:
    command: str
    lines: list      # its output, log lines left out
    rc: int | None   # None: it did not end


def sections(text):
    """The commands of a run with output and result, in order."""
    found = []
    for line in text.splitlines():
        match = RC_LINE.fullmatch(line)
        if match and found and found[-1].rc is None:
            found[-1].rc = int(match[1])
        elif line.startswith("--- ") and not match and (not found or found[-1].rc is not None):
            found.append(Section(line[4:], [], None))
        elif found and found[-1].rc is None and not LOG_LINE.match(line):
            found[-1].lines.append(line)
    return found


def last_line(text):
    lines = [line for line in ESCAPE.sub("", text).splitlines() if line.strip()]
    return lines[-1] if lines else ""


def kernel_spoke(text, firmware_speaks):
    """Did the kernel print anything? With UEFI the firmware uses the serial line before it."""
    if firmware_speaks:
        return bool(LOG_LINE.search(text) or RC_LINE.search(text))
    return bool(ESCAPE.sub("", text).strip())


def panic_line(text):
    match = PANIC_LINE.search(text)
    return match[0].strip() if match else None


@dataclass
class Run:
    """All that is known of a finished run."""
    text: str                    # the serial line, "\r\n" already "\n"
    qemu_exit: int | None        # QEMU's exit status, negative for a signal; None: we stopped it
    commands: list | None = None # those of --exec; None: no --exec
    timed_out: float | None = None  # seconds after which we gave up
    triple_fault: bool = False   # QEMU's log says so
    firmware_speaks: bool = False
    qemu_errors: str = ""        # QEMU's own words, warnings left out


def progress(run, done):
    """Where in the list of commands a run was, for messages."""
    if run.commands is None:
        return ""
    expected = expected_results(run.commands)
    if len(done) < expected:
        return f' ({len(done)} of {expected} commands ended, not "{run.commands[len(done)]}")'
    return f" (all {expected} commands had ended)"


def judge(run):
    """(exit status, sentence or "") of a run: 0 only if QEMU's exit and the rc lines both say so."""
    if run.qemu_exit not in (None, 0) and not run.text.strip() and run.qemu_errors:
        return EXIT_USAGE, f"QEMU did not start (its exit status was {run.qemu_exit})."
    results = [section for section in sections(run.text) if section.rc is not None]
    where = progress(run, results)
    finished = (run.qemu_exit == 0 and run.commands is not None
                and len(results) >= expected_results(run.commands))
    if run.qemu_exit == QEMU_PANIC or (panic_line(run.text) and not finished):
        return EXIT_PANIC, "the kernel panicked" + (
            f": {panic_line(run.text)}" if panic_line(run.text)
            else f' without a line that says so; the last one was "{last_line(run.text)}"') + where
    if not kernel_spoke(run.text, run.firmware_speaks):
        return judge_silent(run)
    if run.timed_out is not None:
        return EXIT_TIMEOUT, (f"time-out: the machine had not ended after {run.timed_out:g} s; the "
                              f'last line was "{last_line(run.text)}"{where}.')
    if run.triple_fault:
        return EXIT_FAILED, (f'the machine was reset by a triple fault; the last line was '
                             f'"{last_line(run.text)}"{where}.')
    if run.qemu_exit not in (0, QEMU_FAILED):
        what = (f"was ended by signal {-run.qemu_exit}" if run.qemu_exit < 0
                else f"ended with unexpected exit status {run.qemu_exit}")
        return EXIT_FAILED, f'QEMU {what}; the last line was "{last_line(run.text)}"{where}.'
    return judge_results(run, results, where)


def judge_silent(run):
    text = "the kernel was silent: it printed nothing at all"
    if run.timed_out is not None:
        return EXIT_TIMEOUT, f"time-out: {text} in {run.timed_out:g} s."
    if run.triple_fault:
        return EXIT_FAILED, f"{text} and the machine was reset by a triple fault."
    return EXIT_FAILED, f"{text} (QEMU's exit status was {run.qemu_exit})."


def judge_results(run, results, where):
    """A run that spoke and that QEMU ended with 0 or 1: do the rc lines agree?"""
    if run.commands is None:
        if run.qemu_exit == 0:
            return EXIT_OK, ""
        return EXIT_FAILED, "the kernel left by the exit device: a command or a test failed."
    failed = [result for result in results if result.rc != 0]
    if len(results) < expected_results(run.commands):
        if not run.text.endswith("\n"):
            return EXIT_FAILED, (f'the output was cut off in the middle of a line, '
                                 f'"{last_line(run.text)}"{where}.')
        if not results:
            return EXIT_FAILED, (f'the machine ended before any command did; the last line was '
                                 f'"{last_line(run.text)}"{where}.')
        return EXIT_FAILED, (f'the machine ended early; the last line was "{last_line(run.text)}"'
                             f"{where}.")
    if failed:
        more = f" (and {len(failed) - 1} more failed)" if len(failed) > 1 else ""
        return EXIT_FAILED, f'command "{failed[0].command}" failed with rc={failed[0].rc}{more}.'
    if run.qemu_exit != 0:
        return EXIT_FAILED, ("every command ended with rc=0, but the kernel left by the exit device "
                             "as after a failure.")
    return EXIT_OK, ""
