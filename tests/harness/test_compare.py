"""tools/compare: what kernels print becomes facts, differences are seen and explained narrowly, machines
become smaller as long as they show something, and Linux isn't booted twice. A comparison that overlooks a
difference, or explains too much, would tell that all is well for ever."""

import os
import tempfile
import unittest
from dataclasses import replace
from pathlib import Path
from unittest import mock

import harness
from atoll import facts, linux, marks, questions, randommachine, serial, sidebyside, topology
from atoll.topology import Node, Topology

MIB = 1 << 20
TWO = Topology("two", (Node(1, 256 * MIB), Node(1, 256 * MIB)), distances=((10, 20), (20, 10)))

ZONEINFO = """Node 0, zone      DMA
  per-node stats
      nr_inactive_anon 59
  pages free     3808
        boost    0
        min      32
        low      40
        high     48
        spanned  4095
        present  3998
        managed  3840
        cma      0
        protection: (0, 188, 188, 188, 188)
      nr_free_pages 3808
  pagesets
    cpu: 0
              count: 0
              high:  40
              batch: 1
  vm stats threshold: 6
  node_unreclaimable:  0
  start_pfn:           1
Node 0, zone    DMA32
  pages free     40000
        min      413
        low      516
        high     619
        spanned  61408
        present  61408
        managed  48343
        protection: (0, 0, 0, 0, 0)
  start_pfn:           4096
Node 0, zone   Normal
  pages free     0
        min      0
        low      0
        high     0
        spanned  0
        present  0
        managed  0
        protection: (0, 0, 0, 0, 0)
Node 0, zone  Movable
  pages free     0
        managed  0
        protection: (0, 0, 0, 0, 0)
Node 0, zone   Device
  pages free     0
        managed  0
        protection: (0, 0, 0, 0, 0)
"""

LINUX_LOG = """[    0.1] Fallback order for Node 0: 0 1 
[    0.1] Fallback order for Node 1: 1 0 
[    2.1] CPU0 attaching sched-domain(s):
[    2.1]  domain-0: span=0-1 level=MC
[    2.1]   groups: 0:{ span=0 }, 1:{ span=1 }
[    2.1]   domain-1: span=0-5 level=NUMA
[    2.1]    groups: 0:{ span=0-3 mask=0-1 cap=4096 }, 4:{ span=4-5 cap=2048 }
[    2.2] CPU1 attaching NULL sched-domain.
"""


def answer(command, lines, rc=0):
    return f"--- {command}\n" + "".join(line + "\n" for line in lines) + f"--- rc={rc}\n"


def pattern(path, contents):
    """The two answers about a pattern. @contents: (path, lines)."""
    return (answer(f"echo {path}", [" ".join(name for name, _ in contents)])
            + answer(f"cat {path}", [line for _, lines in contents for line in lines]))


def machine_text(own=True, distance="10 20", hit=7, order="0 1"):
    """A made-up kernel's whole answer; @own: Atoll's."""
    node, cpu, at = questions.NODE, questions.CPU, questions.DOMAINS
    text = f"[    0.1] Fallback order for Node 0: {order} \n"
    text += answer("cat /proc/zoneinfo", ZONEINFO.splitlines())
    for name, value in (("min_free_kbytes", "1784"), ("lowmem_reserve_ratio", "256\t256\t32\t0\t0"),
                        ("watermark_scale_factor", "10")):
        text += answer(f"cat /proc/sys/vm/{name}", [value])
    for name in questions.NODE_LISTS:
        text += answer(f"cat {node}/{name}", ["0-1"])
    for name in questions.CPU_LISTS:
        text += answer(f"cat {cpu}/{name}", ["0-1"])
    stat = [f"numa_hit {hit}", "numa_miss 0", "numa_foreign 0", "interleave_hit 0", "local_node 7",
            "other_node 0"]
    text += pattern(f"{node}/node*/numastat", [(f"{node}/node0/numastat", stat)])
    text += pattern(f"{node}/node*/distance", [(f"{node}/node0/distance", [distance])])
    for name in questions.CPU_FILES:
        text += pattern(f"{cpu}/cpu*/topology/{name}", [(f"{cpu}/cpu0/topology/{name}", ["0"])])
    text += pattern(f"{at}/cpu*/domain*/name", [(f"{at}/cpu0/domain0/name", ["MC"])])
    if own:
        text += answer(f"cat {questions.ATOLL_FILES[0]}", ["cpu 0 domain 0 MC span 0-1 groups 0 1"])
        return text
    return text + ("[ 2.1] CPU0 attaching sched-domain(s):\n[ 2.1]  domain-0: span=0-1 level=MC\n"
                   "[ 2.1]   groups: 0:{ span=0 }, 1:{ span=1 }\n")


