# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""build/demo/report.html from what report.json holds: one file, nothing loaded from elsewhere, light or dark as the reader has it."""
import html
import math

import story
from timeline import NAMES, off, short, size

STYLE = """
:root { color-scheme: light dark; --paper: #fbfaf7; --card: #ffffff; --ink: #1d2329; --soft: #5d6873; --line: #dcdfe2; --rule: #eceef0;
	--one: #1f8f5f; --two: #2f6fd6; --one-soft: #bfe5d2; --two-soft: #c5d9f8; --shared: #d9a441; --bad: #c0392b; --warm: #c8612a;
	--p0: #7a5cc0; --p1: #b8508c; --p2: #66788a; --p3: #c0392b; --p4: #cf7d1c; --p5: #a08a1e }
@media (prefers-color-scheme: dark) { :root { --paper: #11151a; --card: #191f26; --ink: #e8ecef; --soft: #9aa6b2; --line: #36404a; --rule: #262e36;
	--one: #4cc38a; --two: #6ea8ff; --one-soft: #1f4a37; --two-soft: #213d66; --shared: #e0b050; --bad: #ff7b6b; --warm: #f09a5e;
	--p0: #a58be8; --p1: #e58cbf; --p2: #9db0c2; --p3: #ff7b6b; --p4: #f0a850; --p5: #d6c25a } }
* { box-sizing: border-box }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, "Segoe UI", Roboto, "Helvetica Neue", "DejaVu Sans", sans-serif }
main { max-width: 1000px; margin: 0 auto; padding: 40px 20px 64px }
h1 { font-size: clamp(28px, 5vw, 42px); line-height: 1.12; letter-spacing: -.02em; margin: 0 0 14px; text-wrap: balance }
h2 { font-size: 21px; letter-spacing: -.01em; margin: 52px 0 6px }
p { margin: 6px 0 14px; max-width: 70ch }
.lead { font-size: 18px; color: var(--soft) } .lead b { font-weight: 600 }
.note { color: var(--soft); font-size: 14.5px }
.warm { color: var(--warm) } .one { color: var(--one) } .two { color: var(--two) } .bad { color: var(--bad) }
.verdict { display: inline-block; border-radius: 99px; padding: 3px 14px; font-size: 14.5px; font-weight: 600; border: 1.5px solid var(--one); color: var(--one);
	margin-bottom: 18px }
.verdict.bad { border-color: var(--bad); color: var(--bad) }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(260px, 1fr)); gap: 14px; margin: 28px 0 0 }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 16px 18px; min-width: 0 }
.card b.big { display: block; font-size: 29px; line-height: 1.15; letter-spacing: -.02em; font-variant-numeric: tabular-nums; white-space: nowrap }
.card b.big small { font-size: 17px; font-weight: 600; letter-spacing: 0 }
.card span { font-size: 14px; color: var(--soft); display: block; line-height: 1.4; margin-top: 4px }
.picture { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 14px; margin: 12px 0 }
.picture svg { display: block; width: 100%; height: auto }
.wide svg { min-width: 720px }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 340px), 1fr)); gap: 14px }
.pair .picture, .pair .card { margin: 0 }
.pair { margin: 12px 0 }
svg text { font: 12px system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; fill: var(--ink) }
svg .soft { fill: var(--soft); font-size: 11px } svg .strong { font-weight: 600 } svg .mid { text-anchor: middle } svg .end { text-anchor: end }
svg .one { fill: var(--one) } svg .two { fill: var(--two) } svg .s1 { fill: var(--one-soft) } svg .s2 { fill: var(--two-soft) }
svg .shared { fill: var(--shared) } svg .free { fill: var(--rule) } svg .nobody { fill: none; stroke: var(--line) } svg .damaged { fill: var(--bad) }
svg .rule { stroke: var(--rule) } svg .axis { stroke: var(--line) } svg .sleep1 { stroke: var(--one); stroke-dasharray: 2 4 }
svg .sleep2 { stroke: var(--two); stroke-dasharray: 2 4 } svg .link { stroke: var(--soft); fill: none; stroke-width: 1 } svg .reset { fill: var(--warm) }
svg .whisker { stroke: var(--ink); stroke-width: 1.5 } svg .zoom { fill: var(--rule); opacity: .75 }
svg .p0 { fill: var(--p0) } svg .p1 { fill: var(--p1) } svg .p2 { fill: var(--p2) } svg .p3 { fill: var(--p3) } svg .p4 { fill: var(--p4) } svg .p5 { fill: var(--p5) }
.scroll { overflow-x: auto }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: 14.5px }
th, td { padding: 6px 10px; text-align: right; border-bottom: 1px solid var(--rule); white-space: nowrap }
th { color: var(--soft); font-weight: 600; font-size: 13px; border-bottom-color: var(--line) }
th:first-child, td:first-child { text-align: left; padding-left: 0; white-space: normal }
td small { color: var(--soft); font-size: 12px; display: block; line-height: 1.2 }
tr.total td { font-weight: 600; border-top: 1px solid var(--line) }
td.left, th.left { text-align: left }
code, .mono { font: 13.5px/1.5 ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere }
dl { display: grid; grid-template-columns: auto 1fr; gap: 4px 14px; margin: 10px 0 0; font-size: 14.5px }
dt { color: var(--soft) } dd { margin: 0; overflow-wrap: anywhere; font-variant-numeric: tabular-nums }
ul.checks { list-style: none; padding: 0; margin: 12px 0; columns: 2 380px; column-gap: 36px; font-size: 14.5px }
ul.checks li { break-inside: avoid; padding: 4px 0 4px 24px; position: relative } ul.checks li::before { content: "✓"; position: absolute; left: 2px; color: var(--one); font-weight: 700 }
ul.checks li.bad::before { content: "✗"; color: var(--bad) } ul.checks small { display: block; color: var(--soft); font-size: 13px }
ol.told { list-style: none; padding: 0; margin: 12px 0 0; font-size: 14.5px }
ol.told li { display: grid; grid-template-columns: 76px 14px 1fr; gap: 8px; padding: 3px 0; align-items: baseline }
ol.told time { color: var(--soft); text-align: right; font-variant-numeric: tabular-nums } ol.told i { width: 10px; height: 10px; border-radius: 5px; background: var(--soft); align-self: center }
ol.told .w1 i { background: var(--one) } ol.told .w2 i { background: var(--two) }
details { margin: 12px 0 } summary { cursor: pointer; color: var(--soft); font-size: 14.5px }
footer { margin-top: 56px; padding-top: 18px; border-top: 1px solid var(--line); color: var(--soft); font-size: 14px }
@media (max-width: 560px) { main { padding: 26px 14px 48px } .picture { padding: 10px } .wide svg { min-width: 640px } th, td { padding: 6px 7px } }
@media print { .picture, .card { break-inside: avoid } }
"""


