"""The report as one HTML page that needs nothing else: no script, no request, light and dark.

Everything that goes into the page passes through ``element`` and is escaped there.
"""

from __future__ import annotations

import html
import math
from collections.abc import Iterable, Sequence

from assistant.terminal import interface_language, say
from evals.report import (
    BETTER,
    FAILURES,
    NAMES,
    SUMMARY,
    Change,
    Data,
    about,
    changes,
    failure_title,
    interval,
    meaning,
    overview,
    shown,
    title,
    turned,
)


class Markup(str):
    """HTML made by ``element``; any other string is text and gets escaped."""

    __slots__ = ()


def element(name: str, *children: str | Iterable[str], **attributes: object) -> Markup:
    """An HTML element. Underscores at the end of attribute names drop, inner ones are hyphens.

    >>> element("p", "1 < 2", class_="a")
    '<p class="a">1 &lt; 2</p>'
    """
    parts = [f"<{name}"]
    for key, value in attributes.items():
        parts.append(f' {key.rstrip("_").replace("_", "-")}="{html.escape(str(value))}"')
    parts.append(">")
    if name == "meta":  # of those used here the only one without an end
        return Markup("".join(parts))
    for child in children:
        parts += map(_escaped, [child] if isinstance(child, str) else child)
    return Markup("".join([*parts, f"</{name}>"]))


def _escaped(text: str) -> str:
    """Markup as it is; other text escaped, without characters that do not show or turn it."""
    if isinstance(text, Markup):
        return text
    shown = (char if char.isprintable() or char in "\n\t" else "\ufffd" for char in text)
    return html.escape("".join(shown))


STYLE = """
:root { color-scheme: light dark; --ink: #1c2024; --soft: #60646c; --line: #dcdfe4;
  --paper: #fcfcfd; --card: #ffffff; --accent: #0b6e99; --good: #1f7a3d; --bad: #b3261e;
  --mark: #fff1b8; --tint: #eef3f6; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e8eb; --soft: #9aa1ab; --line: #33383f;
  --paper: #14171a; --card: #1b1f23; --accent: #62b6d9; --good: #6cc58a; --bad: #f0857c;
  --mark: #5a4a00; --tint: #20262b; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 84rem; padding: 1.5rem; background: var(--paper);
  color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; margin: 0 0 .25rem; } h2 { font-size: 1.2rem; margin: 2.5rem 0 .75rem; }
h3 { font-size: 1rem; margin: 1.25rem 0 .5rem; }
.soft, small { color: var(--soft); } small { font-size: .8rem; }
nav a { margin-right: 1rem; } a { color: var(--accent); }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(10.5rem, 1fr));
  gap: .75rem; margin-top: .5rem; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .5rem;
  padding: .7rem .9rem; }
.card b { display: block; font-size: 1.5rem; font-variant-numeric: tabular-nums; }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: .5rem; }
table { border-collapse: collapse; width: 100%; background: var(--card); font-size: .8rem; }
th, td { padding: .35rem .45rem; text-align: right; border-bottom: 1px solid var(--line);
  font-variant-numeric: tabular-nums; vertical-align: top; }
th { color: var(--soft); font-weight: 600; vertical-align: bottom; }
td small { white-space: nowrap; display: block; font-weight: 400; }
th:first-child, td:first-child { text-align: left; position: sticky; left: 0;
  background: var(--card); }
td.text, th.text { text-align: left; }
tr.all td { background: var(--tint); font-weight: 600; }
tr.head td { color: var(--soft); font-weight: 600; padding-top: .8rem; }
tr:last-child td { border-bottom: 0; }
.good { color: var(--good); } .bad { color: var(--bad); }
.plots { display: flex; flex-wrap: wrap; gap: 1.5rem; }
figure { margin: 0; } figcaption { color: var(--soft); font-size: .85rem; max-width: 24rem; }
svg { background: var(--card); border: 1px solid var(--line); border-radius: .5rem;
  max-width: 100%; height: auto; }
svg text { fill: var(--soft); font-size: 11px; font-family: inherit; }
svg .axis { stroke: var(--line); } svg .guide { stroke: var(--soft); stroke-dasharray: 4 4; }
svg .series { fill: none; stroke: var(--accent); stroke-width: 2; }
svg .dot { fill: var(--accent); fill-opacity: .7; }
details { background: var(--card); border: 1px solid var(--line); border-radius: .5rem;
  margin-bottom: .5rem; }
summary { cursor: pointer; padding: .55rem .9rem; }
details > div { padding: 0 .9rem .9rem; overflow-wrap: anywhere; }
.sides { display: grid; grid-template-columns: repeat(auto-fit, minmax(18rem, 1fr)); gap: 1rem; }
.sides p { margin: 0 0 .6rem; white-space: pre-line; }
mark { background: var(--mark); color: inherit; }
code { font-size: .8rem; color: var(--soft); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; margin: .5rem 0; }
dt { color: var(--soft); } dd { margin: 0; }
"""

