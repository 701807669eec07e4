"""Which CPUs run: options of the command line, and tables that are wrong about processors.

Where a table is odd, QEMU makes none of its own (acpi_root.py tells how). A CPU that is listed and
isn't there costs a second, and a hundred of them cost the same second: all are waited for together.
"""

from acpi_build import (madt, madt_ioapic, madt_lapic, madt_override, madt_x2apic, srat, srat_cpu,
                        srat_mem)
from acpi_root import fw_cfg
from atoll.scenario import Command, Scenario

M = 1 << 20
CPU = "/sys/devices/system/cpu"
LAPICS = [madt_lapic(i, i) for i in range(4)]
IOAPIC = madt_ioapic(0)
SRAT = srat([srat_cpu(0, 0), srat_cpu(0, 1), srat_cpu(1, 2), srat_cpu(1, 3),
             srat_mem(0, 0, 128 * M), srat_mem(1, 128 * M, 128 * M)])

# Threads are made, woken and moved on whatever runs; the domains are those of the CPUs that run.
WORKS = [Command("ktest smp.every_*"), Command("ktest sched.thread*"), Command("ktest domains.*"),
         "verify"]


def starts(name, why, online, log=(), commands=(), **how):
    """A boot of which the CPUs @online run."""
    how.setdefault("qemu", [])
    return Scenario(name=name, why=why, log=list(log), timeout=60, **how,
                    commands=[Command(f"cat {CPU}/online", expect=[f"^{online}$"]), *commands,
                              *WORKS])


def option(name, why, append, online, log=()):
    """Two nodes of two CPUs, with @append on the command line."""
    return starts(name, why, online, log, nodes=2, cpus=2, mem="128M", append=append,
                  commands=[Command(f"cat {CPU}/present", expect=["^0-3$"])])


def listed(name, why, processors, online, log=(), commands=(), others=(IOAPIC,), **how):
    """Four CPUs with APIC ids 0 to 3, a MADT of these entries, and a right SRAT."""
    return starts(name, why, online, log, commands, nodes=0, cpus=4, mem="256M",
                  fw_cfg=lambda: fw_cfg(rsdt=[madt([*processors, *others]), SRAT]), **{
                      **how, "qemu": ["-machine", "acpi=off", *how.get("qemu", [])]})


def options():
    whole = r"smp: 4 of 4 CPUs online, the other 3 started in \d+ us"
    return [
        option("maxcpus_0_is_the_boot_cpu_alone", "A CPU that is to be left out would run.",
               "maxcpus=0", "0", [r"smp: 1 of 4 CPUs online$"]),
        option("maxcpus_1_is_the_boot_cpu_alone", "A CPU that is to be left out would run.",
               "maxcpus=1", "0", [r"smp: 1 of 4 CPUs online$"]),
        option("maxcpus_3_leaves_one_out", "A limit would be off by one, or a hole in the numbers "
               "would not be stood.", "maxcpus=3", "0-2", [r"smp: 3 of 4 CPUs online, the other 2"]),
        option("maxcpus_that_is_no_number_is_ignored", "A typing error would cost three CPUs.",
               "maxcpus=bogus", "0-3", ["maxcpus=bogus ignored: a number is wanted", whole]),
        option("nosmp_is_the_boot_cpu_alone", "The way out of trouble with many CPUs would not be "
               "one.", "nosmp", "0", [r"smp: 1 of 4 CPUs online$"]),
    ]