def esc(value):
    return html.escape(str(value))


def tag(name, content="", **attributes):
    words = "".join(f' {key.rstrip("_").replace("_", "-")}="{esc(f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else value)}"'
                    for key, value in attributes.items() if value is not None)
    return f"<{name}{words}>{content}</{name}>"


def text(x, y, content, *classes):
    return tag("text", esc(content), x=float(x), y=float(y), class_=" ".join(classes) or None)


def rect(x, y, width, height, *classes, round_=0.0, title=None):
    return tag("rect", tag("title", esc(title)) if title else "", x=float(x), y=float(y), width=float(width), height=float(height),
               rx=float(round_) or None, class_=" ".join(classes))


def line(x1, y1, x2, y2, *classes):
    return tag("line", x1=float(x1), y1=float(y1), x2=float(x2), y2=float(y2), class_=" ".join(classes))


def picture(parts, width, height, title):
    return tag("svg", tag("title", esc(title)) + "".join(parts), viewBox=f"0 0 {width:g} {height:g}", role="img", xmlns="http://www.w3.org/2000/svg")


def steps(low, high, count):
    """Round numbers for an axis."""
    raw = (high - low) / count or 1.0
    power = 10 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [index * step for index in range(first, math.floor(high / step + 1e-9) + 1)], max(0, -math.floor(math.log10(step) + 1e-9))


# -- who ran when --

def runs(result):
    """(instance, from, to) of each stretch of time in which an instance ran."""
    ready = {one["id"]: one for one in result["instances"]}
    found = []
    who, since = 1, ready[1]["kernel_s"]
    switches = [*result["switches"], result["memory"]["there"], result["memory"]["back"]]
    left = sorted([(entry["left_s"], entry["from"], entry["back_s"], entry["to"]) for entry in switches] +
                  [(ready[2]["kernel_s"] - result["boot"]["reset_s"], 1, ready[2]["kernel_s"], 2)])
    for gone, one, came, other in left:
        found.append((one, since, gone))
        who, since = other, came
    found.append((who, since, result["guest_s"]))
    return found


