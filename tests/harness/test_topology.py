"""Topology files: every wrong one gets a sentence that names file and key, every right one becomes the
QEMU arguments that make that machine."""

import tempfile
import unittest
from pathlib import Path

import harness
from atoll import topology

TWO = '[[node]]\ncpus = 2\nmemory = "128M"\n' * 2

BAD = {  # what is wrong: (text, words of the sentence)
    "not TOML": ("name = \n", "not valid TOML"),
    "empty": ("", "[[node]]"),
    "unknown key": ('distance = [[10]]\n' + TWO, 'unknown key "distance"; did you mean distances?'),
    "unknown key of a node": ('[[node]]\ncpu = 1\nmemory = "1G"\n', 'node 0: unknown key "cpu"'),
    "node is no table": ("node = 3\n", "[[node]]"),
    "node is a list of numbers": ("node = [1, 2]\n", "node 0"),
    "missing cpus": ('[[node]]\nmemory = "1G"\n', "cpus is missing"),
    "missing memory": ("[[node]]\ncpus = 1\n", "memory is missing"),
    "cpus is text": ('[[node]]\ncpus = "two"\nmemory = "1G"\n', 'found "two"'),
    "cpus is a truth": ('[[node]]\ncpus = true\nmemory = "1G"\n', "found true"),
    "cpus is negative": ('[[node]]\ncpus = -1\nmemory = "1G"\n', "found -1"),
    "memory is a number": ("[[node]]\ncpus = 1\nmemory = 128\n", '"512M"'),
    "memory has no unit": ('[[node]]\ncpus = 1\nmemory = "128"\n', '"128" is not a size'),
    "memory has a wrong unit": ('[[node]]\ncpus = 1\nmemory = "1 GB"\n', "is not a size"),
    "memory is negative": ('[[node]]\ncpus = 1\nmemory = "-1M"\n', "is not a size"),
    "pmem has no unit": ('[[node]]\ncpus = 1\nmemory = "1G"\npmem = "256"\n', '"256" is not a size'),
    "pmem is a number": ('[[node]]\ncpus = 1\nmemory = "1G"\npmem = 256\n', "node 0: pmem"),
    "pmem is odd": ('[[node]]\ncpus = 1\nmemory = "1G"\npmem = "1M"\n', "multiple of 2M"),
    "memory is odd": ('[[node]]\ncpus = 1\nmemory = "1001K"\n', "1000K and 1008K"),
    "no memory anywhere": ('[[node]]\ncpus = 1\nmemory = "0"\n' * 2, "no node has memory"),
    "too much memory": ('[[node]]\ncpus = 1\nmemory = "2T"\n', "1024 GiB"),
    "no CPUs": ('[[node]]\ncpus = 0\nmemory = "1G"\n', "no node has CPUs"),
    "256 CPUs": ('[[node]]\ncpus = 128\nmemory = "1G"\n' * 2, "256 CPUs; at most 255"),
    "129 nodes": ('[[node]]\ncpus = 1\nmemory = "1G"\n' * 129, "at most 128"),
    "threads is 0": ("threads = 0\n" + TWO, "threads"),
    "threads is text": ('threads = "2"\n' + TWO, "threads"),
    "threads do not divide": ("threads = 4\n" + TWO, "not a multiple of threads = 4"),
    "APIC ids run out": ('threads = 3\n[[node]]\ncpus = 252\nmemory = "1G"\n', "APIC ids past 254"),
    "distances is no list": ("distances = 20\n" + TWO, "list of lists"),
    "distances is a flat list": ("distances = [10, 20]\n" + TWO, "list of lists"),
    "too few rows": ("distances = [[10, 20]]\n" + TWO, "1 rows for 2 nodes"),
    "not square": ("distances = [[10, 20], [20]]\n" + TWO, "row 1 has 1 entries"),
    "local is not 10": ("distances = [[11, 20], [20, 10]]\n" + TWO, "to itself is 10"),
    "remote is 10": ("distances = [[10, 10], [20, 10]]\n" + TWO, "from node 0 to node 1: 10"),
    "remote is past 255": ("distances = [[10, 256], [20, 10]]\n" + TWO, "256"),
    "remote is text": ('distances = [[10, "20"], [20, 10]]\n' + TWO, "expected a number"),
    "below_4g is tiny": ('below_4g = "1M"\n' + TWO, "out of range"),
    "below_4g is past 4G": ('below_4g = "5G"\n' + TWO, "out of range"),
    "machine is a number": ("machine = 35\n" + TWO, "machine"),
    "machine has blanks": ('machine = "q35 -s"\n' + TWO, "machine"),
    "name is a number": ("name = 1\n" + TWO, "name"),
    "about is a list": ("about = []\n" + TWO, "about"),
}


