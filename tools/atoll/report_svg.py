"""The report's pictures: data to SVG, as text. No picture needs a script, a font or another file.

Colours are classes that tools/report/style.css gives values to, one set for light and one for dark:
d0 is local, d1 to d4 are distances, near to far; q0 to q8 are amounts, few to many. A node's own colour
is its hue. Each picture has a title for those who don't see it.
"""

import math
from xml.sax.saxutils import escape, quoteattr


def element(name, content=None, **attributes):
    words = "".join(f" {key.rstrip('_').replace('_', '-')}={quoteattr(format_value(value))}"
                    for key, value in attributes.items())
    return f"<{name}{words}/>" if content is None else f"<{name}{words}>{content}</{name}>"


def format_value(value):
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def text(x, y, words, **attributes):
    return element("text", escape(str(words)), x=x, y=y, **attributes)


def rect(x, y, width, height, tip="", **attributes):
    title = element("title", escape(tip)) if tip else None
    return element("rect", title, x=x, y=y, width=width, height=height, **attributes)


def svg(width, height, parts, title, name):
    """A picture that takes the width that it gets. @name: for its id."""
    return (f'<svg xmlns="http://www.w3.org/2000/svg" id={quoteattr(name)} role="img" '
            f'viewBox="0 0 {format_value(width)} {format_value(height)}" '
            f'style="--natural:{format_value(float(width))}px" '
            f'aria-labelledby={quoteattr(name + "-title")}>'
            + element("title", escape(title), id=name + "-title") + "".join(parts) + "</svg>")


def tiers(distances):
    """The distances between nodes that there are, nearest first."""
    return sorted({value for i, row in enumerate(distances) for j, value in enumerate(row) if i != j})


def distance_class(value, local, levels):
    """d0 for local; else d1 to d4 by the distance's place among those that there are."""
    if local or value not in levels:
        return "d0"
    if len(levels) == 1:
        return "d2"
    return f"d{1 + round(3 * levels.index(value) / (len(levels) - 1))}"


def node_fill(nid, nr_nodes):
    """A node's own colour; neighbours in number are far apart in hue."""
    step = next((s for s in (3, 5, 7, 11) if math.gcd(s, max(nr_nodes, 1)) == 1), 1)
    return f"hsl({round(360 * (nid * step % max(nr_nodes, 1)) / max(nr_nodes, 1) + 210) % 360} 62% 52%)"


# ---- the machine -------------------------------------------------------------------------------------

def size_words(size):
    for unit, shift in (("GiB", 30), ("MiB", 20), ("KiB", 10)):
        if size >> shift:
            return f"{size / (1 << shift):.3g} {unit}" if size else "0"
    return "none"


BOX_WIDTH, BOX_HEIGHT = 96, 66