WIDTH, LEFT, RIGHT = 940, 92, 14
LANES = {1: 70, 2: 118}
HEIGHT = 26


def lanes(result, low, high, top, marks=(), numbers=False):
    """Two lanes of the story between two times; y of all is moved by `top`."""
    room = WIDTH - LEFT - RIGHT

    def x(at):
        return LEFT + (at - low) / (high - low) * room

    parts = []
    values, digits = steps(low, high, 9)
    bottom = top + LANES[2] + HEIGHT + 8
    for at in values:
        parts.append(line(x(at), top + 56, x(at), bottom, "rule"))
        parts.append(text(x(at), bottom + 14, f"{at:.{digits}f} s", "soft", "mid"))
    # said above the lanes, in rows where two would touch
    ends = [-1e9, -1e9, -1e9]
    for at, words in marks:
        if not low <= at <= high:
            continue
        wide = len(words) * 5.9
        place = min(x(at), WIDTH - wide)
        row = next((index for index, end in enumerate(ends) if place > end + 8), len(ends) - 1)
        ends[row] = place + wide
        y = top + 44 - row * 15
        parts.append(line(x(at), y + 3, x(at), bottom, "axis"))
        parts.append(text(place + 3, y, words, "soft"))
    for one in result["instances"]:
        y = top + LANES[one["id"]]
        start, end = max(low, one["kernel_s"]), min(high, result["guest_s"] if one["id"] == 1 else result["memory"]["back"]["left_s"])
        if start < end:
            parts.append(line(x(start), y + HEIGHT / 2, x(end), y + HEIGHT / 2, f"sleep{one['id']}"))
        parts.append(text(0, y + 12, f"Linux {short(one['release'])}", "strong", ("one", "two")[one["id"] - 1]))
        parts.append(text(0, y + 25, f"instance {one['id']}", "soft"))
    for who, since, until in runs(result):
        if until <= low or since >= high:
            continue
        first, last = max(low, since), min(high, until)
        parts.append(rect(x(first), top + LANES[who], max(1.5, x(last) - x(first)), HEIGHT, ("one", "two")[who - 1], round_=2.5,
                          title=f"instance {who} runs from {since:.3f} s to {until:.3f} s"))
    for entry in result["switches"]:
        if low < entry["left_s"] and entry["back_s"] < high and numbers:
            one, other = LANES[entry["from"]], LANES[entry["to"]]
            down = other > one
            parts.append(line(x(entry["left_s"]), top + one + (HEIGHT if down else 0), x(entry["back_s"]), top + other + (0 if down else HEIGHT), "link"))
            if entry["number"]:
                parts.append(text(x(entry["back_s"]) + 2, top + other - 4 if other == LANES[1] else top + other + HEIGHT + 12, entry["number"], "soft"))
    return parts, x


def timeline_picture(result):
    ready = {one["id"]: one for one in result["instances"]}
    boot, memory = result["boot"], result["memory"]
    turns = [entry for entry in result["switches"] if entry["number"]]
    end = result["guest_s"]
    alone = {number: [entry for entry in result["rehearsals"] if entry["instance"] == number] for number in ready}
    marks = [(0.0, "power on"), (ready[1]["ready_s"], f"{short(ready[1]['release'])} up"), (boot["load_at_s"], "load"),
             (ready[2]["kernel_s"] - boot["reset_s"], "warm reset"), (ready[2]["ready_s"], f"{short(ready[2]['release'])} up"),
             (alone[2][0]["left_s"], f"alone, {len(alone[2])} times"), (result["switches"][0]["back_s"], "first switch back"),
             (alone[1][0]["left_s"], f"alone, {len(alone[1])} times"), (turns[0]["left_s"], f"{len(turns)} switches"),
             (memory["short"]["began_s"], "short"), (memory["got"]["back_s"], f"got {size(memory['got']['bytes'])}"), (memory["back"]["left_s"], "exit")]
    parts, x = lanes(result, 0.0, end, 0, marks)
    # enlarged: the first of the turns
    few = turns[:6]
    low, high = few[0]["left_s"], few[-1]["back_s"]
    margin = (high - low) * 0.06
    low, high = max(0.0, low - margin), min(end, high + margin)
    top = 178
    reset = ready[2]["kernel_s"] - boot["reset_s"]
    starter = STARTER[result["board"]["firmware"]]
    for since, until, words in ((0.0, ready[1]["kernel_s"], starter), (reset, ready[2]["kernel_s"], f"suspend, warm reset, {starter}")):
        parts.append(rect(x(since), LANES[1] + HEIGHT + 4, max(2.0, x(until) - x(since)), LANES[2] - LANES[1] - HEIGHT - 8, "reset", round_=2.0,
                          title=f"{words}: {until - since:.3f} s"))
    floor = LANES[2] + HEIGHT + 8
    zoom = tag("path", d=f"M{x(low):.1f} {floor:.1f} L{x(high):.1f} {floor:.1f} L{WIDTH - RIGHT} {top + 50} L{LEFT} {top + 50} Z", class_="zoom")
    lower, _ = lanes(result, low, high, top, [(low, f"enlarged: the first {len(few)} of {len(turns)} switches")], numbers=True)
    return picture([zoom] + parts + lower, WIDTH, top + LANES[2] + HEIGHT + 28, "Which of the two instances ran when, in guest time")