class Files(unittest.TestCase):
    def parse(self, text):
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory) / "machine.toml"
            path.write_text(text)
            return topology.load(path)

    def test_shipped_ones_are_valid_named_as_their_file_and_explained(self):
        self.assertGreaterEqual(len(topology.names()), 18)
        for name in topology.names():
            with self.subTest(name=name):
                machine = topology.find(name)
                self.assertEqual(name, machine.name)
                self.assertGreater(len(machine.about), 20)

    def test_defaults(self):
        machine = self.parse('[[node]]\ncpus = 1\nmemory = "64M"\n')
        self.assertEqual(("machine", "q35", 1, None, None),
                         (machine.name, machine.machine, machine.threads, machine.distances,
                          machine.below_4g))

    def test_persistent_memory_becomes_an_nvdimm_of_its_node(self):
        args = self.parse('[[node]]\ncpus = 1\nmemory = "64M"\n'
                          '[[node]]\ncpus = 0\nmemory = "0"\npmem = "32M"\n').qemu_args()
        self.assertIn("q35,nvdimm=on", args)
        self.assertIn("65536k,slots=1,maxmem=98304k", args)
        self.assertIn("memory-backend-ram,id=pmem1,size=33554432", args)
        self.assertIn("nvdimm,id=nvdimm1,memdev=pmem1,node=1", args)

    def test_nodes_without_cpus_or_memory_become_qemu_arguments(self):
        args = self.parse('[[node]]\ncpus = 1\nmemory = "0"\n[[node]]\ncpus = 0\nmemory = "64M"\n'
                          ).qemu_args()
        self.assertIn("node,nodeid=0,cpus=0", args)
        self.assertIn("node,nodeid=1,memdev=mem1", args)

    def test_every_pair_of_distances_is_given(self):
        args = self.parse("distances = [[10, 20], [30, 10]]\n" + TWO).qemu_args()
        self.assertEqual(["dist,src=0,dst=0,val=10", "dist,src=0,dst=1,val=20",
                          "dist,src=1,dst=0,val=30", "dist,src=1,dst=1,val=10"],
                         [arg for arg in args if arg.startswith("dist")])

    def test_below_4g_255_and_sums_are_taken(self):
        args = self.parse('below_4g = "64M"\ndistances = [[10, 255], [255, 10]]\n' + TWO).qemu_args()
        self.assertIn("q35,max-ram-below-4g=67108864", args)
        self.assertIn("262144k", args)

    def test_nodes_are_numbered_cpus_first(self):
        machine = self.parse('[[node]]\ncpus = 0\nmemory = "64M"\n[[node]]\ncpus = 1\nmemory = "0"\n'
                             '[[node]]\ncpus = 0\nmemory = "0"\n')
        self.assertEqual([1, 0], machine.kernel_nodes())


def refuses(text, words):
    def test(self):
        with self.assertRaises(topology.TopologyError) as raised:
            self.parse(text)
        sentence = str(raised.exception)
        self.assertIn("machine.toml: ", sentence)
        self.assertIn(words, sentence)
        self.assertRegex(sentence, r"[.?]$")

    return test


for what, (bad_text, bad_words) in BAD.items():
    setattr(Files, f"test_refuses_{what}", refuses(bad_text, bad_words))


class Packages(unittest.TestCase):
    def smp(self, counts, threads=1):
        nodes = tuple(topology.Node(count, 1 << 30) for count in counts)
        return topology.smp_arg(topology.Topology("t", nodes, threads=threads))

    def test_equal_nodes_are_one_package_each(self):
        self.assertEqual("6,sockets=2,cores=3,threads=1", self.smp([3, 3]))
        self.assertEqual("8,sockets=2,cores=2,threads=2", self.smp([4, 0, 4], threads=2))

    def test_no_package_straddles_two_nodes(self):
        self.assertEqual("6,sockets=3,cores=2,threads=1", self.smp([4, 2]))
        self.assertEqual("5,sockets=5,cores=1,threads=1", self.smp([3, 2]))

    def test_apic_ids_stay_below_255(self):
        self.assertEqual("255,sockets=255,cores=1,threads=1", self.smp([3] * 85))


if __name__ == "__main__":
    harness.main()
