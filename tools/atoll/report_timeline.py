"""The report's timelines: the trace as pictures, once by CPU and once by thread.

By CPU, a row is a CPU, a piece is a thread, and its colour says how far the thread is from its memory: the
distance from the CPU's node to the thread's home. By thread, a row is a thread, and its colour is the node
on which it runs; a change of colour is a move to another node.
"""

from .report_svg import distance_class, element, format_value, node_fill, rect, svg, text, tiers

WIDTH, LEFT = 760, 74
MAX_THREADS = 64       # rows of the picture by thread: those that ran longest
LEAST_SHARE = 0.003    # of the whole time; who ran less gets no row
MAX_PIECES = 20000     # of a picture; the shortest ones are left out
MAX_MARKS = 400        # migrations that are drawn


class Scale:
    """Seconds to pixels."""

    def __init__(self, timeline):
        self.start = timeline.start
        self.length = max(timeline.end - timeline.start, 1e-6)

    def x(self, time):
        return LEFT + WIDTH * (time - self.start) / self.length

    def ticks(self):
        """Round times, about eight."""
        step = next(s for s in (m * 10.0 ** e for e in range(-6, 6) for m in (1, 2, 5))
                    if self.length / s <= 9)
        return [k * step for k in range(int(self.length / step) + 1)]


def axis(scale, height):
    for at in scale.ticks():
        x = scale.x(scale.start + at)
        yield element("line", x1=x, y1=0, x2=x, y2=height, class_="tick")
        yield text(x, height + 14, f"{at * 1000:g} ms", class_="tiny middle")


def piece(scale, segment, y, height, tip, **attributes):
    x = scale.x(segment.start)
    return rect(x, y, max(scale.x(segment.end) - x, 0.4), height, tip=tip, **attributes)


def longest(segments):
    return sorted(segments, key=lambda s: s.start - s.end)[:MAX_PIECES]


def milliseconds(segment):
    return f"{(segment.end - segment.start) * 1000:.2f} ms"


def cpu_picture(timeline, cpu_nodes, homes, distances):
    """Rows of CPUs in the order of nodes. @cpu_nodes: {cpu: node}, @homes: {pid: node}."""
    order = sorted(cpu_nodes, key=lambda cpu: (cpu_nodes[cpu], cpu))
    row_height = max(6, min(16, 900 // max(len(order), 1)))
    scale, levels = Scale(timeline), tiers(distances)
    places = {cpu: row * row_height for row, cpu in enumerate(order)}
    height = len(order) * row_height
    parts = list(cpu_labels(order, cpu_nodes, row_height)) + list(axis(scale, height))
    for s in longest(timeline.segments):
        home, nid = homes.get(s.pid), cpu_nodes.get(s.cpu)
        if nid is None:
            continue
        known = home is not None and home < len(distances) and nid < len(distances)
        kind = distance_class(distances[nid][home], nid == home, levels) if known else "kernelthread"
        where = f"memory of node {home}, distance {distances[nid][home]}" if known else "home unknown"
        parts.append(piece(scale, s, places[s.cpu] + 1, row_height - 2,
                           f"{s.comm} on CPU {s.cpu} of node {nid}, {where}, {milliseconds(s)}",
                           class_=f"cell {kind}"))
    parts += move_lines(timeline, scale, places, row_height)
    return svg(LEFT + WIDTH + 20, height + 20, parts,
               "Threads on CPUs over time, coloured by the distance to their memory", "timeline-cpus")


def cpu_labels(order, cpu_nodes, row_height):
    """Names of nodes, a line between them, and names of CPUs where there is room."""
    nr = max(cpu_nodes.values(), default=0) + 1
    seen = None
    for row, cpu in enumerate(order):
        nid, y = cpu_nodes[cpu], row * row_height
        if nid != seen:
            yield element("line", x1=0, y1=y, x2=LEFT + WIDTH, y2=y, class_="tick")
            rows = sum(cpu_nodes[other] == nid for other in order)
            if rows * row_height >= 10:
                yield text(0, y + min(rows * row_height / 2 + 4, 14), f"node {nid}",
                           class_="tiny strong")
            seen = nid
        yield rect(LEFT - 7, y, 4, row_height, style=f"fill:{node_fill(nid, nr)}")
        if row_height >= 9:
            yield text(LEFT - 11, y + row_height / 2 + 3.5, cpu, class_="tiny end")


def move_lines(timeline, scale, places, row_height):
    """A migration is a line from CPU to CPU with a dot where it goes."""
    for m in timeline.migrations[:MAX_MARKS]:
        if m.src not in places or m.dst not in places:
            continue
        x = scale.x(m.time)
        top, bottom = (places[m.src] + row_height / 2, places[m.dst] + row_height / 2)
        yield element("path", element("title", f"{m.comm.replace('<', '').replace('&', '')}: CPU "
                                      f"{m.src} to CPU {m.dst}"),
                      d=f"M{format_value(x)} {format_value(top)}V{format_value(bottom)}",
                      class_="move")
        yield element("circle", cx=x, cy=bottom, r=2.5, class_="move-end")


def busiest_threads(timeline):
    """[(pid, name)] of those that ran longest, in the order of their numbers."""
    ran, names = {}, {}
    for s in timeline.segments:
        ran[s.pid] = ran.get(s.pid, 0) + s.end - s.start
        names[s.pid] = s.comm
    least = LEAST_SHARE * (timeline.end - timeline.start)
    chosen = sorted((pid for pid in ran if ran[pid] >= least), key=lambda pid: -ran[pid])[:MAX_THREADS]
    return [(pid, names[pid]) for pid in sorted(chosen)]


def thread_picture(timeline, cpu_nodes):
    threads = busiest_threads(timeline)
    row_height, scale = 13, Scale(timeline)
    places = {pid: row * row_height for row, (pid, _) in enumerate(threads)}
    nr = max(cpu_nodes.values(), default=0) + 1
    height = len(threads) * row_height
    parts = [text(0, places[pid] + 10, name[:12], class_="tiny") for pid, name in threads]
    parts += axis(scale, height)
    for s in longest(timeline.segments):
        if s.pid in places and s.cpu in cpu_nodes:
            nid = cpu_nodes[s.cpu]
            parts.append(piece(scale, s, places[s.pid] + 1, row_height - 2,
                               f"{s.comm} on CPU {s.cpu} of node {nid}, {milliseconds(s)}",
                               class_="run", style=f"fill:{node_fill(nid, nr)}"))
    for m in timeline.migrations:
        if m.pid in places and cpu_nodes.get(m.src) != cpu_nodes.get(m.dst):
            x, y = scale.x(m.time), places[m.pid]
            parts.append(element("path", d=f"M{format_value(x - 4)} {y}h8l-4 6z", class_="move-end"))
    return svg(LEFT + WIDTH + 20, height + 20, parts,
               "Each thread over time, coloured by the node on which it runs", "timeline-threads")