# -- memory --

STARTER = {"bootloader": "the bootloader", "closed": "firmware and the head of the first kernel"}
LOADED = {"bootloader": "by the bootloader, from flash", "closed": "by a firmware that cannot be changed"}
MAPS = {"before": "Before", "after": "They take turns", "lent": "The second got more", "home": "It gave that back, and left"}


def map_picture(said, title):
    size_, gap, columns = 26, 3, 16
    cells = story.cells(said)
    base = int(said["base"], 16)
    parts = []
    for index, (kind, owner) in enumerate(cells):
        column, row = index % columns, index // columns
        names = {"core": ("one", "two")[(owner or 1) - 1], "movable": f"s{owner}"}.get(kind, kind)
        what = {"core": f"instance {owner}, kernel core", "movable": f"instance {owner}, movable", "shared": "shared by all", "free": "free",
                "nobody": "nobody's"}.get(kind, kind)
        x, y = 82 + column * (size_ + gap), row * (size_ + gap)
        parts.append(rect(x, y, size_, size_, names, round_=4.0, title=f"section {index}, 0x{base + index * said['section_bytes']:08x}: {what}"))
        if column == 0:
            parts.append(text(0, y + 17, f"0x{base + index * said['section_bytes']:08x}", "soft"))
        if kind in ("core", "movable"):
            parts.append(tag("text", owner, x=float(x + size_ / 2), y=float(y + 17), class_="mid", style="fill: var(--card); font-weight: 600" if kind == "core" else None))
        elif kind == "shared":
            parts.append(tag("text", "s", x=float(x + size_ / 2), y=float(y + 17), class_="mid", style="fill: var(--card); font-weight: 600"))
    rows = math.ceil(len(cells) / columns)
    return picture(parts, 82 + columns * (size_ + gap), rows * (size_ + gap), title)


def owned(said, instance):
    core = sum(kind == "core" and owner == instance for kind, owner in story.cells(said))
    movable = sum(kind == "movable" and owner == instance for kind, owner in story.cells(said))
    return core, movable


def map_note(said):
    parts = []
    for number in (1, 2):
        core, movable = owned(said, number)
        if core or movable:
            parts.append(f'<span class="{("one", "two")[number - 1]}">instance {number}</span>: {core + movable} sections, '
                         f"{size((core + movable) * said['section_bytes'])}")
    return ", ".join(parts)


# -- timings --

def rows_of(result):
    """(label, figures) of each group that is compared."""
    releases = {one["id"]: short(one["release"]) for one in result["instances"]}
    rows = [(f"switch {releases[int(key[0])]} → {releases[int(key[2])]}", value) for key, value in result["figures"]["by_direction"].items()]
    return rows + [(f"{releases[int(key)]} alone", value) for key, value in result["figures"]["by_instance"].items()]


