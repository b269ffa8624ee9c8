"""Training: a preset, the settings behind it, and what they need of the card."""

import math
from collections.abc import Iterator
from typing import ClassVar

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QButtonGroup, QGridLayout, QLineEdit, QVBoxLayout, QWidget

from core.config.project import TuneProject, settings
from core.messages import N_
from core.models.presets import Fit, fits, forecast_of, presets
from gui.pages.base import FormPage
from gui.theme.style import SPACE
from gui.widgets.fields import Form
from gui.widgets.parts import Card, button, column, line, row, text
from gui.widgets.vram_bar import VramBar

PRESETS: dict[str, tuple[str, str]] = {
    "quick": (N_("Quick try"), N_("a few minutes, to see it work")),
    "balanced": (N_("Balanced"), N_("good answers in reasonable time")),
    "best": (N_("Best quality"), N_("larger rank, more epochs")),
    "low_vram": (N_("Low memory"), N_("4-bit base model, for 8 to 12 GB cards")),
    "recipe_2024": (N_("2024 recipe"), N_("rank 8, rate 5e-5, batch 4 × 4")),
}
DOES_NOT_FIT = N_("needs {needed} GB, {there} GB are there")
BASIC = (
    "training.num_train_epochs",
    "training.learning_rate",
    "lora.lora_rank",
    "training.per_device_train_batch_size",
    "training.gradient_accumulation_steps",
    "lora.lora_alpha",
    "training.gradient_checkpointing",
    "lora.quant_bits",
    "hardware.device",
)
GIB = 2**30


