"""tools/run: what it tells QEMU, and that every way in which a run can go wrong ends as a failure that
says which it was. A runner that takes a dead kernel for a healthy one hides every other fault."""

import os
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import harness
from atoll import qemu, serial

GOOD = r"printf '[    0.000000] Atoll\r\n--- help\r\ntext\r\n--- rc=0\r\n'; exit 0"


class Endings(unittest.TestCase):
    """A script for QEMU's part, the exit status that must come of it, and words of the sentence."""

    def ends(self, script, status, *words, args=("--exec", "help")):
        with harness.FakeMachine(script) as machine:
            done = machine.run(*args)
        self.assertEqual(status, done.returncode, done.stderr)
        for word in words:
            self.assertIn(word, done.stderr)
        if status:
            self.assertEqual(1, sum(line.startswith("tools/run: ") for line in
                                    done.stderr.splitlines()), done.stderr)
        return done

    def test_clean_power_off_is_0_and_newlines_are_plain(self):
        done = self.ends(GOOD, 0)
        self.assertEqual("[    0.000000] Atoll\n--- help\ntext\n--- rc=0\n", done.stdout)
        self.assertEqual("", done.stderr)

    def test_failed_command_is_1_and_named(self):
        self.ends(r"printf '[    0.0] A\n--- help\nno\n--- rc=2\n'; exit 1", 1,
                  'command "help" failed with rc=2')

    def test_failed_command_counts_though_the_machine_powers_off(self):
        self.ends(r"printf '[    0.0] A\n--- help\nno\n--- rc=2\n'; exit 0", 1, "rc=2")

    def test_exit_device_counts_though_all_rc_are_0(self):
        self.ends(GOOD.replace("exit 0", "exit 1"), 1, "exit device")

    def test_fewer_results_than_commands_is_1(self):
        self.ends(GOOD, 1, "1 of 2 commands ended", '"ktest"', args=("--exec", "help; ktest"))

    def test_no_result_at_all_is_1(self):
        self.ends(r"printf '[    0.000000] Atoll\n'; exit 0", 1, "ended before any command did")

    def test_silent_kernel_is_1(self):
        self.ends("exit 0", 1, "silent: it printed nothing at all")

    def test_silent_kernel_that_hangs_is_124(self):
        self.ends("exec sleep 50", 124, "time-out", "silent", args=("--exec", "help", "--timeout", "1"))

    def test_hang_is_124_and_tells_the_last_line(self):
        self.ends(r"printf '[    0.1] first\n[    0.2] waiting for node 7\n'; exec sleep 50", 124,
                  "time-out", "waiting for node 7", "0 of 1", args=("--exec", "help", "--timeout", "1"))

    def test_panic_is_3_and_quoted(self):
        self.ends(r"printf '[    0.1] Kernel panic: no memory on node 3\n'; exit 3", 3,
                  "panicked", "no memory on node 3")

    def test_panic_without_exit_device_is_3(self):
        self.ends(r"printf '[    0.1] Kernel panic: stuck\n'; exec sleep 50", 3, "stuck",
                  args=("--exec", "help", "--timeout", "2"))

    def test_panic_that_powers_off_is_3(self):
        self.ends(r"printf '[    0.1] Kernel panic: oh\n'; exit 0", 3, "Kernel panic: oh")

    def test_panic_status_without_a_line_is_3(self):
        self.ends(r"printf '[    0.1] fine so far\n'; exit 3", 3, "fine so far")

    def test_the_word_panic_in_a_commands_output_is_no_panic(self):
        self.ends(r"printf -- '--- help\nKernel panic: what one looks like\n--- rc=0\n'; exit 0", 0)

    def test_output_cut_off_in_a_line_is_1(self):
        self.ends(r"printf -- '--- help\nok 1 - buddy.spl'; exit 0", 1, "cut off in the middle",
                  "buddy.spl")

    def test_unexpected_exit_status_is_1(self):
        self.ends(r"printf '[    0.1] x\n'; exit 77", 1, "unexpected exit status 77")

    def test_qemu_killed_is_1(self):
        self.ends(r"printf '[    0.1] x\n'; kill -SEGV $$", 1, "signal 11")

    def test_triple_fault_is_1(self):
        log = "while [ $# -gt 0 ]; do [ \"$1\" = -D ] && echo 'Triple fault' >$2; shift; done; "
        self.ends(log + r"printf '[    0.1] about to load tables\n'; exit 0", 1, "triple fault",
                  "about to load tables")

    def test_qemu_that_does_not_start_is_2_with_its_words(self):
        self.ends("echo 'qemu: unsupported machine type' >&2; exit 1", 2, "did not start",
                  "unsupported machine type")

    def test_missing_qemu_is_2(self):
        with harness.FakeMachine(GOOD) as machine:
            done = machine.run("--exec", "help", qemu="/nonexistent/qemu")
        self.assertEqual(2, done.returncode)
        self.assertIn("QEMU is missing", done.stderr)

    def test_poweroff_command_needs_no_result(self):
        self.ends(r"printf -- '--- poweroff\n'; exit 0", 0, args=("--exec", "poweroff; help"))

    def test_without_commands_a_power_off_is_0(self):
        self.ends(r"printf '[    0.000000] Atoll\natoll> '; exit 0", 0, args=())

    def test_typed_input_reaches_the_kernel_after_it_has_spoken(self):
        with harness.FakeMachine(r"printf '> '; read line; echo got $line") as machine:
            done = machine.run(stdin="help\n")
        self.assertEqual("> got help\n", done.stdout)


