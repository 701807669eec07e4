"""tools/bench: lines are read, rows are paired, targets are judged, and what is slower is told."""

import unittest

import harness  # noqa: F401, for the path
from atoll import bench

OURS = """BENCH calibrate insns=2000000 ticks=2000010
BENCH page_alloc.local order=0 alloc=57 free=49
BENCH page_alloc.exhaust order=9 pages=512 alloc100=48 free100=41
BENCH sched.create ticks=3752
BENCH page_alloc.contention mode=order0 cpus=16 ops=320000 zone_locks=15 contended=0 ns=9
"""
THEIRS = """[    0.048891] Memory: 1K/2K available (14343K kernel code, 2338K rwdata, 9132K rodata, \
2824K init, 17344K bss, 90416K reserved, 0K cma-reserved)
[    1.766653] Run /init as init process
[    1.774662] BENCH calibrate insns=2000000 ticks=2000008
[    1.775345] BENCH page_alloc.local order=0 alloc=369 free=261
[    2.792101] BENCH page_alloc.exhaust order=9 pages=512 alloc100=1490 free100=1906
[    2.792397] BENCH sched.create ticks=2000
"""


def row(atoll, linux=None, most=None, label="a"):
    return bench.Row("s", label, atoll, linux, most=most)


class Lines(unittest.TestCase):
    def test_both_kernels_lines_are_read_alike(self):
        ours, theirs = bench.parse(OURS), bench.parse(THEIRS)
        self.assertEqual({"alloc": 57, "free": 49}, ours["page_alloc.local", "order=0"])
        self.assertEqual(369, bench.value(theirs, "page_alloc.local", "alloc", "order=0"))
        self.assertIsNone(bench.value(theirs, "page_alloc.local", "alloc", "order=1"))

    def test_what_is_no_measurement_is_left_out(self):
        self.assertEqual({}, bench.parse("--- bench boot\nBENCHMARK x=1\nthe BENCH is long\n"))

    def test_ticks_that_are_no_instructions_are_refused(self):
        bench.check_calibration(bench.parse(OURS), "Atoll")
        for text in ("", "BENCH calibrate insns=2000000 ticks=5000000"):
            with self.assertRaises(bench.BenchError):
                bench.check_calibration(bench.parse(text), "Atoll")


class Rows(unittest.TestCase):
    def rows(self):
        return {r.label: r for r in bench.counted_rows(bench.parse(OURS), bench.parse(THEIRS))}

    def test_ratio_is_linux_by_atoll(self):
        self.assertAlmostEqual(369 / 57, self.rows()["order 0, alloc, own node"].ratio)
        self.assertIsNone(row(5).ratio)
        self.assertIsNone(row(0, 5).ratio)

    def test_hundredths_become_instructions(self):
        self.assertAlmostEqual(14.9, self.rows()["exhaust a node by order 9"].linux)

    def test_a_row_with_a_target_is_missed_if_nothing_was_measured(self):
        missing = self.rows()["kmalloc, 64 bytes"]
        self.assertIs(False, missing.met)
        self.assertIn("not measured", bench.problems([missing], {})[0][0])

    def test_rows_that_nobody_measured_and_nobody_wants_are_left_out(self):
        self.assertNotIn("kmalloc, 8 bytes", self.rows())

    def test_target_is_met_up_to_its_value(self):
        self.assertTrue(row(60, most=60).met)
        self.assertFalse(row(61, most=60).met)
        self.assertIsNone(row(61).met)

    def test_contention_is_locks_for_16_operations(self):
        locks, taken = bench.contention_rows(bench.parse(OURS))
        self.assertAlmostEqual(15 * 16 / 320000, locks.atoll)
        self.assertEqual((0, 2, True), (taken.atoll, taken.most, taken.met))

    def test_memory_of_a_gib_is_the_difference_of_two_machines(self):
        gib = 1 << 20
        rows = bench.memory_rows([2 * gib, 4 * gib, 8 * gib], [2 * gib - 10, 4 * gib - 20, 8 * gib - 60],
                                 [2 * gib - 100, 4 * gib - 200, 8 * gib - 600])
        self.assertEqual([(10, 100), (20, 200), (10, 100)], [(r.atoll, r.linux) for r in rows])

    def test_times_by_the_clock_show_median_and_spread(self):
        r = bench.wall_row("s", "boot", [(1, 10), (2, 24), (1, 30)], "seconds")
        self.assertEqual((1, 24, "10.0 to 30.0 in 3 turns"), (r.atoll, r.linux, r.spread))
        self.assertIsNone(bench.wall_row("s", "boot", [], "seconds"))


class Table(unittest.TestCase):
    def test_where_linux_is_better_the_table_says_so(self):
        self.assertIn("Linux is better", bench.table([row(30, 20)], {})[-1])
        self.assertNotIn("Linux is better", bench.table([row(20, 30)], {})[-1])

    def test_target_that_is_not_met_fails(self):
        lines, (failed, _) = bench.table([row(61, 99, 60)], {}), bench.problems([row(61, 99, 60)], {})
        self.assertIn("<= 60: NOT MET", lines[-1])
        self.assertEqual(1, len(failed))
        self.assertIn("<= 60: met", bench.table([row(60, 99, 60)], {})[-1])

    def test_slower_than_the_table_said_is_told_and_does_not_fail(self):
        before = bench.read_before("\n".join(bench.table([row(50, 99)], {})))
        self.assertEqual({"a": 50.0}, before)
        self.assertIn("slower: was 50", bench.table([row(60, 99)], before)[-1])
        self.assertNotIn("slower", bench.table([row(50, 99)], before)[-1])
        failed, told = bench.problems([row(60, 99)], before)
        self.assertEqual((0, 1), (len(failed), len(told)))

    def test_page_names_command_date_and_versions(self):
        page = bench.document([row(1, 2)], {}, ["Linux 6.1"], "make bench", "2001-02-03")
        for words in ("`make bench`", "2001-02-03", "* Linux 6.1", "| a | 1 | 2 | 2.0 |"):
            self.assertIn(words, page)

    def test_a_table_that_is_read_back_is_whole(self):
        rows = [row(57, 369, 60, "x"), row(0.48, 14.9, label="y"), row(None, 3, label="z")]
        self.assertEqual({"x": 57, "y": 0.48}, bench.read_before("\n".join(bench.table(rows, {}))))


class Linux(unittest.TestCase):
    def test_log_tells_when_the_first_program_began_and_how_large_the_kernel_is(self):
        from atoll import bench_linux
        self.assertEqual(1766653000, bench_linux.ready_ticks(THEIRS))
        self.assertEqual(14343 + 2338 + 9132 + 2824 + 17344, bench_linux.image_kib(THEIRS))
        self.assertIsNone(bench_linux.ready_ticks(OURS))
        self.assertIsNone(bench_linux.image_kib(OURS))


if __name__ == "__main__":
    harness.main()