def phases_picture(result):
    rows = rows_of(result)
    left, right, height, gap = 130, 86, 30, 16
    high = max(value["total"]["max"] for _, value in rows) * 1.02
    room = WIDTH - left - right

    def x(value):
        return left + value / high * room

    parts = []
    values, digits = steps(0.0, high, 8)
    bottom = 30 + len(rows) * (height + gap)
    for value in values:
        parts += [line(x(value), 26, x(value), bottom, "rule"), text(x(value), bottom + 14, f"{value:.{digits}f} ms", "soft", "mid")]
    place = float(left)
    for index, phase in enumerate(story.PHASES):
        name = NAMES.get(phase, phase)
        parts += [rect(place, 4, 11, 11, f"p{index}", round_=2.0), text(place + 16, 14, name)]
        place += 34 + len(name) * 6.6
    for index, (label, value) in enumerate(rows):
        y = 34 + index * (height + gap)
        at = 0.0
        parts.append(text(0, y + 19, label, "strong"))
        for number, phase in enumerate(story.PHASES):
            width = value[phase]["median"]
            parts.append(rect(x(at), y, max(0.6, x(at + width) - x(at)), height, f"p{number}", title=f"{NAMES.get(phase, phase)}: {width:.3f} ms"))
            if x(at + width) - x(at) > 40:
                parts.append(tag("text", f"{width:.2f}", x=float((x(at) + x(at + width)) / 2), y=float(y + 19), class_="mid", style="fill: var(--card); font-weight: 600"))
            at += width
        parts.append(text(WIDTH, y + 19, f"{value['total']['median']:.3f} ms", "strong", "end"))
    return picture(parts, WIDTH, bottom + 22, "Median of each phase of a switch, and of a plain suspend and resume, in milliseconds")


def spread_picture(result):
    """Each single switch and rehearsal as a dot."""
    releases = {one["id"]: short(one["release"]) for one in result["instances"]}
    groups = []
    for key in result["figures"]["by_direction"]:
        one, other = int(key[0]), int(key[2])
        groups.append((f"switch {releases[one]} → {releases[other]}", other, [(entry["total_ms"], f"switch {entry['number']}") for entry in result["switches"]
                                                                           if entry["number"] and (entry["from"], entry["to"]) == (one, other)]))
    for key in result["figures"]["by_instance"]:
        groups.append((f"{releases[int(key)]} alone", int(key), [(entry["total_ms"], "rehearsal") for entry in result["rehearsals"]
                                                                 if entry["instance"] == int(key)]))
    every = [value for _, _, points in groups for value, _ in points]
    pad = (max(every) - min(every)) * 0.08 or 0.01
    low, high = min(every) - pad, max(every) + pad
    left, right, height = 130, 20, 40
    room = WIDTH - left - right

    def x(value):
        return left + (value - low) / (high - low) * room

    bottom = 8 + len(groups) * height
    parts = []
    values, digits = steps(low, high, 7)
    for value in values:
        parts += [line(x(value), 4, x(value), bottom, "rule"), text(x(value), bottom + 16, f"{value:.{digits}f} ms", "soft", "mid")]
    for index, (label, who, points) in enumerate(groups):
        y = 8 + index * height + height / 2
        parts.append(text(0, y + 4, label, "strong"))
        for number, (value, name) in enumerate(points):
            jitter = ((number * 5) % 9 - 4) * 2.4
            parts.append(tag("circle", tag("title", f"{name}: {value:.3f} ms"), cx=x(value), cy=float(y + jitter), r=4, class_=("one", "two")[who - 1], fill_opacity=".62"))
        median = story.spread([value for value, _ in points])["median"]
        parts.append(line(x(median), y - 15, x(median), y + 15, "whisker"))
    return picture(parts, WIDTH, bottom + 22, "Each switch and each rehearsal, in milliseconds; the line is the median")


def most_spread(result):
    """The phase in which single switches differ most."""
    directions = result["figures"]["by_direction"].values()
    return NAMES.get(*[max(story.PHASES, key=lambda phase: max(value[phase]["max"] - value[phase]["min"] for value in directions))] * 2)


def timings_table(result):
    rows = rows_of(result)
    head = "".join(tag("th", esc(label)) for label, _ in rows)
    body = []
    for phase in (*story.PHASES, "total"):
        cells = "".join(f"<td>{value[phase]['median']:.3f}<small>{value[phase]['min']:.3f} – {value[phase]['max']:.3f}</small></td>" for _, value in rows)
        body.append(f"<tr{' class=total' if phase == 'total' else ''}><td>{NAMES.get(phase, phase)}</td>{cells}</tr>")
    counts = "".join(f"<td>{value['total']['count']}</td>" for _, value in rows)
    spreads = "".join(f"<td>{value['total']['spread_percent']:.2f} %</td>" for _, value in rows)
    return (f'<div class="scroll"><table><tr><th>median, least – most, ms</th>{head}</tr>{"".join(body)}'
            f"<tr><td>how many</td>{counts}</tr><tr><td>most less least, of the median</td>{spreads}</tr></table></div>")