class Building(unittest.TestCase):
    def test_kernel_that_does_not_build_says_the_first_error(self):
        with tempfile.TemporaryDirectory() as directory:
            harness.executable(Path(directory) / "make", "#!/bin/sh\necho '  CC mm/zone.c'\n"
                               "echo 'mm/zone.c:7:3: error: no such thing'\necho 'make: *** [x] Error'\n"
                               "exit 2\n")
            missing = Path(directory) / "atoll.elf"
            with (mock.patch.object(qemu, "DEFAULT_KERNEL", missing),
                  mock.patch.dict(os.environ, PATH=f"{directory}:{os.environ['PATH']}"),
                  mock.patch("sys.stderr"), self.assertRaises(qemu.UsageError) as raised):
                qemu.ensure_kernel(missing)
        self.assertIn("does not build: mm/zone.c:7:3: error: no such thing", str(raised.exception))


class CommandLine(unittest.TestCase):
    def told(self, *args):
        with harness.FakeMachine(GOOD) as machine:
            done = machine.run("--exec", "help", *args)
            self.assertNotEqual(2, done.returncode, done.stderr)
            return machine.told_qemu()

    def refused(self, *args):
        with harness.FakeMachine(GOOD) as machine:
            done = machine.run(*args)
        self.assertEqual(2, done.returncode, done.stderr)
        return done.stderr

    def test_default_is_two_nodes_of_two_cpus_and_512m(self):
        told = self.told()
        self.assertIn("node,nodeid=1,cpus=2-3,memdev=mem1", told)
        self.assertIn("memory-backend-ram,id=mem1,size=536870912", told)
        self.assertIn('exec="help"', told)
        self.assertIn("tcg", told)

    def test_nodes_0_has_no_numa_and_totals(self):
        told = self.told("--nodes", "0", "--cpus", "3", "--mem", "100M")
        self.assertNotIn("-numa", told)
        self.assertIn("102400k", told)

    def test_extra_arguments_come_last_and_may_choose_the_accelerator(self):
        told = self.told("--", "-accel", "kvm")
        self.assertEqual(["-accel", "kvm"], told[-2:])
        self.assertNotIn("tcg", told)

    def test_options_reach_qemu(self):
        told = " ".join(self.told("--icount", "--gdb", "4321", "--append", "numa=off"))
        for words in ("shift=0,sleep=off", "-S -gdb tcp:127.0.0.1:4321", 'numa=off exec="help"'):
            self.assertIn(words, told)

    def test_long_or_quoted_commands_go_by_fw_cfg(self):
        for commands in ('echo "a;b"', "help; " * 500 + "help", "echo caf\u00e9"):
            with harness.FakeMachine("for a; do case $a in name=opt/atoll/exec,file=*) "
                                     "cat ${a#*file=};; esac; done") as machine:
                done = machine.run("--exec", commands)
                self.assertEqual(commands, done.stdout)
                self.assertNotIn("-append", machine.told_qemu())

    def test_64_kib_of_commands_arrive(self):
        commands = "help; " * 11000
        with harness.FakeMachine("for a; do case $a in name=opt/atoll/exec,file=*) "
                                 "wc -c <${a#*file=};; esac; done") as machine:
            done = machine.run("--exec", commands)
        self.assertEqual(str(len(commands)), done.stdout.strip())

    def test_acpitable_with_a_comma_in_its_name_arrives(self):
        with tempfile.TemporaryDirectory() as directory:
            table = Path(directory) / "a,b:c.aml"
            table.write_bytes(b"SRAT" + bytes(44))
            told = self.told("--acpitable", str(table))
        value = told[told.index("-acpitable") + 1]
        self.assertNotIn(",", value.removeprefix("file="))

    def test_bad_arguments_are_refused_with_a_sentence(self):
        short = harness.ROOT / "LICENSE.missing"
        for args, words in ((("--topo", "rings-4"), "ring-4"),
                            (("--topo", "/nonexistent.toml"), "No such file"),
                            (("--topo", "two-nodes", "--cpus", "4"), "--cpus"),
                            (("--nodes", "-1"), "--nodes"), (("--nodes", "129"), "128"),
                            (("--nodes", "two"), "--nodes"), (("--cpus", "0"), "CPUs"),
                            (("--cpus", "128"), "256 CPUs"), (("--mem", "512"), "512M"),
                            (("--mem", "0"), "memory"), (("--mem", "1K"), "8 KiB"),
                            (("--exec", " ; "), "--exec"), (("--timeout", "0"), "--timeout"),
                            (("--gdb", "70000"), "--gdb"), (("--boot", "floppy"), "--boot"),
                            (("--acpitable", str(short)), "No such file"), (("--exce", "x"), "--exce"),
                            (("--kernel", "/nonexistent"), "no such file")):
            with self.subTest(args=args):
                self.assertIn(words, self.refused(*args))

    def test_table_shorter_than_its_header_is_refused(self):
        with tempfile.NamedTemporaryFile() as table:
            table.write(b"SRAT")
            table.flush()
            self.assertIn("36-byte header", self.refused("--acpitable", table.name))


class Commands(unittest.TestCase):
    def test_commands_are_counted_as_the_kernel_does(self):
        self.assertEqual(['echo "a;b"', "ls '; #' x", "help"],
                         serial.split_commands('echo "a;b"; ls \'; #\' x;; # no; more\nhelp;'))

    def test_sections_have_output_without_log_lines(self):
        text = "[    0.1] a\n--- one\nx\n[    0.2] b\ny\n--- rc=0\n--- two\n--- rc=5\n--- three\nz"
        found = [(s.command, s.lines, s.rc) for s in serial.sections(text)]
        self.assertEqual([("one", ["x", "y"], 0), ("two", [], 5), ("three", ["z"], None)], found)


if __name__ == "__main__":
    harness.main()
