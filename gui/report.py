"""A run as one HTML file that needs nothing else: what was made, the plots, the answers, every setting. No Qt."""

import html
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from core.config.fields import setting_info
from core.config.project import TuneProject, sections
from core.messages import N_, size
from core.platform.files import move
from gui.run_folder import Result
from gui.run_words import stage_note, stage_title, time_words
from gui.theme.colours import LIGHT
from gui.wizard.state import WizardState

WIDTH, HEIGHT, EDGE = 640, 220, 40
PLOTS: tuple[tuple[str, ...], ...] = (("loss", "eval_loss"), ("token_acc", "eval_token_acc"), ("learning_rate",))
DASHES = ("", "6 4", "2 3")
STYLE = f"""
body {{ font: 14px/1.5 "Segoe UI", Inter, "Microsoft YaHei", "Noto Sans CJK SC", sans-serif; color: {LIGHT.text};
  max-width: 960px; margin: 32px auto; padding: 0 24px; }}
h1 {{ font-size: 22px; }} h2 {{ font-size: 16px; margin-top: 32px; }}
table {{ border-collapse: collapse; width: 100%; }}
th, td {{ text-align: left; vertical-align: top; padding: 4px 12px 4px 0; border-bottom: 1px solid {LIGHT.line}; }}
th, figcaption, .note {{ color: {LIGHT.muted}; font-weight: 400; }}
code {{ background: {LIGHT.sidebar}; padding: 2px 6px; border-radius: 4px; }}
figure {{ margin: 16px 0; }} svg text {{ font-size: 11px; fill: {LIGHT.muted}; }}
"""
Points = Sequence[tuple[float, float]]


def write_report(path: Path, result: Result, project: TuneProject, name: str, state: WizardState) -> None:
    """Write the report in one step. Raises OSError."""
    part = path.with_name(path.name + ".part")
    part.write_text(report(result, project, name, state), encoding="utf-8", newline="\n")
    move(part, path)


def report(result: Result, project: TuneProject, name: str, state: WizardState) -> str:
    """The whole page."""
    parts = (
        _head(result, name, state),
        _products(result, state),
        _stages(result, state),
        _plots(result, state),
        _examples(result, state),
        _settings(project, state),
    )
    title = html.escape(name)
    return (
        f'<!doctype html>\n<html lang="{state.language}"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{STYLE}</style></head><body>\n" + "\n".join(part for part in parts if part) + "\n</body></html>\n"
    )


def _head(result: Result, name: str, state: WizardState) -> str:
    run = result.run
    begun = time.strftime("%Y-%m-%d %H:%M", time.localtime(run.started))
    words = [begun, time_words(max(0.0, run.ended - run.started), state), state.sentence(f"state_{run.status}")]
    return f'<h1>{html.escape(name)}</h1><p class="note">{html.escape(" · ".join(words))}</p>'


def _products(result: Result, state: WizardState) -> str:
    rows = [(made.name, size(made.size), made.path) for made in result.products]
    run = f"<p><code>ollama run {html.escape(result.tuned)}</code></p>" if result.tuned else ""
    return _section(state.say(N_("What was made")), _table((), rows) + run) if rows or run else ""


def _stages(result: Result, state: WizardState) -> str:
    rows = [(stage_title(row.name, state), stage_note(row, state)) for row in result.run.stages.values()]
    return _section(state.say(N_("Stages")), _table((), rows))


def _plots(result: Result, state: WizardState) -> str:
    drawn = [
        svg(
            [(state.sentence(f"metric_{name}"), result.run.series[name]) for name in names if name in result.run.series]
        )
        for names in PLOTS
        if any(len(result.run.series.get(name, ())) > 1 for name in names)
    ]
    return _section(state.say(N_("Training")), "".join(drawn)) if drawn else ""


def _examples(result: Result, state: WizardState) -> str:
    heads = [state.say(text) for text in (N_("Question"), N_("Expected"), N_("Before"), N_("After"))]
    rows = [(found.question, found.expected, found.before, found.after) for found in result.examples]
    return _section(state.say(N_("Examples")), _table(heads, rows)) if rows else ""


def _settings(project: TuneProject, state: WizardState) -> str:
    rows = []
    for name, section in sections().items():
        values = getattr(project, name)
        for key, field in section.model_fields.items():
            value = getattr(values, key)
            shown = ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
            rows.append((state.say(setting_info(field).label), f"{name}.{key}", shown))
    return _section(state.say(N_("Settings")), _table((), rows))


def _section(title: str, content: str) -> str:
    return f"<h2>{html.escape(title)}</h2>{content}"


def _table(heads: Iterable[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f"<th>{html.escape(text)}</th>" for text in heads)
    body = "".join("<tr>" + "".join(f"<td>{html.escape(text)}</td>" for text in row) + "</tr>" for row in rows)
    return f"<table>{f'<tr>{head}</tr>' if head else ''}{body}</table>"


def svg(curves: Sequence[tuple[str, Points]]) -> str:
    """Curves over the steps, drawn to one scale; told apart by their dashes as well."""
    xs = [x for _, points in curves for x, _ in points]
    ys = [y for _, points in curves for _, y in points]
    left, right, low, high = min(xs), max(xs), min(0.0, *ys), max(ys)
    across, up = (WIDTH - 2 * EDGE) / ((right - left) or 1), (HEIGHT - 2 * EDGE) / ((high - low) or 1)

    def place(x: float, y: float) -> str:
        return f"{EDGE + (x - left) * across:.1f},{HEIGHT - EDGE - (y - low) * up:.1f}"

    lines = "".join(
        f'<polyline fill="none" stroke="{LIGHT.plots[kind % 3]}" stroke-width="1.6" '
        f'stroke-dasharray="{DASHES[kind % 3]}" points="{" ".join(place(x, y) for x, y in points)}"/>'
        for kind, (_, points) in enumerate(curves)
    )
    marks = "".join(
        f'<line x1="{EDGE}" x2="{WIDTH - EDGE}" y1="{y}" y2="{y}" stroke="{LIGHT.line}"/>'
        f'<text x="{WIDTH - EDGE + 4}" y="{y + 4}">{value:.3g}</text>'
        for y, value in ((EDGE, high), (HEIGHT - EDGE, low))
    )
    steps = (
        f'<text x="{EDGE}" y="{HEIGHT - EDGE + 16}">{left:g}</text>'
        f'<text x="{WIDTH - EDGE}" y="{HEIGHT - EDGE + 16}" text-anchor="end">{right:g}</text>'
    )
    signs = ("──", "╌╌", "┈┈")
    caption = " &nbsp; ".join(
        f'<span style="color:{LIGHT.plots[kind % 3]}">{signs[kind % 3]}</span> {html.escape(name)}'
        for kind, (name, _) in enumerate(curves)
    )
    return (
        f'<figure><svg viewBox="0 0 {WIDTH} {HEIGHT}" width="100%" role="img">{marks}{steps}{lines}</svg>'
        f"<figcaption>{caption}</figcaption></figure>"
    )
