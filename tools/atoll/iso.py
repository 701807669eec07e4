"""A bootable ISO image of the kernel: GRUB with multiboot2, for BIOS and UEFI at once."""

import shutil
import subprocess
import tempfile
from pathlib import Path

GRUB_CONFIG = """set timeout=0
menuentry "Atoll" {{
    multiboot2 /boot/atoll.elf{arguments}
{module}    boot
}}
"""


class IsoError(Exception):
    """The image cannot be made; the text says why."""


def grub_word(word):
    """A word as GRUB's shell takes it, whatever is in it."""
    return "'" + word.replace("'", "'\\''") + "'"


def grub_config(cmdline, has_module=False):
    return GRUB_CONFIG.format(arguments="".join(" " + grub_word(w) for w in cmdline.split()),
                              module="    module2 /boot/initrd.cpio\n" if has_module else "")


def build(kernel, cmdline, image, module=None):
    """Write the ISO @image that boots @kernel with @cmdline, and the file @module if there is one."""
    mkrescue = shutil.which("grub-mkrescue") or shutil.which("grub2-mkrescue")
    if not mkrescue:
        raise IsoError("grub-mkrescue was not found; tools/setup installs it.")
    with tempfile.TemporaryDirectory(prefix="atoll-iso-") as directory:
        grub = Path(directory) / "boot" / "grub"
        grub.mkdir(parents=True)
        (grub / "grub.cfg").write_text(grub_config(cmdline, module is not None))
        shutil.copy(kernel, Path(directory) / "boot" / "atoll.elf")
        if module:
            shutil.copy(module, Path(directory) / "boot" / "initrd.cpio")
        made = subprocess.run([mkrescue, "-o", str(image), directory], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, errors="replace")
    if made.returncode:
        said = made.stdout.strip().splitlines() or ["it said nothing"]
        raise IsoError(f"grub-mkrescue failed: {said[-1]}")
