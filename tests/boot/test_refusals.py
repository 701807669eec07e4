"""What users mistype: refused with a sentence, and the machine is as it was before."""

from atoll.scenario import Command, Scenario

VM = "/proc/sys/vm"
FAULT = "/sys/kernel/debug/fail_page_alloc"
# What no file of numbers takes.
RUBBISH = ["", "-1", "+1", "abc", "1x", "1.5", "99999999999999999999", "18446744073709551615"]
# A file, a number just above what it takes, and what Linux 6.1 says without being asked for anything else.
SETTINGS = [("drop_caches", "5", "0"), ("lowmem_reserve_ratio", "1 2 3 4 5 6", "256\t256\t32\t0\t0"),
            ("min_free_kbytes", "99999999", None), ("min_slab_ratio", "101", "5"),
            ("min_unmapped_ratio", "101", "1"), ("panic_on_oom", "3", "0"),
            ("watermark_scale_factor", "3001", "10"), ("zone_reclaim_mode", "8", "0")]
COMMANDS = [("explain --gfp GFP_KERNEL|__GFP_NOFAIL 10", "for ever"), ("explain 11", "0 to 10"),
            ("explain --node 99", "is no node"), ("explain --gfp", "wants a value"),
            ("fragmentation x", "takes nothing"), ("free -x", "there are -b"),
            ("memhog 0", "how much"), ("memhog -1", "how much"), ("memhog 16M --node 99", "online"),
            ("memhog 99999999999999999999", "how much"), ("memhog free 7", "no hog 7"),
            ("numastat -x", "there is -m"), ("vmstat 0", "how often"), ("vmstat 1 0", "how often"),
            ("pmem 0 read 0 1", "no range 0"), ("wc /proc", "directory"), ("cksum /", "directory"),
            ("cat /proc/sys/vm", "directory"), ("ls -x", "there is -l")]


def settings():
    """Everything that must be refused, and then what each file says."""
    for name, too_much, default in SETTINGS:
        for text in [*RUBBISH, too_much]:
            yield Command(f"echo {text} > {VM}/{name}", ["Invalid argument"], fails=True)
        if default:
            yield Command(f"cat {VM}/{name}", [f"^{default}$"])
    for name in ("interval", "min-order", "probability", "space", "verbose"):
        for text in RUBBISH[:-1]:
            yield Command(f"echo {text} > {FAULT}/{name}", ["Invalid argument"], fails=True)


def scenarios():
    healthy = [Command("verify", ["all invariants hold"]), Command("explain", ["serves"])]
    return [Scenario("settings_refuse_rubbish",
                     "A mistyped number would change how memory is managed, or stop all of it.",
                     topo="two-nodes", commands=[*settings(), *healthy]),
            Scenario("commands_refuse_rubbish",
                     "A mistyped command would hang the monitor, or do something that nobody asked for.",
                     topo="two-nodes",
                     commands=[*(Command(text, [why], fails=True) for text, why in COMMANDS),
                               *healthy])]