class Parsers(unittest.TestCase):
    def test_zones_have_their_own_marks_and_not_the_lists_high(self):
        dma, dma32, normal, _, _ = facts.parse_zones(ZONEINFO.splitlines())
        self.assertEqual((0, "DMA"), (dma.node, dma.name))
        self.assertEqual({"min": 32, "low": 40, "high": 48, "spanned": 4095, "present": 3998,
                          "managed": 3840, "start_pfn": 1}, dma.numbers)
        self.assertEqual([0, 188, 188, 188, 188], dma.protection)
        self.assertEqual(4096, dma32.numbers["start_pfn"])
        self.assertNotIn("start_pfn", normal.numbers)

    def test_empty_zones_are_no_facts(self):
        found = facts.of(machine_text())["zones"]
        self.assertEqual("61408", found["node 0 DMA32 spanned"])
        self.assertFalse([key for key in found if "Normal" in key])

    def test_files_of_a_pattern_go_with_their_names_whatever_their_order(self):
        text = pattern("/x/cpu*/id", [("/x/cpu0/id", ["a"]), ("/x/cpu10/id", ["b"]),
                                      ("/x/cpu2/id", ["c"])])
        self.assertEqual([((0,), ["a"]), ((2,), ["c"]), ((10,), ["b"])],
                         facts.files(facts.answers(text), "/x/cpu*/id"))

    def test_files_with_several_lines_each_are_kept_apart(self):
        text = pattern("/x/node*/s", [("/x/node0/s", ["a", "b"]), ("/x/node1/s", ["c", "d"])])
        self.assertEqual([((0,), ["a", "b"]), ((1,), ["c", "d"])],
                         facts.files(facts.answers(text), "/x/node*/s"))

    def test_lines_that_belong_to_no_file_are_an_error(self):
        text = pattern("/x/node*/s", [("/x/node0/s", ["a", "b"]), ("/x/node1/s", ["c"])])
        with self.assertRaisesRegex(facts.FactsError, "3 lines of 2 files"):
            facts.files(facts.answers(text), "/x/node*/s")

    def test_a_pattern_that_fits_nothing_is_nothing(self):
        text = answer("echo /x/*", ["/x/*"]) + answer("cat /x/*", ["cat: /x/*: no such file"], 1)
        self.assertEqual([], facts.files(facts.answers(text), "/x/*"))

    def test_domains_of_linux_come_from_its_log(self):
        self.assertEqual({(0, 0): ("MC", "0-1", [("0", ""), ("1", "")]),
                          (0, 1): ("NUMA", "0-5", [("0-3", "0-1"), ("4-5", "")])},
                         facts.linux_domains(LINUX_LOG))

    def test_domains_that_are_attached_again_replace_the_old_ones(self):
        again = "[    3.0] CPU0 attaching sched-domain(s):\n[    3.0]  domain-0: span=0-7 level=DIE\n"
        self.assertEqual({(0, 0): ("DIE", "0-7", [])}, facts.linux_domains(LINUX_LOG + again))

    def test_an_error_in_the_midst_of_groups_is_left_out(self):
        text = ("[ 2.1] CPU0 attaching sched-domain(s):\n[ 2.1]  domain-0: span=0-1 level=NUMA\n"
                "[ 2.1]   groups: 0:{ span=0 }, 1:{ span=1-2\n"
                "[ 2.1] ERROR: domain->groups does not match domain->child\n[ 2.1]  }\n")
        self.assertEqual([("0", ""), ("1-2", "")], facts.linux_domains(text)[0, 0][2])

    def test_domains_of_atoll_come_from_its_file(self):
        lines = ["cpu 0 domain 1 NUMA span 0-5 groups 0-3 4-5"]
        self.assertEqual({(0, 1): ("NUMA", "0-5", [("0-3", ""), ("4-5", "")])},
                         facts.atoll_domains(lines))

    def test_fallback_orders(self):
        self.assertEqual({"node 0": "0 1", "node 1": "1 0"}, facts.fallback({}, LINUX_LOG))

    def test_what_was_not_told_is_an_error(self):
        whole = machine_text()
        for command, words in (("cat /proc/zoneinfo", "/proc/zoneinfo"),
                               (f"cat {questions.CPU}/online", "cpu/online")):
            with self.subTest(command=command), self.assertRaisesRegex(facts.FactsError, words):
                facts.of(whole.replace(f"--- {command}", "--- cat /else"))

    def test_numastat_that_does_not_balance_says_how(self):
        key = "node 0 hit + miss = local + other"
        self.assertEqual("no, 80 and 7", facts.of(machine_text(hit=80))["numastat"][key])
        self.assertEqual("yes", facts.of(machine_text(hit=8))["numastat"][key])  # read meanwhile