def absent():
    return [
        listed("listed_cpu_that_is_not_there", "The boot would wait for it for ever.",
               [*LAPICS, madt_lapic(4, 4)], "0-3",
               [r"smp: CPU 4 \(APIC id 0x4\) does not answer and is left out",
                "smp: 4 of 5 CPUs online"]),
        listed("hundred_cpus_that_are_not_there", "Each would be waited for in turn.",
               [*LAPICS, *(madt_lapic(i, i) for i in range(4, 104))], "0-3",
               [r"smp: CPU 103 \(APIC id 0x67\) does not answer", "smp: 4 of 104 CPUs online"]),
        listed("absent_cpus_between_others", "A hole in the numbers would not be stood.",
               [LAPICS[0], madt_lapic(8, 8), LAPICS[1], LAPICS[2], madt_lapic(9, 9), LAPICS[3]],
               "0,2-3,5", [r"smp: CPU 1 \(APIC id 0x8\) does not answer",
                           r"smp: CPU 4 \(APIC id 0x9\) does not answer"]),
        listed("boot_cpu_that_is_not_listed", "A machine would run without the CPU that it runs on.",
               LAPICS[1:], "0-3"),
        listed("cpus_listed_twice", "A CPU would be started while it runs.",
               [*LAPICS, *LAPICS, madt_x2apic(1, 1)], "0-3",
               ["5 processors listed twice", "smp: 4 of 4"]),
    ]


def ids():
    return [
        listed("boot_cpu_listed_last", "It would be started once more, or not be number 0.",
               LAPICS[::-1], "0-3",
               commands=[Command("cat /sys/devices/system/node/node0/cpulist", expect=["^0,3$"]),
                         Command("cat /sys/devices/system/node/node1/cpulist", expect=["^1-2$"])]),
        listed("x2apic_entries_of_small_ids", "A firmware that lists all CPUs the new way would have "
               "one CPU.", [madt_x2apic(i, i) for i in range(4)], "0-3"),
        listed("x2apic_id_above_254", "An interrupt for it would go to another CPU, or to all.",
               [*LAPICS, madt_x2apic(4, 300), madt_x2apic(5, 0x10001)], "0-3",
               ["smp: CPU 4 has APIC id 0x12c, which is out of reach without x2APIC, and is left out",
                "smp: CPU 5 has APIC id 0x10001, which is out of reach"]),
        starts("apic_ids_with_holes", "A CPU's number would be taken for its APIC id.", "0-11",
               nodes=0, cpus=12, mem="256M", qemu=["-smp", "12,sockets=2,cores=3,threads=2"],
               commands=[Command("cat /proc/cpuinfo", expect=[r"^initial apicid\s+: 13$"],
                                 refuse=[r"^initial apicid\s+: [67]$"])]),
    ]


def interrupts():
    polled = "console: .* no interrupt tells of keys"
    return [
        listed("no_io_apic", "A machine without one would hang where it waits for a key.", LAPICS,
               "0-3", [polled], others=()),
        listed("override_to_an_input_that_is_not_there", "A wild register would be written.",
               LAPICS, "0-3", [polled], others=(IOAPIC, madt_override(4, 9999))),
        listed("override_of_level_and_low", "An interrupt that stays on would come again and again.",
               LAPICS, "0-3", others=(IOAPIC, madt_override(4, 4, flags=0xF))),
        listed("overrides_of_all_interrupts_to_one", "One entry's vector would be another's.",
               LAPICS, "0-3", others=(IOAPIC, *(madt_override(i, 4) for i in range(16)))),
        listed("io_apic_where_nothing_is", "Reading ones for registers would make 256 inputs.",
               LAPICS, "0-3", others=(madt_ioapic(0, pa=0xFED80000),),
               log=["I/O APIC 0: nothing answers at 0xfed80000", polled]),
        starts("no_hpet", "A counter that isn't there would be read.", "0-3", nodes=2, cpus=2,
               mem="128M", qemu=["-machine", "hpet=off"]),
        starts("no_pit", "A counter that doesn't count would be waited for.", "0-3", nodes=2, cpus=2,
               mem="128M", qemu=["-machine", "pit=off"], log=["clock: TSC at .* by the ACPI PM timer"]),
        starts("i440fx", "Only one kind of machine would start its CPUs.", "0-3", nodes=2, cpus=2,
               mem="128M", qemu=["-machine", "pc"]),
    ]


def scenarios():
    return options() + absent() + ids() + interrupts()
