"""The report and numascope without a machine: parsers on what a kernel printed, pictures that are
well-formed XML, and a page that needs nothing but itself. A page that breaks on an odd machine, or on
a run that was cut off, would be missing when it is needed most."""

import json
import re
import unittest
import xml.etree.ElementTree

import harness
from atoll import numascope, report, report_page, report_parse, report_svg, topology

TRACE = """# entries-in-buffer/entries-written: 6/9   #P:4
       monitor-1       [000] .....     0.487663: sched_process_fork: comm=monitor pid=1 child_comm=a b-1 child_pid=20
        <idle>-0       [002] d....     0.500000: sched_switch: prev_comm=swapper/2 prev_pid=0 prev_prio=120 prev_state=R ==> next_comm=a b-1 next_pid=20 next_prio=120
    kbalance/1-4       [001] d....     0.600000: sched_migrate_task: comm=a b-1 pid=20 prio=120 orig_cpu=2 dest_cpu=1
         a b-1-20      [002] d....     0.650000: sched_switch: prev_comm=a b-1 prev_pid=20 prev_prio=120 prev_state=R+ ==> next_comm=swapper/2 next_pid=0 next_prio=120
        <idle>-0       [001] d....     0.700000: sched_switch: prev_comm=swapper/1 prev_pid=0 prev_prio=120 prev_state=R ==> next_comm=a b-1 next_pid=20 next_prio=120
       monitor-1       [000] d....     0.900000: sched_wakeup_new: comm=x pid=30 prio=120 target_cpu=003
""".splitlines()

PS = """  PID CLASS PRI S  CPU NODE HOME       TIME NAME
    1 fair   0 R    2    1    0      0.135 monitor
   20 fair   0 R    1    0    1      1.172 spin/0""".splitlines()


def section(command, lines):
    return f"--- {command}\n" + "".join(f"{line}\n" for line in lines) + "--- rc=0\n"


def console(shape):
    """What a kernel on the machine @shape would print for a report."""
    nodes = shape.kernel_nodes() if shape.numa else [0]
    text = section("cat /proc/version", ["Atoll <1> & more"])
    for nid, index in enumerate(nodes):
        cpus = shape.node_cpus(index)
        text += section(f"cat /sys/devices/system/node/node{nid}/cpulist",
                        [f"{cpus[0]}-{cpus[-1]}" if cpus else ""])
        text += section(f"cat /sys/devices/system/node/node{nid}/distance",
                        [" ".join(str(shape.distance(index, other)) for other in nodes)])
    text += section("cat /sys/kernel/debug/zonelists",
                    [f"node {nid} fallback: {nid}:DMA32 0:DMA" for nid in range(len(nodes))])
    text += section("cat /sys/kernel/debug/sched/topology",
                    ["cpu 0 domain 0 NUMA span 0-1 groups 0 1"])
    text += section("cat /proc/buddyinfo", ["Node 0, zone    DMA32      2      1      0 "])
    return text + section("ps", PS) + section("cat /sys/kernel/tracing/trace", TRACE) + section(
        "numastat", ["           node0  node1", "numa_hit    39     18"])


def counted(shape, value=7):
    """The plugin's JSON of a run in which each CPU touched each column @value times."""
    row = [value] * (len(shape.nodes) + 2)
    part = {kind: [row] * shape.cpus for kind in numascope.KINDS}
    return json.dumps({"parts": [{"mark": 0, "cpu": 0, **part}, {"mark": -1, "cpu": -1, **part}]})


def page_of(shape):
    facts = report.facts_of(console(shape), shape)
    facts.parts = numascope.parse(counted(shape), ["boot"], shape)
    return report_page.page(facts, "make <report>")


class Parsing(unittest.TestCase):
    def test_a_thread_that_moves_is_two_segments_and_a_migration(self):
        line = report_parse.timeline(TRACE)
        self.assertEqual([(0, 1), (2, 20), (1, 20)], [(s.cpu, s.pid) for s in line.segments])
        self.assertEqual(("a b-1", 2, 1), (line.migrations[0].comm, line.migrations[0].src,
                                           line.migrations[0].dst))
        self.assertAlmostEqual(0.15, line.segments[1].end - line.segments[1].start)
        self.assertEqual(3, line.lost)

    def test_a_trace_that_was_cut_off_is_shorter_and_no_error(self):
        cut = [*TRACE[:3], TRACE[3][:90], TRACE[4][:100]]
        self.assertEqual(3, len(report_parse.timeline(cut).segments))
        self.assertEqual([], report_parse.timeline([]).segments)

    def test_homes_come_from_ps_by_the_columns_name(self):
        self.assertEqual({1: 0, 20: 1}, report_parse.homes(PS))
        self.assertEqual({}, report_parse.homes(["nothing of the kind"]))

    def test_zonelists_name_each_node_once_in_order(self):
        self.assertEqual({0: [0, 2, 1]}, report_parse.zonelists(
            ["node 0 fallback: 0:DMA32 0:DMA 2:DMA32 1:DMA32", "node 0 thisnode: 0:DMA32"]))

    def test_domains_keep_their_groups(self):
        self.assertEqual({3: [("NUMA", [0, 1, 2, 5], [[2], [0, 1, 5]])]}, report_parse.domains(
            ["cpu 3 domain 0 NUMA span 0-2,5 groups 2 0-1,5"]))

    def test_free_blocks_of_a_nodes_zones_are_added_up(self):
        self.assertEqual({0: [3, 5]}, report_parse.buddyinfo(
            ["Node 0, zone      DMA      1      2 ", "Node 0, zone    DMA32      2      3 "]))

    def test_numastat_of_many_nodes_is_put_together_from_its_tables(self):
        self.assertEqual({"numa_hit": [1, 2, 3]}, report_parse.numastat(
            ["     node0  node1", "numa_hit  1  2", "", "     node2", "numa_hit  3"]))