class Marks(unittest.TestCase):
    """The figures are Linux's, from tests/host/watermark_linux.h."""

    def test_marks_follow_from_managed_pages(self):
        self.assertEqual((32, 40, 48), marks.marks(3840, 1784, 3840 + 48343, 10))
        self.assertEqual((413, 516, 619), marks.marks(48343, 1784, 3840 + 48343, 10))
        self.assertEqual((0, 0, 0), marks.marks(0, 1784, 0, 10))

    def test_a_scale_factor_widens_the_steps(self):
        self.assertEqual((1000, 301000, 601000), marks.marks(1000000, 4000, 1000000, 3000))

    def test_reserves_are_shares_of_what_lies_above(self):
        self.assertEqual([[0, 188, 188], [0, 0, 0], [0, 0, 0]],
                         marks.reserves([3840, 48343, 0], [256, 256, 32]))

    def test_right_marks_are_equal_and_wrong_ones_are_told(self):
        good = facts.of(machine_text())
        self.assertEqual("follow from managed", good["watermarks"]["node 0 DMA min, low, high"])
        self.assertEqual("follow from managed", good["reserve"]["node 0 DMA protection"])
        bad = facts.of(machine_text().replace("low      40", "low      41"))
        self.assertEqual("32 41 48, where 32 40 48 follow from managed",
                         bad["watermarks"]["node 0 DMA min, low, high"])


