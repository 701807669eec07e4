"""The report's page: the facts of a run as sections of HTML, each a picture with the same in words.

The page needs nothing but itself: no script, no font, no address of anything else. Whoever can't see a
picture finds its numbers in a table below, folded away.
"""

import string
from html import escape

from . import numascope, report_svg, report_timeline
from .topology import ROOT

FOLDER = ROOT / "tools" / "report"
VMSTAT_SHOWN = 24  # counters that are not 0, at most


def figure(picture, caption, wide=False):
    inner = f'<div class="wide" tabindex="0">{picture}</div>' if wide else picture
    return f"<figure>{inner}<figcaption>{caption}</figcaption></figure>"


def table(head, rows):
    """Cells are text; the first of a row is its name."""
    cells = lambda words, tag: "".join(f"<{tag}>{escape(str(word))}</{tag}>" for word in words)
    return ('<div class="wide"><table><thead><tr>' + cells(head, "th") + "</tr></thead><tbody>"
            + "".join(f"<tr>{cells(row, 'td')}</tr>" for row in rows) + "</tbody></table></div>")


def details(summary, content):
    return f"<details><summary>{escape(summary)}</summary>{content}</details>"


def legend(items):
    """@items: (class or None, style, words)"""
    return '<ul class="legend">' + "".join(
        f'<li><i class="{kind or ""}" style="{style}"></i>{escape(words)}</li>'
        for kind, style, words in items) + "</ul>"


def distance_legend(facts):
    levels = report_svg.tiers(facts.distances)
    shown = {}
    for level in levels:
        shown.setdefault(report_svg.distance_class(level, False, levels), []).append(level)
    return legend([("d0", "", "10, local")]
                  + [(kind, "", f"{found[0]}" if len(found) == 1 else f"{found[0]} to {found[-1]}")
                     for kind, found in shown.items()])


def node_names(facts):
    return [f"node {nid}" for nid in range(len(facts.nodes))]


# ---- sections: each returns HTML ------------------------------------------------------------------------

def asymmetry(distances):
    """A sentence on who is how near to how many others."""
    levels = report_svg.tiers(distances)
    if not levels:
        return "One node: all memory is local."
    near = [sum(value == levels[0] for j, value in enumerate(row) if j != i)
            for i, row in enumerate(distances)]
    least, most = min(near), max(near)
    plural = "other" if most == 1 else "others"
    if len(levels) == 1:
        return f"Every other node is {levels[0]} away: nobody is nearer than anybody else."
    if least == most:
        return f"Each node has {least} others at {levels[0]}; the rest is up to {levels[-1]} away."
    return (f"Not all nodes are equal: node {near.index(most)} has {most} {plural} at {levels[0]}, node "
            f"{near.index(least)} only {least}. The farthest are {levels[-1]} away.")


def machine_section(facts):
    words = [(f"node {nid}", report_svg.span(cpus) or "none", report_svg.size_words(memory) if memory
              else "none", " ".join(map(str, row)))
             for nid, ((cpus, memory), row) in enumerate(zip(facts.nodes, facts.distances))]
    links = ("Thick lines join the nearest nodes, dashed ones those farther away. "
             if 1 < len(facts.nodes) <= 12 else "")
    return (f"<p>{escape(asymmetry(facts.distances))}</p>" + distance_legend(facts) + '<div class="pair">'
            + figure(report_svg.machine(facts.nodes, facts.distances), links + "A small square is a CPU.")
            + figure(report_svg.distance_table(facts.distances),
                     "Distances as the firmware tells them (SLIT).") + "</div>"
            + details("The machine in words", table(("node", "CPUs", "memory", "distances to node 0, 1, ..."),
                                                    words)))


def zonelist_section(facts):
    rows = [(f"node {nid}", " ".join(map(str, order))) for nid, order in sorted(facts.zonelists.items())]
    return (figure(report_svg.zonelist_rows(facts.zonelists, facts.distances),
                   "When a node is out of memory, its CPUs take a page of the next one to the right. Among "
                   "equally near nodes the order is spread, so that not all overflow onto the same.", True)
            + details("Zonelists in words", table(("for CPUs of", "nodes in order"), rows)))