def switches_table(result):
    rows = []
    for entry in result["switches"]:
        rows.append(f"<tr><td>{entry['number'] or 'first'}</td><td>{entry['from']} → {entry['to']}</td><td>{entry['back_s']:.3f} s</td>"
                    f"<td>{entry['total_ms']:.3f}</td><td>{entry['counter_left']} → {entry['counter_back']} → {entry['counter_on']}</td>"
                    f"<td class=left>{esc(entry['process'])}</td><td class=left>{esc(entry['file'])}</td><td>{off(entry['clock_change_s'])}</td></tr>")
    return ("<div class=\"scroll\"><table><tr><th>switch</th><th>from → to</th><th>back at</th><th>ms</th><th>counter: left → back → on</th>"
            f"<th class=left>process</th><th class=left>file</th><th>clock off</th></tr>{''.join(rows)}</table></div>")


def instance_card(result, one):
    began = one["began"]
    visits = [entry for entry in result["switches"] if entry["to"] == one["id"]]
    core, movable = owned(result["maps"]["after"], one["id"])
    late = max(abs(entry["clock_change_s"]) for entry in visits)
    rows = [("loaded", LOADED[result["board"]["firmware"]] if one["id"] == 1 else f"by instance 1, at {result['boot']['start']}"),
            ("up after", f"{one['ready_s']:.3f} s from power on" if one["id"] == 1 else f"{result['boot']['start_s']:.3f} s from when instance 1 began to suspend"),
            ("memory", f"{core} sections of kernel core, {movable} movable: {size((core + movable) * result['maps']['after']['section_bytes'])}"),
            ("process", f"number {began['process']}, counted from {began['counter']} to {one['counter']}"),
            ("file", f"{size(began['bytes'])}, sha256 {began['sha256']}"),
            ("after a switch", f"found again {sum(entry['process'] == 'there' and entry['file'] == 'sound' for entry in visits)} of {len(visits)} times"),
            ("clock", f"at most {off(late)} off, after all its sleep")]
    if one["id"] == 2:
        rows.append(("left", f"for good, at {result['memory']['back']['left_s']:.3f} s"))
    colour = ("one", "two")[one["id"] - 1]
    return (f'<div class="card"><b class="{colour}">Instance {one["id"]}, {esc(one["name"])}</b><div class="mono">{esc(one["uname"])}</div><dl>' +
            "".join(f"<dt>{esc(name)}</dt><dd>{esc(value)}</dd>" for name, value in rows) + "</dl></div>")


