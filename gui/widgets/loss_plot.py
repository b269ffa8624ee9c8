"""The training's figures over its steps: loss and held-out loss, accuracy, learning rate, gradient."""

from collections.abc import Mapping, Sequence

from PySide6.QtWidgets import QFrame

from core.messages import N_
from gui.widgets.plot import Curve, PlotCard
from gui.wizard.state import WizardState

FIGURES: tuple[tuple[str, ...], ...] = (
    ("loss", "eval_loss"),
    ("token_acc", "eval_token_acc"),
    ("learning_rate",),
    ("grad_norm",),
)
"""What the plot can show; a figure of the held-out rows stands beside that of the training."""
SMOOTHING: tuple[tuple[float, str], ...] = (
    (0.0, N_("As it is")),
    (0.8, N_("Smoothed")),
    (0.96, N_("Very smooth")),
)
DRAWN = 1500
"""Points that are drawn at most: twice as many as there are pixels."""
Points = Sequence[tuple[float, float]]


def smoothed(values: Sequence[float], weight: float) -> list[float]:
    """A moving average that forgets by ``weight``; unbiased from its first value on."""
    mean, norm, result = 0.0, 0.0, list[float]()
    for value in values:
        mean = weight * mean + (1 - weight) * value
        norm = weight * norm + (1 - weight)
        result.append(mean / norm)
    return result


def extremes(values: Sequence[float], each: int) -> list[float]:
    """Of each so many values the lowest and the highest in turn, so that no spike is lost: half as many buckets."""
    buckets = [values[start : start + 2 * each] for start in range(0, len(values), 2 * each)]
    return [value for bucket in buckets for value in ((min(bucket), max(bucket)) if len(bucket) > each else bucket[:1])]


class LossPlot(PlotCard):
    """Give it the series of a run; it shows those that are chosen."""

    def __init__(self, state: WizardState, parent: QFrame | None = None) -> None:
        self._series: Mapping[str, Points] = {}
        super().__init__(state, parent)
        self.figures, self.smoothing = self.add_choice(), self.add_choice()
        self.finish_head()
        self._fill()
        self.smoothing.setCurrentIndex(1)
        self.figures.currentIndexChanged.connect(self.redraw)
        self.figures.currentIndexChanged.connect(self.show_all)
        self.smoothing.currentIndexChanged.connect(self.redraw)

    def show_series(self, series: Mapping[str, Points]) -> None:
        """The figures so far: (step, value) each."""
        self._series = series
        self.redraw_soon()

    def retranslate(self) -> None:
        """Say everything in the language that is on now."""
        super().retranslate()
        if hasattr(self, "figures"):
            self._fill()

    def _fill(self) -> None:
        say, sentence = self._state.say, self._state.sentence
        self.setAccessibleName(say(N_("Training")))
        figures = [(sentence(f"metric_{names[0]}"), names) for names in FIGURES]
        for choice, entries, name in (
            (self.figures, figures, N_("What the plot shows")),
            (self.smoothing, [(say(text), weight) for weight, text in SMOOTHING], N_("Smoothing")),
        ):
            current = max(0, choice.currentIndex())
            choice.blockSignals(True)
            choice.clear()
            for text, data in entries:
                choice.addItem(text, data)
            choice.setCurrentIndex(current)
            choice.blockSignals(False)
            choice.setAccessibleName(say(name))

    def curves(self) -> list[Curve]:
        """The chosen figure, smoothed over itself, and that of the held-out rows."""
        weight, found = SMOOTHING[self.smoothing.currentIndex()][0], list[Curve]()
        for kind, name in enumerate(FIGURES[self.figures.currentIndex()]):
            points = self._series.get(name, ())
            if not points:
                continue
            each = -(-len(points) // DRAWN)
            thin = points[::each]
            xs, ys = [step for step, _ in thin], [value for _, value in thin]
            title = self._state.sentence(f"metric_{name}")
            if kind == 0 and weight:
                spiky = extremes([value for _, value in points], each) if each > 1 else ys
                found.append(Curve(title, xs, spiky, kind, faint=True))
                ys = smoothed(ys, weight**each)
            found.append(Curve(title, xs, ys, kind, marks=kind > 0))
        return found

    def table(self) -> tuple[list[str], list[list[float | str]]]:
        """Each step with its figures."""
        names = list(self._series)
        by_step: dict[float, dict[str, float]] = {}
        for name, points in self._series.items():
            for step, value in points:
                by_step.setdefault(step, {})[name] = value
        rows: list[list[float | str]] = [
            [step, *(values.get(name, "") for name in names)] for step, values in sorted(by_step.items())
        ]
        return ["step", *names], rows