class Comparing(unittest.TestCase):
    def explanations(self, *entries, boots=()):
        return sidebyside.Explanations({"explained": list(entries), "no_boot": list(boots)}, "test")

    def entry(self, **changes):
        return {"subject": "distances", "key": r"node \d+", "linux": "10 20", "atoll": "10 21",
                "reason": "because", **changes}

    def compare(self, theirs, ours, explained=None, machine=TWO):
        return sidebyside.compare(machine, "kernel", explained or self.explanations(),
                                  lambda machine: (theirs, True), lambda machine, kernel: ours)

    def test_the_same_machine_is_equal(self):
        result = self.compare(machine_text(own=False), machine_text())
        self.assertEqual(([], ""), (result.differences, result.error))
        self.assertTrue(result.good)
        self.assertIn("equal", "\n".join(sidebyside.report(result)))
        self.assertEqual("=", sidebyside.mark(result, "zones"))

    def test_a_difference_is_told_with_both_values(self):
        result = self.compare(machine_text(own=False), machine_text(distance="10 21"))
        self.assertFalse(result.good)
        text = "\n".join(sidebyside.report(result))
        for words in ("distances   different", "node 0", "Linux  10 20", "Atoll  10 21"):
            self.assertIn(words, text)
        self.assertEqual("1", sidebyside.mark(result, "distances"))

    def test_what_one_kernel_lacks_is_a_difference(self):
        self.assertEqual([sidebyside.Difference("zones", "a", "1", "(none)"),
                          sidebyside.Difference("zones", "b", "(none)", "2")],
                         sidebyside.differences({"zones": {"a": "1"}}, {"zones": {"b": "2"}}))

    def test_an_explained_difference_is_no_failure_and_tells_why(self):
        explained = self.explanations(self.entry())
        result = self.compare(machine_text(own=False), machine_text(distance="10 21"), explained)
        self.assertTrue(result.good)
        self.assertEqual([], explained.unused())
        self.assertEqual("e1", sidebyside.mark(result, "distances"))
        self.assertIn("because", "\n".join(sidebyside.report(result)))

    def test_an_explanation_explains_nothing_else(self):
        for change in ({"subject": "zones"}, {"key": "node"}, {"linux": "10"}, {"atoll": "10 2"},
                       {"machine": "tw"}):
            with self.subTest(change=change):
                explained = self.explanations(self.entry(**change))
                result = self.compare(machine_text(own=False), machine_text(distance="10 21"), explained)
                self.assertFalse(result.good)
                self.assertEqual(1, len(explained.unused()))

    def test_a_wrong_explanation_is_refused_in_words(self):
        for entry, words in ((self.entry(reason=""), "reason is missing"),
                             (self.entry(subject="zone"), '"zone" is none of'),
                             (self.entry(linux="("), "no regular expression"),
                             ({**self.entry(), "why": "x"}, 'unknown key "why"')):
            with self.subTest(words=words), self.assertRaisesRegex(sidebyside.CompareError, words):
                self.explanations(entry)

    def test_the_file_of_explanations_is_right(self):
        self.assertTrue(sidebyside.explanations().boots)

    def test_linux_that_dies_is_explained_only_on_small_machines_and_in_these_words(self):
        boots = [{"death": "Kernel panic .*", "memory_below": "96M", "reason": "too small"}]
        dead = "[    0.5] Kernel panic - not syncing: no memory\n"
        small = Topology("small", (Node(1, 64 * MIB),))
        for machine, text, good in ((small, dead, True), (TWO, dead, False),
                                    (small, f"{linux.TRIPLE_FAULT}\n", False)):
            result = self.compare(text, machine_text(), self.explanations(boots=boots), machine)
            self.assertEqual(good, result.good)
            self.assertEqual(good, bool(result.no_boot))

    def test_a_kernel_that_says_nothing_of_a_subject_is_a_failure(self):
        theirs, ours = (machine_text(own=own).replace("Fallback", "x") for own in (False, True))
        result = self.compare(theirs, ours)
        self.assertIn("fallback", result.error)
        self.assertFalse(result.good)

    def test_atoll_that_ends_early_is_a_failure(self):
        run = serial.Run("[    0.1] Atoll\n--- cat /x\n", 1, ["cat /x"])
        with mock.patch("atoll.qemu.collect", return_value=run):
            result = sidebyside.compare(TWO, "kernel", self.explanations(),
                                        lambda machine: (machine_text(own=False), True))
        self.assertIn("Atoll:", result.error)


class Cache(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name) / "linux"
        self.boots = 0
        for target, value in (("image", Path("/boot/none")), ("version", "6.1.0-1-amd64"),
                              ("qemu_version", "QEMU 7.2")):
            patch = mock.patch.object(linux, target, return_value=value)
            setattr(self, target, patch.start())
            self.addCleanup(patch.stop)
        environment = mock.patch.dict(os.environ, {"ATOLL_CACHE": str(self.folder)})
        environment.start()
        self.addCleanup(environment.stop)
        self.run_result = serial.Run("--- help\nyes\n--- rc=0\n", 0)

    def boot(self, *_):
        self.boots += 1
        return replace(self.run_result)

    def ask(self, machine=TWO, commands=("help",), append=""):
        return linux.text_of(machine, commands, append, boot=self.boot)

    def test_the_second_question_boots_nothing(self):
        self.assertEqual((self.run_result.text, False), self.ask())
        self.assertEqual((self.run_result.text, True), self.ask())
        self.assertEqual((self.run_result.text, True), self.ask(replace(TWO, name="x", about="y")))
        self.assertEqual(1, self.boots)

    def test_another_machine_version_or_question_is_booted(self):
        self.ask()
        self.ask(replace(TWO, below_4g=256 * MIB))
        self.ask(commands=("help", ))
        self.ask(append="numa=off")
        self.qemu_version.return_value = "QEMU 8"
        self.ask()
        self.version.return_value = "6.1.0-2-amd64"
        self.ask()
        self.assertEqual(5, self.boots)

    def test_a_boot_that_was_cut_off_is_not_remembered(self):
        self.run_result = serial.Run("--- help\nye", None, timed_out=5)
        for _ in range(2):
            with self.assertRaisesRegex(linux.LinuxError, "did not come to an end"):
                self.ask()
        self.assertEqual(2, self.boots)
        self.assertFalse(self.folder.exists())

    def test_a_death_is_remembered(self):
        self.run_result = serial.Run("", 0, triple_fault=True)
        self.assertEqual(linux.TRIPLE_FAULT, linux.death(self.ask()[0]))
        self.assertTrue(self.ask()[1])

    def test_the_version_is_read_from_the_image(self):
        mock.patch.stopall()
        image = bytearray(0x400)
        image[0x20e:0x210] = (0x100).to_bytes(2, "little")
        image[0x300:0x309] = b"6.1.0-13\0"
        path = Path(self.folder.parent) / "vmlinuz"
        path.write_bytes(image)
        self.assertEqual("6.1.0-13", VERSION(path))


