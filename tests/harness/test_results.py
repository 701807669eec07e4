"""Reading results: a kernel that reports less than it planned, nothing, or something that does not
add up is a failure that says so, and never counts as passed."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import harness
from atoll import jobs, ktap, scenario
from atoll.scenario import Command, Scenario

GOOD = """[    0.000000] Atoll
--- ktest
KTAP version 1
1..2
    KTAP version 1
    # Subtest: buddy
    1..2
    ok 1 splits
[    0.500000] a log line
    ok 2 merges # SKIP one zone only
# buddy: pass:1 fail:0 skip:1 total:2
ok 1 buddy
    KTAP version 1
    # Subtest: zone
    1..1
    ok 1 spans
ok 2 zone
--- rc=0
"""
FAILED = GOOD.replace("    ok 1 spans", "    # mm/t.c:4: expected 1, got 2\n    not ok 1 spans").replace(
    "ok 2 zone", "not ok 2 zone").replace("rc=0", "rc=1")
TEST_FAILED = 'command "ktest" failed with rc=1.'


class Ktap(unittest.TestCase):
    def problems(self, text):
        return " ".join(ktap.parse(text).problems)

    def test_leaves_count_and_suites_do_not(self):
        report = ktap.parse(GOOD)
        self.assertEqual([("buddy.splits", "pass"), ("buddy.merges", "skip"), ("zone.spans", "pass")],
                         [(r.name, r.state) for r in report.results])
        self.assertEqual([], report.problems)
        self.assertEqual(["one zone only"], report.results[1].notes)

    def test_failure_has_its_diagnostics(self):
        report = ktap.parse(FAILED)
        self.assertEqual(["zone.spans"], [r.name for r in report.failed])
        self.assertEqual(["mm/t.c:4: expected 1, got 2"], report.failed[0].notes)
        self.assertEqual([], report.problems)

    def test_plain_tap_is_read_too(self):
        report = ktap.parse("TAP version 13\n1..2\nok 1 - a.b\nnot ok 2 - a.c\n# Totals: 1\n")
        self.assertEqual([("a.b", "pass"), ("a.c", "fail")], [(r.name, r.state)
                                                             for r in report.results])
        self.assertEqual([], report.problems)

    def test_short_plan_of_a_suite(self):
        self.assertIn('short plan: suite "buddy" planned 2 tests and reported 1',
                      self.problems(GOOD.replace("    ok 2 merges # SKIP one zone only\n", "")))

    def test_short_plan_of_the_run(self):
        self.assertIn("short plan: the run planned 3 tests and reported 2",
                      self.problems(GOOD.replace("1..2\n    KTAP", "1..3\n    KTAP")))

    def test_ending_inside_a_suite(self):
        self.assertIn("short plan", self.problems(GOOD[:GOOD.index("    ok 1 spans")]))

    def test_more_results_than_planned(self):
        self.assertIn("planned 1 tests and reported 2", self.problems("1..1\nok 1 a\nok 2 b\n"))

    def test_missing_plan(self):
        self.assertIn("no plan", self.problems("KTAP version 1\nok 1 a\n"))

    def test_numbers_that_skip_one(self):
        self.assertIn("has number 3, expected 2", self.problems("1..2\nok 1 a\nok 3 b\n"))

    def test_suite_that_hides_a_failure(self):
        self.assertIn('suite "zone" is ok, but 1 of its tests failed',
                      self.problems(FAILED.replace("not ok 2 zone", "ok 2 zone")))

    def test_bail_out(self):
        self.assertIn("gave up: no memory", self.problems("1..1\nBail out! no memory\nok 1 a\n"))

    def test_no_tests(self):
        for text in ("", "[    0.1] Atoll\n", "KTAP version 1\n1..0\n"):
            self.assertIn("no tests were run", self.problems(text))


class Kernel(unittest.TestCase):
    """judge_kernel: what came of a boot with `ktest`."""

    def judge(self, text, status=0, sentence=""):
        outcome = jobs.judge_kernel(text, status, sentence)
        return outcome.passed, " ".join(f"{name}: {reason}" for name, reason in outcome.failed)

    def test_good_run_counts_each_test(self):
        self.assertEqual((2, ""), self.judge(GOOD))

    def test_failed_test_counts_once(self):
        self.assertEqual((1, "zone.spans: mm/t.c:4: expected 1, got 2"),
                         self.judge(FAILED, 1, TEST_FAILED))

    def test_failed_test_behind_a_good_exit_is_told(self):
        self.assertIn("ended with rc=0", self.judge(FAILED)[1])

    def test_panic_hang_and_missing_qemu_are_told_in_their_words(self):
        for status, sentence in ((3, "the kernel panicked: oh"), (124, "time-out: x"),
                                 (2, "QEMU is missing: x")):
            self.assertIn(sentence, self.judge(GOOD[:200], status, sentence)[1])

    def test_failure_that_no_test_explains_is_told(self):
        self.assertIn("cut off", self.judge(GOOD, 1, "the output was cut off")[1])

    def test_no_tests_is_a_failure(self):
        self.assertIn("no tests were run", self.judge("--- ktest\n--- rc=0\n")[1])

    def test_crash_of_the_host_program_is_a_failure(self):
        outcome = jobs.judge_host("1..2\nok 1 a\n==1==ERROR: AddressSanitizer: overflow\n", 1)
        self.assertEqual(1, outcome.passed)
        self.assertIn("ERROR: AddressSanitizer: overflow", outcome.failed[0][1])
        self.assertIn("signal 11", jobs.judge_host("1..1\nok 1 a\n", -11).failed[0][1])


class Boots(unittest.TestCase):
    """Scenarios: what each expectation does when it is not met."""

    TEXT = ("[    0.1] SRAT: entry 3 runs past the end\n--- cat /sys/devices/system/node/online\n0-1\n"
            "--- rc=0\n--- cat /x\none\ntwo\n--- rc=0\n")

    def judge(self, status=0, sentence="", text=TEXT, **how):
        item = Scenario(name="s", **{"online": "0-1", "commands": ["cat /x"], **how})
        return " ".join(scenario.judge(item, text, status, sentence))

    def test_met_expectations_are_silent(self):
        self.assertEqual("", self.judge(log=["entry 3 .* end"], refuse_log=["panic"],
                                        check=lambda boot: [] if boot.output("cat /x") ==
                                        ["one", "two"] else ["output"],
                                        commands=[Command("cat /x", ["^two$"], ["three"])]))

    def test_each_unmet_expectation_is_told(self):
        for how, words in (({"online": "0"}, "/^0$/"), ({"log": ["SLIT"]}, "the log has no line"),
                           ({"refuse_log": ["SRAT"]}, "the log has a line"),
                           ({"commands": [Command("cat /x", ["three"])]}, "no line that matches"),
                           ({"commands": [Command("cat /x", [], ["one"])]}, "has a line"),
                           ({"check": lambda boot: ["node 3 is lost"]}, "node 3 is lost"),
                           ({"commands": [Command("cat /x", fails=True)]}, "expected a failure"),
                           ({"status": 3, "sentence": "the kernel panicked"}, "panicked"),
                           ({"text": self.TEXT[:-9], "status": 1, "sentence": "cut off"}, "cut off")):
            with self.subTest(how=how):
                self.assertIn(words, self.judge(**how))

    def test_death_must_be_the_one_that_was_expected(self):
        for status, sentence, fine in ((3, "panicked: oh", True), (3, "panicked: ah", False),
                                       (0, "", False), (124, "time-out: oh", False)):
            self.assertEqual(fine, self.judge(status, sentence, dies=(3, "oh")) == "")

    def test_tables_reach_the_machine(self):
        item = Scenario(name="s", nodes=0, tables=lambda: [b"SRAT" + bytes(44)])
        with tempfile.TemporaryDirectory() as directory:
            args = item.arguments(directory, 5)
            path = args[args.index("--acpitable") + 1]
            self.assertEqual(b"SRAT" + bytes(44), Path(path).read_bytes())

    def test_file_that_cannot_be_loaded_is_a_failed_job(self):
        with tempfile.TemporaryDirectory() as root:
            boot = Path(root) / "tests" / "boot"
            boot.mkdir(parents=True)
            (boot / "test_broken.py").write_text("import nothing_of_this_name\n")
            with mock.patch.object(jobs, "ROOT", Path(root)):
                found = jobs.boot_jobs()
            outcome = jobs.attempt(found[0], Path(root) / "log", 1, None)
        self.assertIn("nothing_of_this_name", outcome.failed[0][1])


class Tool(unittest.TestCase):
    def test_no_tests_selected_is_a_failure(self):
        done = subprocess.run([sys.executable, "tools/test", "-k", "no.such.job"], cwd=harness.ROOT,
                              text=True, capture_output=True)
        self.assertEqual(1, done.returncode)
        self.assertEqual("0 passed, 0 failed", done.stdout.splitlines()[-1])

    def test_kernel_that_does_not_build_fails_what_needs_it(self):
        job = jobs.Job("kernel.x", run=lambda log, scale: self.fail("was run"), needs="debug")
        with tempfile.TemporaryDirectory() as directory:
            outcome = jobs.attempt(job, Path(directory) / "log", 1, "the kernel does not build: e")
        self.assertIn("does not build: e", outcome.failed[0][1])

    def test_build_error_is_the_compilers_first(self):
        with tempfile.TemporaryDirectory() as directory:
            harness.executable(Path(directory) / "make", "#!/bin/sh\necho 'a.c:1:2: error: first'\n"
                               "echo 'a.c:9:2: error: second'\nexit 2\n")
            with mock.patch.dict("os.environ", PATH=f"{directory}:/usr/bin:/bin"):
                outcome = jobs.build_job("debug").run(Path(directory) / "log", 1)
        self.assertEqual("the debug kernel does not build: a.c:1:2: error: first",
                         outcome.failed[0][1])


if __name__ == "__main__":
    harness.main()