class Counting(unittest.TestCase):
    def test_nodes_are_where_qemu_puts_their_blocks(self):
        ranges, pad = numascope.layout(topology.find("two-nodes"))
        (_, start0, end0), (_, start1, end1) = ranges
        self.assertEqual((0, 2 * end0), (start0, start1))
        self.assertEqual("-object", pad[0])

    def test_no_two_ranges_overlap_on_any_machine(self):
        for name in topology.names():
            ranges, _ = numascope.layout(topology.find(name))
            ordered = sorted((start, end) for _, start, end in ranges)
            for (_, end), (start, _) in zip(ordered, ordered[1:]):
                self.assertLessEqual(end, start, name)

    def test_the_unused_block_lies_between_ram_and_nvdimms(self):
        shape = topology.find("pmem-nodes")
        _, pad = numascope.layout(shape)
        args = numascope.insert_pad(shape.qemu_args(), pad)
        self.assertLess(max(i for i, a in enumerate(args) if ",id=mem" in a), args.index(pad[1]))
        self.assertGreater(min(i for i, a in enumerate(args) if ",id=pmem" in a), args.index(pad[1]))

    def test_cost_weighs_by_distance(self):
        shape = topology.find("two-nodes")
        part = numascope.Part("p", [[100, 10], [0, 0]], [[0, 0], [0, 0]])
        self.assertEqual(100 + 10 * shape.distance(0, 1) / 10, part.cost(shape))
        self.assertEqual((110, 10), (part.total, part.remote))

    def test_parts_bear_the_names_that_the_guest_printed(self):
        shape = topology.find("two-nodes")
        names = numascope.mark_names("--- mark a\nmark: a\n[ 1.0] mark: no\nmark: - \n")
        self.assertEqual(["a", "rest"], [p.name for p in numascope.parse(counted(shape), names, shape)])

    def test_a_result_that_cannot_be_read_is_one_sentence(self):
        for broken in ("", "{}", '{"parts": [{"mark": 0}]}'):
            with self.assertRaises(numascope.NumascopeError):
                numascope.parse(broken, [], topology.find("two-nodes"))

    def test_printed_table_and_json_say_the_same(self):
        shape = topology.find("asymmetric-4")
        parts = numascope.parse(counted(shape), ["x"], shape)
        self.assertIn("from 3", numascope.text(parts, shape))
        again = numascope.from_json(json.dumps(numascope.to_json(parts, shape)))
        self.assertEqual(parts, again)


class Pages(unittest.TestCase):
    def test_pictures_of_all_machines_are_well_formed_and_have_a_title(self):
        for name in topology.names():
            page = page_of(topology.find(name))
            pictures = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
            self.assertGreaterEqual(len(pictures), 6, name)
            for picture in pictures:
                root = xml.etree.ElementTree.fromstring(picture)
                self.assertTrue(root[0].tag.endswith("title"), name)
                self.assertEqual("img", root.get("role"))

    def test_a_page_names_no_address_and_runs_no_script(self):
        page = page_of(topology.find("interlagos-8n")).replace("http://www.w3.org/2000/svg", "")
        for word in ("http:", "https:", "<script", "src=", "url(", "@import", "javascript"):
            self.assertNotIn(word, page)

    def test_text_of_the_kernel_cannot_become_markup(self):
        page = page_of(topology.find("two-nodes"))
        self.assertIn("Atoll &lt;1&gt; &amp; more", page)
        self.assertIn("make &lt;report&gt;", page)

    def test_ids_are_unique(self):
        ids = re.findall(r'\bid="([^"]+)"', page_of(topology.find("interlagos-8n")))
        self.assertEqual(len(ids), len(set(ids)))

    def test_a_run_that_printed_nothing_still_makes_a_page(self):
        facts = report.facts_of("", topology.find("interlagos-8n"))
        self.assertIn("</html>", report_page.page(facts, "x"))

    def test_a_machine_without_nodes_has_a_page(self):
        self.assertIn("</html>", page_of(topology.uniform(0, 2, "128M")))

    def test_distance_classes_go_from_near_to_far(self):
        self.assertEqual(["d0", "d1", "d3", "d4"], [
            report_svg.distance_class(value, value == 10, [16, 17, 22]) for value in (10, 16, 17, 22)])
        self.assertEqual("d2", report_svg.distance_class(20, False, [20]))

    def test_more_is_never_lighter(self):
        classes = [report_svg.amount_class(value, 1000) for value in (0, 1, 10, 100, 1000)]
        self.assertEqual(sorted(classes), classes)
        self.assertEqual(("q0", "q8"), (classes[0], classes[-1]))


if __name__ == "__main__":
    harness.main()