def machine_places(nr_nodes):
    """(width, height, [centre of each node]): on a ring, or in rows if there are many."""
    if nr_nodes <= 12:
        radius = 0 if nr_nodes == 1 else max(105, 20 * nr_nodes)
        width, height = 2 * radius * 1.15 + BOX_WIDTH + 8, 2 * radius * 0.85 + BOX_HEIGHT + 8
        places = []
        for i in range(nr_nodes):
            angle = 2 * math.pi * (i + 0.5) / nr_nodes - math.pi / 2
            places.append((width / 2 + 1.15 * radius * math.sin(angle + math.pi / 2),
                           height / 2 - 0.85 * radius * math.cos(angle + math.pi / 2)))
        return width, height, places
    columns = math.ceil(math.sqrt(nr_nodes))
    rows = math.ceil(nr_nodes / columns)
    return (columns * (BOX_WIDTH + 12), rows * (BOX_HEIGHT + 12),
            [((i % columns + 0.5) * (BOX_WIDTH + 12), (i // columns + 0.5) * (BOX_HEIGHT + 12))
             for i in range(nr_nodes)])


def machine_links(places, distances):
    """Lines between nodes: the nearest strong, farther ones thin. None when there are too many."""
    levels = tiers(distances)
    if len(places) > 12:
        return
    for level in reversed(levels):
        for i, (x1, y1) in enumerate(places):
            for j in range(i):
                if min(distances[i][j], distances[j][i]) == level:
                    kind = distance_class(level, False, levels)
                    yield element("line", element("title", f"node {j} to node {i}: {level}"),
                                  x1=x1, y1=y1, x2=places[j][0], y2=places[j][1],
                                  class_=f"link {kind} {'near' if level == levels[0] else 'far'}")


def machine_box(nid, x, y, cpus, memory, fill):
    left, top = x - BOX_WIDTH / 2, y - BOX_HEIGHT / 2
    yield rect(left, top, BOX_WIDTH, BOX_HEIGHT, rx=6, class_="box")
    yield rect(left, top, 6, BOX_HEIGHT, rx=3, style=f"fill:{fill}")
    yield text(left + 13, top + 17, f"node {nid}", class_="strong")
    yield text(left + 13, top + 33, size_words(memory) if memory else "no memory", class_="small")
    shown = min(len(cpus), 8)
    for k in range(shown):
        yield rect(left + 13 + 9 * k, top + 40, 7, 7, class_="cpu", tip=f"CPU {cpus[k]}")
    words = (f"CPU {span(cpus)}" if cpus else "no CPUs")
    yield text(left + 13, top + 60, words, class_="tiny")


def span(cpus):
    """ "0-3" of [0, 1, 2, 3] """
    parts, at = [], 0
    while at < len(cpus):
        end = at
        while end + 1 < len(cpus) and cpus[end + 1] == cpus[end] + 1:
            end += 1
        parts.append(str(cpus[at]) if at == end else f"{cpus[at]}-{cpus[end]}")
        at = end + 1
    return ",".join(parts)


def machine(nodes, distances):
    """@nodes: (CPUs, bytes) of each."""
    width, height, places = machine_places(len(nodes))
    parts = list(machine_links(places, distances))
    for nid, ((cpus, memory), (x, y)) in enumerate(zip(nodes, places)):
        parts += machine_box(nid, x, y, cpus, memory, node_fill(nid, len(nodes)))
    return svg(width, height, parts, "The machine: nodes with CPUs and memory, and links between them",
               "machine")


# ---- tables of nodes x nodes ---------------------------------------------------------------------------

def grid(cells, name, title, row_label, column_label, cell_width=44):
    """@cells: rows of (words, class, tip)."""
    nr = len(cells)
    small = nr > 16
    width, height = (14, 14) if small else (cell_width, 26)
    left, top = 62, 38
    parts = [text(left, 11, column_label, class_="small"), text(0, top - 5, row_label, class_="small")]
    for i, row in enumerate(cells):
        y = top + i * height
        if not small or i % 4 == 0:
            parts.append(text(0, y + height / 2 + 4, f"node {i}", class_="small"))
        for j, (words, kind, tip) in enumerate(row):
            x = left + j * width
            if i == 0 and (not small or j % 4 == 0):
                parts.append(text(x + width / 2, top - 5, j, class_="small middle"))
            parts.append(rect(x, y, width - 1, height - 1, class_=f"cell {kind}", tip=tip))
            if not small:
                parts.append(text(x + width / 2, y + height / 2 + 4, words,
                                  class_=f"small middle on-{kind}"))
    return svg(left + nr * width + 2, top + nr * height + 2, parts, title, name)


def distance_table(distances):
    levels = tiers(distances)
    cells = [[(value, distance_class(value, i == j, levels), f"from node {i} to node {j}: {value}")
              for j, value in enumerate(row)] for i, row in enumerate(distances)]
    return grid(cells, "distances", "Distances between nodes; 10 is local", "from", "to node")


def amount_class(value, most):
    """q0 for nothing, else q1 to q8 on a scale of powers."""
    if value <= 0 or most <= 0:
        return "q0"
    return f"q{max(1, min(8, 8 - math.floor(math.log(most / value, 3))))}"


def heat_map(table, words, name, title):
    """@table: accesses, nodes of CPUs x nodes of memory; @words: how a number is written."""
    most = max((value for row in table for value in row), default=0)
    cells = [[(words(value) if value else "", amount_class(value, most),
               f"CPUs of node {i}, memory of node {j}: {value}")
              for j, value in enumerate(row)] for i, row in enumerate(table)]
    return grid(cells, name, title, "CPUs of", "memory of node", cell_width=52)


# ---- zonelists, domains, free memory ----------------------------------------------------------------

def zonelist_rows(lists, distances):
    """Each node's list from left to right, coloured by distance."""
    nr = max((len(order) for order in lists.values()), default=0)
    width = 34 if nr <= 20 else 20
    levels, parts = tiers(distances), []
    for row, (nid, order) in enumerate(sorted(lists.items())):
        parts.append(text(0, row * 24 + 16, f"node {nid}", class_="small"))
        for k, other in enumerate(order):
            value = (distances[nid][other] if nid < len(distances) and other < len(distances) else 0)
            kind = distance_class(value, other == nid, levels)
            parts.append(rect(60 + k * width, row * 24, width - 2, 21, class_=f"cell {kind}", rx=3,
                              tip=f"place {k + 1}: node {other}, distance {value}"))
            parts.append(text(60 + k * width + width / 2 - 1, row * 24 + 15, other,
                              class_=f"small middle on-{kind}"))
    return svg(62 + nr * width, len(lists) * 24 + 2, parts,
               "Zonelists: in which order each node's CPUs ask nodes for a page", "zonelists")


def domain_rows(domains, cpu_nodes):
    """For the first CPU of each node, a row for each domain: the CPUs that it spans, darker where more of
    its groups meet."""
    first = {}
    for cpu in sorted(domains):
        first.setdefault(cpu_nodes.get(cpu, 0), cpu)
    nr = max(cpu_nodes, default=-1) + 1
    width = max(4.0, min(18.0, 600 / max(nr, 1)))
    parts, y = [], 0
    for cpu in first.values():
        parts.append(text(0, y + 11, f"CPU {cpu}", class_="small strong"))
        for name, spanned, groups in domains[cpu]:
            parts.append(text(56, y + 11, name, class_="small"))
            for other in range(nr):
                meet = sum(other in group for group in groups)
                kind = "own" if other in groups[0] else f"g{min(meet, 3)}"
                parts.append(rect(104 + other * width, y, width - 1, 13,
                                  class_=f"cell {kind if other in spanned else 'q0'}",
                                  tip=f"CPU {other}: in {meet} of {len(groups)} groups"))
            y += 15
        y += 7
    return svg(106 + nr * width, max(y, 10), parts,
               "Scheduling domains of the first CPU of each node", "domains")


def memory_rows(free):
    """@free: {node: blocks by order}; each bar is the node's free memory, cut by order."""
    parts, full = [], 560
    totals = {nid: sum(count << order for order, count in enumerate(counts))
              for nid, counts in free.items()}
    most = max(totals.values(), default=0) or 1
    for row, (nid, counts) in enumerate(sorted(free.items())):
        x = 60.0
        parts.append(text(0, row * 24 + 15, f"node {nid}", class_="small"))
        for order, count in enumerate(counts):
            width = full * (count << order) / most
            if width:
                parts.append(rect(x, row * 24, width, 20, class_=f"cell q{min(8, order * 8 // 10)}",
                                  tip=f"order {order}: {count} blocks"))
                x += width
        parts.append(text(x + 6, row * 24 + 15, size_words(totals[nid] << 12), class_="small"))
    return svg(60 + full + 80, max(len(free) * 24, 10), parts,
               "Free memory of each node; darker is in larger blocks", "memory")