POLICY = "default-src 'none'; style-src 'unsafe-inline'"
KINDS = ("direction", "category", "field")


def page(data: Data, before: Data | None = None) -> str:
    """The whole page; with ``before``, compared with that earlier run."""
    whole = overview(data)
    failed = [one for one in data["questions"] if one["failure"]]
    links = [element("a", group["split"], href=f"#{group['split']}") for group in whole]
    links.append(element("a", say("eval.all_figures"), href="#figures"))
    links.append(element("a", say("eval.link_plots"), href="#plots"))
    links += [element("a", say("eval.link_changes"), href="#changes")] if before else []
    failures = say("eval.failures_count", count=len(failed))
    links.append(element("a", failures, href="#failures"))
    count = say("eval.count_questions", count=len(data["questions"]))
    body = [
        element("h1", say("eval.evaluation")),
        element("p", f"{data['created']} · {count}", class_="soft"),
        element("nav", links),
        element("dl", (
            item for name, value in about(data)
            for item in (element("dt", name), element("dd", value))
        )),
        *(_split(group, data, before) for group in whole),
        _all_figures(whole),
        _plots(data),
        *([_changes(before, data)] if before else []),
        _failures(failed),
    ]  # fmt: skip
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name_="viewport", content="width=device-width, initial-scale=1"),
        element("meta", http_equiv="Content-Security-Policy", content=POLICY),
        element("title", say("eval.evaluation")),
        element("style", Markup(STYLE)),
    )
    whole_page = element("html", head, element("body", body), lang=interface_language())
    return f"<!doctype html>\n{whole_page}\n"


def _split(group: Data, data: Data, before: Data | None) -> Markup:
    split = group["split"]
    part = [one for one in data["groups"] if one["split"] == split]
    names = [name for name in SUMMARY if any(name in one["figures"] for one in part)]
    differences = {
        one.name: one for one in (changes(before, data) if before else ()) if one.split == split
    }
    cards = [
        _card(name, group["figures"][name], differences.get(name))
        for name in names
        if name in group["figures"]
    ]
    rows = [_row(group, names)]
    for kind in KINDS:
        inside = [one for one in part if one["kind"] == kind]
        if inside:
            cell = element("td", say(f"eval.by_{kind}"), colspan=len(names) + 2)
            rows.append(element("tr", cell, class_="head"))
            rows += [_row(one, names) for one in inside]
    head = element("tr", element("th", ""), element("th", "n"), (_title(name) for name in names))
    return element(
        "section",
        element(
            "h2", say("eval.split_questions", split=split, count=group["questions"]), id_=split
        ),
        element("div", cards, class_="cards"),
        element("h3", say("eval.intervals")),
        element("div", element("table", head, rows), class_="scroll"),
    )


def _title(name: str) -> Markup:
    return element("th", title(name), title=meaning(name))


def _card(name: str, found: Data, change: Change | None) -> Markup:
    lines: list[str] = [element("small", title(name)), element("b", shown(name, found["value"]))]
    lines.append(element("small", interval(name, found)))
    if change and change.difference.value:
        value = change.difference.value
        text = f" · {value:+.3f}" + ("" if change.certain else say("eval.may_be_chance"))
        lines.append(element("small", text, class_=_colour(change)))
    return element("div", lines, class_="card", title=meaning(name))


def _colour(change: Change) -> str:
    if not change.certain:
        return ""
    return "good" if (change.difference.value > 0) == (BETTER[change.name] == "higher") else "bad"


def _row(group: Data, names: Sequence[str]) -> Markup:
    cells = [element("td", group["name"]), element("td", str(group["questions"]))]
    cells += [_cell(group["figures"], name) for name in names]
    return element("tr", cells, class_="all" if group["kind"] == "all" else "part")


def _cell(figures: Data, name: str) -> Markup:
    one = figures.get(name)
    if one is None:
        return element("td", "")
    return element("td", shown(name, one["value"]), element("small", interval(name, one)))


def _all_figures(whole: Sequence[Data]) -> Markup:
    head = element(
        "tr",
        element("th", say("eval.figure")),
        (element("th", one["split"]) for one in whole),
        element("th", say("eval.what_it_is"), class_="text"),
    )
    rows = [
        element(
            "tr",
            element("td", title(name)),
            (_cell(group["figures"], name) for group in whole),
            element("td", f"{meaning(name)} ({say(f'eval.{BETTER[name]}')})", class_="text"),
        )
        for name in NAMES
        if any(name in group["figures"] for group in whole)
    ]
    return element(
        "section",
        element("h2", say("eval.all_figures"), id_="figures"),
        element("div", element("table", head, rows), class_="scroll"),
    )