VERSION = linux.version


class Drawing(unittest.TestCase):
    def test_a_seed_draws_the_same_machines_and_another_seed_others(self):
        draws = [[randommachine.draw(seed, i) for i in range(5)] for seed in ("1", "1", "2")]
        self.assertEqual(draws[0], draws[1])
        self.assertNotEqual(draws[0], draws[2])

    def test_all_that_is_promised_is_drawn(self):
        drawn = [randommachine.draw("all", i) for i in range(300)]
        self.assertEqual(set(range(1, 13)), {len(m.nodes) for m in drawn})
        nodes = [node for m in drawn for node in m.nodes]
        self.assertEqual({0, 1, 2, 3, 4}, {node.cpus for node in nodes})
        self.assertTrue(0 == min(n.memory for n in nodes) < max(n.memory for n in nodes) <= 512 * MIB)
        self.assertEqual({True, False}, {m.distances is None for m in drawn})
        self.assertEqual({True, False}, {m.distances == randommachine.symmetric(m.distances)
                                         for m in drawn if m.distances})
        self.assertTrue(any(m.below_4g and m.below_4g < m.memory for m in drawn))
        self.assertTrue(all(m.memory >= randommachine.LEAST_MEMORY for m in drawn))

    def test_a_machine_is_the_same_after_writing_and_reading(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "m.toml"
            for i in range(40):
                machine = randommachine.draw("file", i)
                path.write_text(randommachine.to_toml(machine))
                self.assertEqual(machine, topology.load(path))


class Shrinking(unittest.TestCase):
    """The kernels' part is played by a condition on the machine."""

    def big(self):
        return next(m for m in (randommachine.draw("big", i) for i in range(100))
                    if len(m.nodes) > 8 and m.distances and m.below_4g)

    def test_what_does_not_matter_goes(self):
        small = randommachine.shrink(self.big(), lambda m: len(m.nodes) >= 3, 1000)
        self.assertEqual(3, len(small.nodes))
        self.assertEqual((None, None, 1), (small.distances, small.below_4g, small.threads))
        self.assertEqual((1, randommachine.LEAST_MEMORY), (small.cpus, small.memory))

    def test_what_matters_stays(self):
        def shows(machine):
            rows = machine.distances
            return bool(rows) and rows != randommachine.symmetric(rows) and machine.cpus >= 2

        count = range(len(self.big().nodes))
        rows = tuple(tuple(10 if i == j else 11 + 2 * i + j for j in count) for i in count)
        big = replace(self.big(), distances=rows)
        small = randommachine.shrink(big, shows, 1000)
        self.assertTrue(shows(small))
        self.assertEqual(2, len(small.nodes))

    def test_it_stops_after_so_many_tries(self):
        asked = []
        randommachine.shrink(self.big(), lambda m: asked.append(m) or True, 5)
        self.assertEqual(5, len(asked))

    def test_only_machines_that_can_be_made_are_tried(self):
        def shows(machine):
            topology.check_whole(machine)
            self.assertGreaterEqual(machine.memory, randommachine.LEAST_MEMORY)
            return False

        big = self.big()
        self.assertEqual(big, randommachine.shrink(big, shows, 1000))


if __name__ == "__main__":
    harness.main()
