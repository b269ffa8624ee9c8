"""Model: which base model, what it is, and what this computer can do with it."""

from pathlib import Path
from typing import ClassVar

from PySide6.QtCore import Slot
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog, QGridLayout, QVBoxLayout

from core.messages import N_, size
from core.models.families import family
from core.models.folder import ModelFolder
from core.models.presets import fits, forecast_of
from gui.pages.base import FormPage
from gui.theme.style import SPACE
from gui.widgets.parts import Role, button, line, set_role, text
from gui.widgets.vram_bar import VramBar
from gui.wizard.state import WizardState

FACTS = (
    N_("Architecture"),
    N_("Parameters"),
    N_("Weights"),
    N_("Context"),
    N_("Chat template"),
    N_("On this disk"),
)
VERDICTS = (N_("Can be trained"), N_("Can be converted to GGUF"), N_("Can be served by Ollama"))


class ModelPage(FormPage):
    """A folder that is dropped or chosen, or an id of a hub; below it what the folder holds."""

    step: ClassVar[str] = "model"
    title: ClassVar[str] = N_("Which model do you start from?")
    subtitle: ClassVar[str] = N_("Drop a model's folder here, choose one, or name a model of a hub.")
    help: ClassVar[str] = N_(
        "The base model knows language already; your rows teach it the rest. Take an instruct model, as large as fits "
        "your card: 0.5B to try things out, 7B for good answers on 16 to 24 GB.\n\nA folder as it comes from a hub has "
        "config.json, the tokenizer and .safetensors files."
    )

    def __init__(self, state: WizardState) -> None:
        super().__init__(state)
        self.setAcceptDrops(True)

    def build(self) -> None:
        """Source and model, facts, verdicts, memory."""
        layout = QVBoxLayout(self.content)
        layout.setContentsMargins(0, 0, SPACE, 0)
        layout.setSpacing(2 * SPACE)
        which = self.form("model.source", "model.model")
        layout.addWidget(which)
        self._browse = button(self.state.say(N_("Choose a folder…")), self.choose_folder)
        which.fields["model.model"].put_beside(self._browse)
        layout.addWidget(self.form("model.revision"))
        self._state_line = text("", "muted", wrap=True)
        layout.addWidget(self._state_line)
        layout.addWidget(line())
        layout.addLayout(self._fact_grid())
        layout.addStretch(1)
        layout.addWidget(line())
        self._vram = VramBar(self.state)
        layout.addWidget(self._vram)

    def _fact_grid(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(3 * SPACE)
        grid.setVerticalSpacing(SPACE)
        self._facts = [text("–", "", selectable=True) for _ in FACTS]
        self._verdicts = [text("–", "note", wrap=True) for _ in VERDICTS]
        for place, name in enumerate(FACTS):
            grid.addWidget(text(self.state.say(name), "muted"), place, 0)
            grid.addWidget(self._facts[place], place, 1)
        for place, name in enumerate(VERDICTS):
            grid.addWidget(text(self.state.say(name), "muted"), place, 2)
            grid.addWidget(self._verdicts[place], place, 3)
        grid.setColumnStretch(1, 1)
        grid.setColumnStretch(3, 1)
        return grid

    def state_changed(self, names: frozenset[str]) -> None:
        """Show the project and what was seen of the model."""
        super().state_changed(names)
        source = self.state.project.model.source
        self._browse.setVisible(source == "local")
        self.field("model.revision").setVisible(source in ("modelscope", "huggingface"))
        self.field("model.model").setEnabled(source != "sample")
        seen = self.state.seen
        model = seen.model if seen is not None and self.state.is_checked else None
        self._state_line.setText(self._words(source, model))
        self._state_line.setVisible(bool(self._state_line.text()))
        self._show_facts(model)
        self._show_verdicts(model)
        if seen is None or model is None:
            self._vram.show_forecast(None, 1, fits=True)
        else:
            forecast = forecast_of(self.state.project, model, seen.machine)
            enough = fits(forecast, seen.machine)
            self._vram.show_forecast(forecast, seen.machine.memory, fits=enough, is_gpu=seen.machine.is_gpu)

    def _words(self, source: str, model: ModelFolder | None) -> str:
        say = self.state.say
        if source == "sample":
            return say(
                N_("A tiny model with random weights is made on this computer; it is only for trying things out.")
            )
        if not self.state.is_checked:
            return say(N_("Reading the model…"))
        if source != "local" and model is None and self.state.project.model.model:
            return say(N_("It is downloaded when the job runs; what it holds is known then."))
        return ""

    def _show_facts(self, model: ModelFolder | None) -> None:
        if model is None:
            words = ["–"] * len(FACTS)
        else:
            shape = self.state.say(N_("{layers} layers, width {width}"), layers=model.layers, width=model.hidden_size)
            words = [
                f"{model.architecture} · {shape}",
                f"{model.parameters / 1e9:.2f} B",
                model.dtype,
                f"{model.context_length:,} tokens",
                self._template_words(),
                size(model.weight_bytes),
            ]
        for label, fact in zip(self._facts, words, strict=True):
            label.setText(fact)

    def _template_words(self) -> str:
        seen = self.state.seen
        return self.state.say(N_("ChatML")) if seen is not None and seen.template else self.state.say(N_("another"))

    def _show_verdicts(self, model: ModelFolder | None) -> None:
        """Yes, no, or not known yet: in words, not by colour alone."""
        wrong = [problem for problem in self.problems() if problem.level == "error"]
        known = model is not None and family(model.architecture) is not None
        typed = bool(self.state.project.model.model_type)
        template = self.state.seen is not None and self.state.seen.template is not None
        answers = (known or typed, known, template)
        for label, answer in zip(self._verdicts, answers, strict=True):
            yes = answer and not wrong
            role: Role = "note" if model is None else "good" if yes else "error"
            label.setText("–" if model is None else self.state.say(N_("✓ yes") if yes else N_("✗ no")))
            set_role(label, role)

    @Slot()
    def choose_folder(self) -> None:
        """Ask for the model's folder."""
        name = QFileDialog.getExistingDirectory(self, self.state.say(N_("The model's folder")))
        if name:
            self.take_folder(Path(name))

    def take_folder(self, folder: Path) -> None:
        """Use a folder of this computer."""
        self.state.change(model={"source": "local", "model": str(folder), "revision": ""})
        self.changed.emit()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802 - Qt's own
        """A folder may be dropped, or a file in it."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802 - Qt's own
        """Use what was dropped."""
        path = next(Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile())
        self.take_folder(path if path.is_dir() else path.parent)
        event.acceptProposedAction()