# Plots, drawn by hand: a square of SIZE with a margin for the labels.

SIZE, MARGIN = 260, 40


def _x(share: float) -> float:
    return round(MARGIN + share * SIZE, 1)


def _y(share: float) -> float:
    return round(MARGIN / 2 + (1 - share) * SIZE, 1)


def _plots(data: Data) -> Markup:
    plots = [_reliability(split, one) for split, one in data["calibration"].items()]
    plots += [_risk(split, curve) for split, curve in data["risk_coverage"].items() if curve]
    if data["milliseconds"]:
        plots.append(_latency(data["milliseconds"]))
    return element(
        "section",
        element("h2", say("eval.plots"), id_="plots"),
        element("div", plots, class_="plots"),
    )


def _frame(label_x: str, label_y: str, ticks: Iterable[tuple[float, str]], *inside: str) -> Markup:
    parts = [
        element("line", x1=_x(0), x2=_x(1), y1=_y(0), y2=_y(0), class_="axis"),
        element("line", x1=_x(0), x2=_x(0), y1=_y(0), y2=_y(1), class_="axis"),
    ]
    parts += [
        element("text", f"{share:g}", x=_x(0) - 6, y=_y(share) + 4, text_anchor="end")
        for share in (0.0, 0.5, 1.0)
    ]
    parts += [
        element("text", text, x=_x(share), y=_y(0) + 15, text_anchor="middle")
        for share, text in ticks
    ]
    middle = _y(0.5)
    parts.append(element("text", label_x, x=_x(0.5), y=_y(0) + 31, text_anchor="middle"))
    parts.append(
        element("text", label_y, x=11, y=middle, text_anchor="middle",
                transform=f"rotate(-90 11 {middle})")
    )  # fmt: skip
    width, height = SIZE + 1.5 * MARGIN, SIZE + 1.5 * MARGIN
    return element("svg", parts, inside, viewBox=f"0 0 {width:g} {height:g}", width=f"{width:g}",
                   height=f"{height:g}", role="img")  # fmt: skip


def _reliability(split: str, found: Data) -> Markup:
    most = max((one["count"] for one in found["bins"]), default=1)
    dots = [
        element(
            "circle", class_="dot", cx=_x(one["confidence"]), cy=_y(one["right"]),
            r=round(3 + 9 * math.sqrt(one["count"] / most), 1),
        )
        for one in found["bins"]
    ]  # fmt: skip
    guide = element("line", x1=_x(0), y1=_y(0), x2=_x(1), y2=_y(1), class_="guide")
    ticks = [(share, f"{share:g}") for share in (0.0, 0.5, 1.0)]
    caption = say("eval.reliability", split=split)
    if found["error"] is not None:
        caption += say("eval.calibration_error", error=f"{found['error']:.3f}")
    return element(
        "figure",
        _frame(say("eval.confidence"), say("eval.share_right"), ticks, guide, *dots),
        element("figcaption", caption),
    )


def _risk(split: str, curve: Sequence[Sequence[float]]) -> Markup:
    line = "M" + " L".join(f"{_x(coverage)} {_y(risk)}" for coverage, risk in curve)
    ticks = [(share, f"{share:g}") for share in (0.0, 0.5, 1.0)]
    return element(
        "figure",
        _frame(say("eval.coverage"), say("eval.risk"), ticks,
               element("path", d=line, class_="series")),
        element("figcaption", say("eval.risk_coverage", split=split)),
    )  # fmt: skip


def _latency(times: Sequence[float]) -> Markup:
    ordered = sorted(times)
    low = math.floor(math.log10(max(ordered[0], 0.1)))
    high = max(low + 1, math.ceil(math.log10(max(ordered[-1], 1.0))))

    def across(ms: float) -> float:
        return (math.log10(max(ms, 10**low)) - low) / (high - low)

    step = max(1, len(ordered) // 300)
    points = [(across(ms), (i + 1) / len(ordered)) for i, ms in enumerate(ordered)]
    line = "M" + " L".join(f"{_x(x)} {_y(y)}" for x, y in [*points[::step], points[-1]])
    marks = [
        element("line", x1=_x(0), x2=_x(1), y1=_y(share), y2=_y(share), class_="guide")
        for share in (0.5, 0.95)
    ]
    ticks = [((e - low) / (high - low), f"{10**e:g}") for e in range(low, high + 1)]
    quantile = {
        share: ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)]
        for share in (0.5, 0.95)
    }
    half, most = (f"{quantile[share]:.1f}" for share in (0.5, 0.95))
    caption = say("eval.latency", half=half, most=most)
    return element(
        "figure",
        _frame(say("eval.milliseconds"), say("eval.share_answered"), ticks, *marks,
               element("path", d=line, class_="series")),
        element("figcaption", caption),
    )  # fmt: skip


