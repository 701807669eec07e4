"""tools/check_layers: each rule, broken once in a small tree, is reported at its line; a tree that
keeps them is silent. A checker that lets everything pass looks just like a clean house."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import harness

CLEAN = {
    "kernel/lib/list.h": "#include <stddef.h>\n",
    "arch/x86_64/insn.h": '#include <stdint.h>\n',
    "arch/x86_64/apic.h": '#include "arch/x86_64/insn.h"\n',
    "arch/x86_64/include/arch/irq.h": '#include "arch/x86_64/insn.h"\n',
    "arch/x86_64/include/arch/cpu.h": "#include <stdint.h>\n",
    "kernel/printk.h": '#include "kernel/lib/list.h"\n',
    "kernel/ktest.h": "\n",
    "kernel/main.h": "\n",
    "kernel/fs/vfs.h": '#include "mm/zone.h"\n#include "sched/rq.h"\n',
    "kernel/acpi/acpi.h": '#include "kernel/printk.h"\n',
    "kernel/acpi/layout.h": "struct t { int x; } __packed;\n",
    "kernel/acpi/srat.c": '#include "kernel/acpi/layout.h"\n',
    "boot/multiboot2.h": "\n",
    "boot/bootinfo.c": '#include "boot/multiboot2.h"\n#include "kernel/acpi/acpi.h"\n',
    "mm/zone.h": '#include "kernel/acpi/acpi.h"\n#include <arch/cpu.h>\n#include "kernel/ktest.h"\n',
    "mm/zone_internal.h": '#include "mm/zone.h"\n',
    "sched/rq.h": '#include "mm/zone.h"\n',
    "tests/kernel/test_zone.c": '#include "mm/zone_internal.h"\n#include "kernel/fs/vfs.h"\n',
    "tests/host/main.c": '#include <stdio.h>\n#include "mm/zone_internal.h"\n',
}

BREAKS = {  # rule: (file, its second line, words of the report)
    "lib stands alone": ("kernel/lib/list.h", '#include "kernel/printk.h"', "kernel/lib must not"),
    "lib takes the bottom of arch only": ("kernel/lib/list.h", "#include <arch/cpu.h>", "must not"),
    "services are below mm": ("kernel/printk.h", '#include "mm/zone.h"', "must not include mm/zone.h"),
    "mm is below sched": ("mm/zone.h", '#include "sched/rq.h"', "must not include sched/rq.h"),
    "nobody below includes fs": ("mm/zone.h", '#include "kernel/fs/vfs.h"', "is the top"),
    "nobody below includes main": ("sched/rq.h", '#include "kernel/main.h"', "is the top"),
    "arch is below mm": ("arch/x86_64/apic.h", '#include "mm/zone.h"', "must not"),
    "private arch headers": ("mm/zone.h", '#include "arch/x86_64/apic.h"', "arch/x86_64 (private)"),
    "private arch headers, tests too": ("tests/kernel/test_zone.c", '#include "arch/x86_64/apic.h"',
                                        "arch/x86_64 (private)"),
    "the contract hides arch": ("arch/x86_64/include/arch/cpu.h", '#include "arch/x86_64/apic.h"',
                                "arch/x86_64 (private)"),
    "insn.h is arch's": ("kernel/printk.h", '#include "arch/x86_64/insn.h"', "must not include"),
    "internal headers": ("sched/rq.h", '#include "mm/zone_internal.h"', "private to mm/"),
    "loaders": ("boot/start.c", '#include "boot/multiboot2.h"', "only boot/bootinfo.c"),
    "layouts": ("mm/zone.h", '#include "kernel/acpi/layout.h"', "declares ACPI's layouts"),
    "the host's headers": ("kernel/printk.h", "#include <stdio.h>", "no header of the kernel's"),
    "arch in brackets": ("mm/zone.h", '#include "arch/x86_64/include/arch/cpu.h"', "angle brackets"),
    "paths from the root": ("mm/zone_internal.h", '#include "zone.h"', "path from the root"),
    "no source files": ("kernel/acpi/acpi.h", '#include "kernel/acpi/srat.c"', "is not a header"),
    "no cycles": ("mm/zone.h", '#include "mm/zone_internal.h"',
                  "mm/zone.h -> mm/zone_internal.h -> mm/zone.h"),
}


class Layers(unittest.TestCase):
    def check(self, tree):
        with tempfile.TemporaryDirectory() as root:
            for name, text in tree.items():
                path = Path(root) / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            return subprocess.run([sys.executable, str(harness.ROOT / "tools" / "check_layers"), root],
                                  text=True, capture_output=True)

    def test_clean_tree_is_silent(self):
        done = self.check(CLEAN)
        self.assertEqual((0, "", ""), (done.returncode, done.stdout, done.stderr))


def reports(path, line, words):
    def test(self):
        kept = CLEAN.get(path, "\n")
        done = self.check({**CLEAN, path: f"/* a comment */\n{line}\n{kept}"})
        self.assertEqual(1, done.returncode)
        self.assertIn(words, done.stdout)
        if "->" not in words:  # a cycle is reported where the walk closes it
            self.assertIn(f"{path}:2: ", done.stdout)

    return test


for rule, (bad_path, bad_line, bad_words) in BREAKS.items():
    setattr(Layers, f"test_reports_{rule}", reports(bad_path, bad_line, bad_words))


if __name__ == "__main__":
    harness.main()