def page(result):
    """The whole page."""
    one, two = result["instances"]
    figures, boot, switches = result["figures"], result["boot"], result["switches"]
    got, left = result["memory"]["got"], result["memory"]["back"]
    held = sum(check["good"] for check in result["checks"])
    kept = sum(entry["process"] == "there" and entry["file"] == "sound" and entry["counter_on"] > entry["counter_back"] >= entry["counter_left"]
               for entry in switches if entry["number"])
    verdict = (f'<span class="verdict">✓ all {len(result["checks"])} checks hold</span>' if result["good"] else
               f'<span class="verdict bad">✗ {len(result["checks"]) - held} of {len(result["checks"])} checks do not hold</span>')
    to_two, to_one = figures["by_direction"]["1-2"]["total"], figures["by_direction"]["2-1"]["total"]
    alone = " and ".join(f"{value['total']['median']:.2f}" for value in figures["by_instance"].values())
    cards = [(f"{to_two['median']:.2f} / {to_one['median']:.2f}", f"milliseconds for a switch to {short(two['release'])} / to {short(one['release'])}, from userspace "
              f"to userspace: medians of {to_two['count']} and {to_one['count']}"),
             (f"{figures['ratio']:.3f} <small>×</small>", f"what the same kernels take to suspend and resume alone ({alone} ms)"),
             (f"{boot['total_s']:.2f} <small>s</small>", f"to boot the second from the first, to its init: {boot['load_s']:.2f} freeing memory and loading, "
              f"{boot['start_s']:.2f} from suspend over reset to init"),
             (f"{kept} <small>of {figures['switches_counted']}</small>", "times the one that came back found its process, its file and its clock as it left them"),
             (f"{got['ms']['total']:.2f} <small>ms</small>", f"from asking to having {got['got']} sections, {size(got['bytes'])}, of the one that sleeps: "
              f"{got['ms']['round']:.2f} to ask, {got['ms']['take']:.2f} to take them, {got['ms']['zero']:.2f} of it zeroing"),
             (f"{left['total_ms']:.2f} <small>ms</small>", "from the end of the second to the first, which runs and has its memory, zeroed")]
    card_html = "".join(f'<div class="card"><b class="big">{value}</b><span>{esc(words)}</span></div>' for value, words in cards)
    checks = "".join(f"<li{'' if check['good'] else ' class=bad'}>{esc(check['name'])}<small>{esc(check['found'])}</small></li>" for check in result["checks"])
    told = "".join(f'<li class="w{item["who"]}"><time>{item["at_s"]:.3f} s</time><i></i><span>{esc(item["text"])}</span></li>' for item in result["told"])
    before = result["maps"]["before"]
    pictures = "".join(f'<div class="picture"><p><b>{title}</b>: {map_note(said)}</p>{map_picture(said, f"The map of memory: {title}")}</div>'
                       for said, title in ((result["maps"][name], title) for name, title in MAPS.items()))
    board = result["board"]
    return f"""<!DOCTYPE html>
<!-- SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause -->
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Two Linux kernels take turns on one board</title>
<style>{STYLE}</style>
</head>
<body><main>
{verdict}
<h1>Two Linux kernels take turns on one board</h1>
<p class="lead">No hypervisor: one runs and owns the whole machine, the other sleeps in RAM. <b class="one">Linux {esc(one['release'])}</b> booted
<b class="two">Linux {esc(two['release'])}</b> while it ran. Then they handed the machine to each other {figures['switches_counted']} times. Then
<b class="two">the second</b> ran short of memory, got {size(got['bytes'])} of the sleeping <b class="one">first</b> in {got['ms']['total']:.1f} ms, gave them back, and left.</p>
<div class="cards">{card_html}</div>

<h2>Who ran when</h2>
<p class="note">Guest time. A bar: it runs and owns the machine. Dots: it sleeps. <span class="warm">Orange</span>: {STARTER[board['firmware']]}. “Alone”: it suspends and
resumes itself, to compare.</p>
<div class="picture wide">{timeline_picture(result)}</div>

<h2>Whose memory is it</h2>
<p class="note">One square is a section of {size(before['section_bytes'])}. Full colour: kernel core, which never leaves its owner. Pale: movable, which others can be given.
<span style="color: var(--shared)">s</span>: shared by all, the fsw area.</p>
<div class="pair">
{pictures}
</div>

<h2>What each found again</h2>
<div class="pair">{instance_card(result, one)}{instance_card(result, two)}</div>

<h2>What a switch takes</h2>
<p class="note">Freeze, devices and core are the suspend of the one that leaves; hand-over is a piece of code with the MMU off; resume and thaw are the other's.
“Alone” is the same kernel suspending and resuming itself, giving nothing away. The bars are medians of each phase, the numbers behind them medians of the whole.</p>
<div class="picture wide">{phases_picture(result)}</div>
{timings_table(result)}
<p class="note" style="margin-top: 26px">Every single one; the line is the median. They differ most in {most_spread(result)}.</p>
<div class="picture wide">{spread_picture(result)}</div>
<details><summary>All switches, and what was found after each</summary>{switches_table(result)}</details>

<h2>What must be so</h2>
<ul class="checks">{checks}</ul>

<h2>The story</h2>
<details open><summary>All that happened, in guest time</summary><ol class="told">{told}</ol></details>

<footer><p>Measured on {esc(board['machine'])} with {board['cores']} core and {size(board['memory_bytes'])} in QEMU {esc(board['qemu'])}, with <code>-icount shift=0</code>: an
instruction takes one nanosecond, and so the figures are the same on every host. Waiting takes as long as it does. Times come from the board's 24 MHz clock, which
both kernels read and no suspend stops. Made by <code>scripts/demo</code> (fswctl {esc(result['fswctl'])}); the same in
<code>report.json</code>, what the console said in <code>serial.log</code>.</p></footer>
</main></body>
</html>
"""