def domain_section(facts):
    rows = [(f"CPU {cpu}", name, report_svg.span(spanned),
             " ".join(report_svg.span(group) for group in groups))
            for cpu, levels in sorted(facts.domains.items()) for name, spanned, groups in levels]
    if not rows:
        return "<p>One CPU has nobody to balance with.</p>"
    return (legend([("own", "", "the CPU's own group"), ("g1", "", "in one other group"),
                    ("g2", "", "in two"), ("g3", "", "in three or more"), ("q0", "", "outside")])
            + figure(report_svg.domain_rows(facts.domains, facts.cpu_nodes),
                     "A row is a domain, the circle of CPUs with which this CPU balances; CPU 0 is at the "
                     "left. On an asymmetric machine rows differ from node to node and groups overlap.",
                     True)
            + details("All domains in words", table(("CPU", "domain", "span", "groups"), rows)))


def memory_section(facts):
    orders = len(next(iter(facts.free.values()), []))
    rows = [(f"node {nid}", *counts) for nid, counts in sorted(facts.free.items())]
    return (figure(report_svg.memory_rows(facts.free),
                   "Free memory after the boot. A node's bar is cut by the size of free blocks: order 0 "
                   "(4 KiB) is lightest, order 10 (4 MiB) darkest.", True)
            + details("Free blocks by order", table(("node", *map(str, range(orders))), rows)))


def counter_section(facts):
    stat = table(("", *node_names(facts)), [(name, *values) for name, values in facts.numastat.items()])
    busy = [(name, value) for name, value in facts.vmstat.items() if value][:VMSTAT_SHOWN]
    return ("<p>Where pages came from, at the end of the run (<code>numastat</code>). numa_hit: from the node "
            "that was wanted; numa_miss: from another than wanted; other_node: asked for by a CPU of another "
            "node.</p>" + stat + details("Counters of /proc/vmstat that are not 0",
                                         table(("counter", "value"), busy)))


def storm_words(facts):
    line = facts.timeline
    far = sum(facts.cpu_nodes.get(m.src) != facts.cpu_nodes.get(m.dst) for m in line.migrations)
    return (f"{facts.threads} threads that only run are started at once, all with their memory on node "
            f"{facts.storm_node}. {len(line.migrations)} moves from CPU to CPU were traced, {far} of them to "
            f"another node, in {(line.end - line.start) * 1000:.0f} ms"
            + (f"; {line.lost} events were overwritten." if line.lost else "."))


def share_by_distance(facts):
    """[(distance, share of the threads' time that far from their memory)]"""
    sums = {}
    for s in facts.timeline.segments:
        home, nid = facts.homes.get(s.pid), facts.cpu_nodes.get(s.cpu)
        if home is not None and nid is not None and home < len(facts.distances):
            value = facts.distances[nid][home]
            sums[value] = sums.get(value, 0) + s.end - s.start
    whole = sum(sums.values())
    return [(value, sums[value] / whole) for value in sorted(sums)] if whole else []


def timeline_section(facts):
    line = facts.timeline
    if not line.segments:
        return "<p>The trace has no switch from one thread to another.</p>"
    shares = ", ".join(f"{share:.0%} at distance {value}" for value, share in share_by_distance(facts))
    colours = legend([(None, f"background:{report_svg.node_fill(nid, len(facts.nodes))}", f"node {nid}")
                      for nid in range(len(facts.nodes))]) if len(facts.nodes) <= 16 else ""
    moves = [(f"{(m.time - line.start) * 1000:.2f}", m.comm, m.src, m.dst,
              facts.cpu_nodes.get(m.src, "?"), facts.cpu_nodes.get(m.dst, "?"))
             for m in line.migrations[:report_timeline.MAX_MARKS]]
    return (f"<p>{escape(storm_words(facts))}</p><p>Time that threads ran: {escape(shares)}.</p>"
            "<h3>By CPU, coloured by the distance to the thread's memory</h3>" + distance_legend(facts)
            + figure(report_timeline.cpu_picture(line, facts.cpu_nodes, facts.homes, facts.distances),
                     "A row is a CPU; a line from row to row is a thread that moves, and the dot is where it "
                     "goes. Empty is idle.", True)
            + "<h3>By thread, coloured by the node on which it runs</h3>" + colours
            + figure(report_timeline.thread_picture(line, facts.cpu_nodes),
                     "A triangle marks a move to another node. Empty is waiting.", True)
            + details("Moves in words", table(("ms", "thread", "from CPU", "to CPU", "from node",
                                               "to node"), moves)))