class TrainingPage(FormPage):
    """Five presets, nine basic settings, all others under Advanced; memory and steps move as one types."""

    step: ClassVar[str] = "training"
    title: ClassVar[str] = N_("How should it learn?")
    subtitle: ClassVar[str] = N_("Pick a preset, or change what you like. Nothing starts until the last page.")
    help: ClassVar[str] = N_(
        "The first four presets fit themselves to your card: batch, accumulation, gradient checkpointing and 4-bit "
        "loading are chosen so that each step still sees 16 rows. Balanced is right for most.\n\nClick into a field to "
        "read what it does."
    )

    def build(self) -> None:
        """Presets, basic settings, advanced ones, and the forecast."""
        self._cards: dict[str, Card] = {}
        layout = QVBoxLayout(self.content)
        layout.setContentsMargins(0, 0, SPACE, 0)
        layout.setSpacing(2 * SPACE)
        layout.addLayout(self._preset_row())
        layout.addSpacing(SPACE)
        self.basic = self.form(*BASIC, columns=3)
        layout.addWidget(self.basic)
        self._advanced_keys = tuple(advanced())
        self.advanced_button = button("", self.toggle_advanced, "quiet")
        layout.addLayout(row(self.advanced_button, None))
        self._advanced: QWidget | None = None
        self._place = column()
        layout.addLayout(self._place)
        layout.addStretch(1)
        layout.addWidget(line())
        layout.addLayout(self._forecast_row())
        self._name_advanced(opened=False)

    def _preset_row(self) -> QGridLayout:
        say, grid, group = self.state.say, QGridLayout(), QButtonGroup(self.content)
        grid.setSpacing(SPACE)
        for place, name in enumerate(presets()):
            title, note = PRESETS[name]
            made = Card(say(title), say(note), self._on_preset)
            made.setCheckable(True)
            made.setObjectName(name)
            group.addButton(made)
            grid.addWidget(made, 0, place)
            grid.setColumnStretch(place, 1)
            self._cards[name] = made
        self._group = group
        return grid

    def _forecast_row(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(4 * SPACE)
        self._vram = VramBar(self.state)
        self._steps = text("–", "figure")
        grid.addWidget(self._vram, 0, 0)
        grid.addLayout(column(self._steps, text(self.state.say(N_("steps")), "note"), space=0), 0, 1)
        grid.setColumnStretch(0, 1)
        return grid

    def state_changed(self, names: frozenset[str]) -> None:
        """Presets, memory and steps as things are now."""
        super().state_changed(names)
        self._show_presets()
        self._show_forecast()
        training = self.state.project.training
        batch, more = training.per_device_train_batch_size, training.gradient_accumulation_steps
        words = self.state.say(
            N_("{batch} × {more} accumulation = {rows} rows a step"), batch=batch, more=more, rows=batch * more
        )
        self.basic.fields["training.per_device_train_batch_size"].show_hint(words)

    def _show_presets(self) -> None:
        say = self.state.say
        self._group.setExclusive(False)
        for name, made in self._cards.items():
            fit = self.state.fit(presets()[name])
            made.setChecked(name == self.state.preset)
            made.setEnabled(fit.fits)
            title, note = PRESETS[name]
            words = say(note) if fit.fits else self._too_large(fit)
            made.show_note(words)
            made.setToolTip("" if fit.fits else f"{say(title)}: {words}")
        self._group.setExclusive(True)

    def _too_large(self, fit: Fit) -> str:
        needed = fit.forecast.total / GIB if fit.forecast is not None else 0.0
        there = self.state.seen.machine.memory / GIB if self.state.seen is not None else 0.0
        return self.state.say(DOES_NOT_FIT, needed=f"{needed:.1f}", there=f"{there:.1f}")

    def _show_forecast(self) -> None:
        seen, project = self.state.seen, self.state.project
        self._steps.setText(f"{steps(seen.rows, project):,}" if seen is not None and seen.rows else "–")
        if seen is None or seen.model is None:
            self._vram.show_forecast(None, 1, fits=True)
            return
        forecast = forecast_of(project, seen.model, seen.machine)
        enough = fits(forecast, seen.machine)
        self._vram.show_forecast(forecast, seen.machine.memory, fits=enough, is_gpu=seen.machine.is_gpu)

    @Slot()
    def _on_preset(self) -> None:
        made = self.sender()
        if made is not None:
            self.state.choose_preset(made.objectName())
            self.changed.emit()

    @Slot()
    def toggle_advanced(self) -> None:
        """Open or fold the settings that few change; they are made when first asked for."""
        if self._advanced is None:
            self._advanced = self._make_advanced()
            self._place.addWidget(self._advanced)
            self._name_advanced(opened=True)
            return
        opened = self._advanced.isHidden()
        self._advanced.setVisible(opened)
        self._name_advanced(opened=opened)

    def _name_advanced(self, *, opened: bool) -> None:
        sign = "▾" if opened else "▸"
        words = self.state.say(N_("Advanced · {count} settings"), count=len(self._advanced_keys))
        self.advanced_button.setText(f"{sign} {words}")
        self.advanced_button.setAccessibleName(words)

    def _make_advanced(self) -> QWidget:
        made, search = QWidget(), QLineEdit()
        search.setPlaceholderText(self.state.say(N_("Search settings")))
        search.setAccessibleName(search.placeholderText())
        search.textChanged.connect(self._on_search)
        self._all: Form = self.form(*self._advanced_keys, columns=3)
        made.setLayout(column(search, self._all, space=2 * SPACE))
        return made

    @Slot(str)
    def _on_search(self, words: str) -> None:
        for key, field in self._all.fields.items():
            haystack = f"{key} {field.label} {field.help_text()}".lower()
            field.setVisible(words.lower().strip() in haystack)


def advanced() -> Iterator[str]:
    """The settings of this page that are not basic, in the order of the file."""
    for section, name, _, _ in settings():
        key = f"{section}.{name}"
        if section in ("lora", "training", "hardware") and key not in BASIC:
            yield key


def steps(rows: int, project: TuneProject) -> int:
    """The steps of the training: rows that are not held out, in batches, as often as they are seen."""
    learnt = (rows + project.self_cognition.samples) * (1 - project.dataset.split_dataset_ratio)
    batch = project.training.per_device_train_batch_size * project.training.gradient_accumulation_steps
    return math.ceil(math.ceil(learnt / (batch * project.hardware.nproc_per_node)) * project.training.num_train_epochs)