# Compared, and what went wrong.


def _changes(before: Data, data: Data) -> Markup:
    heads = (say(f"eval.{one}") for one in ("figure", "split", "before", "now", "difference"))
    rows = [
        element(
            "tr",
            element("td", title(one.name)),
            element("td", one.split),
            element("td", f"{one.before:.3f}"),
            element("td", f"{one.after:.3f}"),
            element(
                "td",
                f"{one.difference.value:+.3f}",
                element("small", f"{one.difference.low:+.3f} – {one.difference.high:+.3f}"),
                class_=_colour(one),
            ),
            element("td", str(one.difference.count)),
        )
        for one in changes(before, data)
        if one.difference.value
    ]
    moved = turned(before, data)
    items = [
        element(
            "li",
            element("span", f"{_kind(then)} → {_kind(now)}", class_="soft"),
            f" {one['question']} ",
            element("code", one["id"]),
        )
        for then, now, one in moved
    ]
    head = element("tr", (element("th", text) for text in (*heads, "n")))
    return element(
        "section",
        element("h2", say("eval.since", created=before["created"]), id_="changes"),
        element("p", say("eval.paired"), class_="soft"),
        element("div", element("table", head, rows), class_="scroll"),
        element("h3", say("eval.moved", count=len(moved))),
        element("ul", items),
    )


def _kind(failure: str) -> str:
    return failure_title(failure).lower() if failure else say("eval.no_failure")


def _failures(failed: Sequence[Data]) -> Markup:
    parts: list[str] = [element("h2", say("eval.failures"), id_="failures")]
    for kind in FAILURES:
        some = [one for one in failed if one["failure"] == kind]
        if some:
            parts.append(element("h3", f"{failure_title(kind)}: {len(some)}"))
            parts += [_failure(one) for one in some]
    if not failed:
        parts.append(element("p", say("eval.none")))
    return element("section", parts)


def _failure(one: Data) -> Markup:
    answer = one["answer"]
    facts = [one["split"], one["category"], one["field"], *one["directions"]]
    if one["today"]:
        facts.append(say("eval.asked_on", day=one["today"]))
    accepted = " + ".join(" | ".join(part) for part in one["accepted"])
    said: list[str] = [element("h3", say("eval.answer_head"))]
    if answer is None:
        said.append(element("p", one["error"], class_="bad"))
    else:
        said += [element("p", element("b", answer["short"]))] if answer["short"] else []
        said.append(element("p", answer["text"]))
        said += [element("p", answer["notice"], class_="soft")] if answer["notice"] else []
        sure, took = f"{answer['confidence']:.2f}", f"{answer['milliseconds']:.0f}"
        facts_of_it = say("eval.answer_facts", confidence=sure, milliseconds=took)
        said.append(element("small", facts_of_it))
    place = say("eval.retrieved_at" if one["place"] else "eval.not_retrieved", place=one["place"])
    gold_ids = {paragraph["id"] for paragraph in one["gold"]}
    cited = [_cited(each, each["id"] in gold_ids) for each in one["cited"]]
    gold = [_paragraph(each["id"], element("span", each["text"])) for each in one["gold"]]
    return element(
        "details",
        element("summary", one["question"], " ", element("code", one["id"])),
        element(
            "div",
            element("p", " · ".join(fact for fact in facts if fact), class_="soft"),
            *(element("p", say("eval.turn", turn=turn), class_="soft") for turn in one["turns"]),
            element("p", say("eval.accepted"), element("b", accepted or say("eval.no_answer"))),
            element(
                "div",
                element("div", said),
                _side("cited", cited),
                _side("gold", [*gold, element("small", place)] if gold else []),
                class_="sides",
            ),
        ),
    )


def _side(name: str, parts: Sequence[Markup]) -> Markup:
    """What was cited, or what is gold; a word where that is nothing."""
    nothing = "cited_nothing" if name == "cited" else "gold_none"
    shown_parts = parts or [element("p", say(f"eval.{nothing}"))]
    return element("div", element("h3", say(f"eval.{name}")), shown_parts)


def _cited(one: Data, is_gold: bool) -> Markup:
    start, end = one["quote"]
    text = one["text"]
    quoted = element("span", text[:start], element("mark", text[start:end]), text[end:])
    return _paragraph(one["id"], quoted, " ✓" if is_gold else "")


def _paragraph(name: str, text: Markup, sign: str = "") -> Markup:
    return element("p", element("code", name + sign), "\n", text)