PARTS = {"boot": "From power-on to the prompt: one CPU sets up all nodes' memory.",
         "threads": "The thread storm: a spinning thread reads one word and calls a function; word and stack lie on one node.",
         "pages": "The page storm: all CPUs allocate and free pages, partly of other nodes on purpose "
                  "(<code>bench page_alloc.contention</code>)."}


def part_section(part, facts):
    table_of = [[part.accesses(i, j) for j in range(len(part.loads))] for i in range(len(part.loads))]
    total = part.total
    words = [(f"node {i}", *(f"{a} + {b}" for a, b in zip(loads, stores)))
             for i, (loads, stores) in enumerate(zip(part.loads, part.stores))]
    cost = part.cost(facts.topology)
    return (f"<h3>{escape(part.name)}</h3><p>{PARTS.get(part.name, '')} "
            f"{numascope.number(total)} accesses, {numascope.percent(part.remote, total)} remote, "
            f"{cost / total:.2f} times the cost of local ones.</p>"
            + figure(report_svg.heat_map(table_of, numascope.number, f"numascope-{part.name}",
                                         f"Accesses in part {part.name}: rows are nodes of CPUs, columns "
                                         "nodes of memory"), "Darker is more, in powers of three.", True)
            + details("Loads + stores", table(("CPUs of", *node_names(facts)[:len(part.loads)]), words)))


def numascope_section(facts):
    parts = [part for part in facts.parts if part.total and part.name != "rest"]
    if not parts:
        return "<p>Nothing was counted.</p>"
    return ("<p>Loads and stores of the kernel's own code, by the node of the CPU and of the memory, counted "
            "by <code>tools/run --numascope</code> in a boot of their own. No cache is emulated: each "
            "access counts.</p>" + "".join(part_section(part, facts) for part in parts))


def compare_section(facts):
    if facts.compared is None:
        return ("<p>Not part of this report: give <code>tools/report/run --compare FILE.json</code> what a "
                "comparison with Linux on the same machine has found.</p>")
    rows = "".join(f'<tr><td>{escape(row["subject"])}</td><td class="words {escape(row["result"])}">'
                   f'{escape(row["result"])}</td>' + "".join(f'<td class="words">{escape(row[key])}</td>'
                                                          for key in ("linux", "atoll", "reason"))
                   + "</tr>" for row in facts.compared)
    return ('<div class="wide"><table><thead><tr><th>subject</th><th>result</th><th>Linux</th><th>Atoll</th>'
            f"<th>reason</th></tr></thead><tbody>{rows}</tbody></table></div>")


SECTIONS = (("machine-section", "The machine", machine_section),
            ("storm", "A thread storm", timeline_section),
            ("accesses", "Who touches whose memory", numascope_section),
            ("zonelists-section", "Zonelists", zonelist_section),
            ("domains-section", "Scheduling domains", domain_section),
            ("memory-section", "Free memory", memory_section),
            ("counters", "Counters", counter_section),
            ("linux", "Beside Linux", compare_section))


def facts_strip(facts):
    far = [row[j] for i, row in enumerate(facts.distances) for j in range(len(row)) if i != j]
    items = [(len(facts.nodes), "nodes"), (len(facts.cpu_nodes), "CPUs"),
             (report_svg.size_words(facts.topology.memory), "memory"),
             (f"{min(far)} to {max(far)}" if far else "10", "remote distances" if far else "distance")]
    items += [(numascope.percent(p.remote, p.total), f"remote, {p.name}") for p in facts.parts
              if p.total and p.name in PARTS]
    return '<ul class="facts">' + "".join(f"<li><b>{escape(str(value))}</b>{escape(words)}</li>"
                                          for value, words in items) + "</ul>"


def page(facts, command):
    """The whole page. @command: what made it."""
    template = string.Template((FOLDER / "page.html").read_text())
    return template.substitute(
        name=escape(facts.topology.name), about=escape(facts.topology.about),
        style=(FOLDER / "style.css").read_text(), facts=facts_strip(facts), command=escape(command),
        version=escape(facts.version),
        nav="".join(f'<a href="#{name}">{escape(title)}</a>' for name, title, _ in SECTIONS),
        sections="\n".join(f'<section id="{name}"><h2>{escape(title)}</h2>\n{make(facts)}</section>'
                           for name, title, make in SECTIONS))
