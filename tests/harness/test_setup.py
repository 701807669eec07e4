"""tools/setup: says what to do where it can't help, installs where it can, and is quick where nothing
is missing. Commands are hidden by a PATH that has only what the script itself uses."""

import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

import harness

NEEDED_BY_SCRIPT = ("bash", "sed", "awk", "grep", "cut", "tr", "id", "env", "cat", "python3", "sh")


class Setup(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.bin = Path(temporary.name)
        for command in NEEDED_BY_SCRIPT:
            (self.bin / command).symlink_to(shutil.which(command))
        harness.executable(self.bin / "id", "#!/bin/sh\necho 0\n")
        self.release = self.bin / "os-release"

    def run_setup(self, release, *args, path=None):
        self.release.write_text(release)
        return subprocess.run(["bash", str(harness.ROOT / "tools" / "setup"), *args], text=True,
                              capture_output=True, stdin=subprocess.DEVNULL,
                              env={**os.environ, "PATH": path or str(self.bin),
                                   "ATOLL_OS_RELEASE": str(self.release)})

    def fake_apt(self, status=0):
        """An apt-get that writes down what it is asked for."""
        log = self.bin / "apt.log"
        harness.executable(self.bin / "apt-get", f'#!/bin/sh\necho "$@" >>{log}\nexit {status}\n')
        return log

    def test_unknown_system_gets_the_package_names_of_four(self):
        done = self.run_setup("ID=slackware\n")
        self.assertEqual(1, done.returncode)
        for words in ("Debian", "apt-get install", "qemu-system-x86", "Fedora", "dnf install",
                      "edk2-ovmf" if "ovmf" in done.stderr else "xorriso", "Arch", "pacman -S",
                      "libisoburn", "macOS", "brew install", "x86_64-elf-gcc"):
            self.assertIn(words, done.stderr)

    def test_debian_asks_apt_for_what_is_missing_only(self):
        harness.executable(self.bin / "nasm", "#!/bin/sh\n")
        log = self.fake_apt()
        done = self.run_setup("ID=debian\n")
        asked = log.read_text()
        self.assertIn("qemu-system-x86", asked)
        self.assertNotIn("nasm", asked)
        self.assertEqual(1, done.returncode)  # this apt-get installs nothing, and that is noticed
        self.assertIn("still missing", done.stderr)

    def test_ubuntu_is_a_debian(self):
        log = self.fake_apt()
        self.run_setup('ID=ubuntu\nID_LIKE=debian\n')
        self.assertIn("install", log.read_text())

    def test_apt_that_fails_is_told(self):
        self.fake_apt(status=100)
        done = self.run_setup("ID=debian\n")
        self.assertEqual(1, done.returncode)
        self.assertIn("apt-get failed (status 100)", done.stderr)

    def test_without_root_and_sudo_the_command_is_told(self):
        harness.executable(self.bin / "id", "#!/bin/sh\necho 1000\n")
        self.fake_apt()
        done = self.run_setup("ID=debian\n")
        self.assertEqual(1, done.returncode)
        self.assertIn("run as root: apt-get install", done.stderr)

    def test_root_by_sudo(self):
        harness.executable(self.bin / "id", "#!/bin/sh\necho 1000\n")
        harness.executable(self.bin / "sudo", '#!/bin/sh\n[ "$1" = -n ] && shift\nexec "$@"\n')
        (self.bin / "true").symlink_to(shutil.which("true"))
        log = self.fake_apt()
        self.run_setup("ID=debian\n")
        self.assertIn("install", log.read_text())

    def test_old_python_is_told(self):
        for command in ("gcc", "make", "nasm", "qemu-system-x86_64", "grub-mkrescue", "xorriso",
                        "mformat", "iasl", "clang-format", "cppcheck", "gdb"):
            harness.executable(self.bin / command, "#!/bin/sh\n")
        harness.executable(self.bin / "clang", "#!/bin/sh\necho 14.0.6\n")
        (self.bin / "python3").unlink()
        harness.executable(self.bin / "python3", '#!/bin/sh\n[ "$1" = --version ] && echo Python 3.9.2\n'
                           "exit 1\n")
        done = self.run_setup("ID=slackware\n")
        self.assertEqual(1, done.returncode)
        if "tools are missing" not in done.stderr:  # files, as OVMF, cannot be faked
            self.assertIn("Python 3.11 or later is needed, this is Python 3.9.2", done.stderr)

    def test_wrong_argument_is_2(self):
        self.assertEqual(2, self.run_setup("ID=debian\n", "--all").returncode)


if __name__ == "__main__":
    harness.main()
