"""A person at the prompt: each key is noticed, by an interrupt where there can be one.

The text of a step is typed when the one before has been answered, so the machine is idle then, and
waits for a key.
"""

from acpi_build import madt, madt_ioapic, madt_lapic, madt_override
from acpi_root import fw_cfg
from atoll.scenario import Scenario

PROMPT = "\natoll> "
FILE = "cat /sys/kernel/debug/console\r"
LONG = "#" + "x" * 200  # more than the port holds
STEPS = [(PROMPT, "ls /sys/dev\tsystem/no\t\r"), ("node0", ""), (PROMPT, LONG + "\r")]


def scenario(name, why, how_noticed, steps=STEPS, **how):
    dialogue = [(PROMPT, "\r"), *steps, (PROMPT, FILE), (how_noticed, ""), (PROMPT, "poweroff\r")]
    return Scenario(name=name, why=why, dialogue=dialogue, timeout=30, **how)


def tables(name, why, how_noticed, others, **how):
    """Two CPUs, and a MADT with these entries @others."""
    cpus = [madt_lapic(0, 0), madt_lapic(1, 1)]
    return scenario(name, why, how_noticed, nodes=0, cpus=2, mem="128M",
                    qemu=["-machine", "acpi=off"],
                    fw_cfg=lambda: fw_cfg(rsdt=[madt([*cpus, *others])]), **how)


def scenarios():
    # One for each text but the empty ones, of which one or two arrive in pieces.
    interrupts = r"input: ([4-9]|\d\d+) interrupts"
    ioapic = madt_ioapic(0)
    return [
        scenario("keys_interrupt", "A machine that waits for a key would not hear it, or would be "
                 "awake all the time.", interrupts, nodes=2, cpus=2, mem="128M"),
        scenario("keys_interrupt_one_cpu", "The one CPU there is would sleep over the keys.",
                 interrupts, nodes=1, cpus=1, mem="128M"),
        scenario("keys_interrupt_without_smp", "Interrupts would go to CPUs that don't run.",
                 interrupts, nodes=2, cpus=2, mem="128M", append="nosmp"),
        tables("keys_that_interrupt_by_level", "A line that stays on would interrupt for ever.",
               interrupts, [ioapic, madt_override(4, 4, flags=0xD)]),
        tables("keys_without_an_io_apic_are_looked_for", "A prompt would be deaf.", "input: polled",
               []),
        tables("keys_whose_interrupt_is_elsewhere_are_looked_for",
               "One wrong line of a table would make the prompt deaf.", "input: 0 interrupts",
               [ioapic, madt_override(4, 7)], steps=[]),
    ]
