"""Export: which sizes to make, how, and where llama.cpp comes from."""

from typing import ClassVar

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QCheckBox, QGridLayout, QVBoxLayout

from core.events import StageError
from core.messages import N_, size
from core.models.folder import ModelFolder
from core.models.forecast import quantized_bytes
from gui.pages.base import FormPage
from gui.theme.style import SPACE
from gui.widgets.parts import line, text

TYPES = {
    "Q3_K_M": N_("Small: for little memory; answers suffer noticeably."),
    "Q4_K_M": N_("The usual choice: a quarter of the size, hardly worse."),
    "Q5_K_M": N_("A little better than Q4_K_M, a fifth larger."),
    "Q6_K": N_("Close to the original."),
    "Q8_0": N_("As good as the original, half its size."),
    "F16": N_("The original's numbers; large and slow."),
    "Q4_0": N_("Older than Q4_K_M and a little worse; fast on ARM processors."),
}
"""What each of the usual types is good for; all others are typed in the field below."""


class ExportPage(FormPage):
    """A row for each usual type with its size and quality; the rest in fields."""

    step: ClassVar[str] = "export"
    title: ClassVar[str] = N_("How large may it be?")
    subtitle: ClassVar[str] = N_("Each type you tick becomes a GGUF file; the first one in the list below is served.")
    help: ClassVar[str] = N_(
        "Quantizing stores each weight in fewer bits: the model gets smaller and faster, and loses a little quality. "
        "Q4_K_M is right for most; take Q8_0 where quality matters more than size.\n\nllama.cpp does the work; how "
        "it is got is chosen for this computer by itself."
    )

    def build(self) -> None:
        """Types, then how they are made."""
        layout = QVBoxLayout(self.content)
        layout.setContentsMargins(0, 0, SPACE, 0)
        layout.setSpacing(2 * SPACE)
        layout.addLayout(self._type_rows())
        layout.addWidget(line())
        layout.addWidget(self.form("export.quantizations", "export.llama_cpp"))
        ticks = self.form("export.imatrix", "export.awq", columns=2)
        layout.addWidget(ticks)
        layout.addWidget(self.form("export.outtype", "export.merge_device", "export.w64devkit", columns=3))
        layout.addWidget(self.form("export.llama_cpp_dir", "export.awq_rows"))
        layout.addStretch(1)

    def _type_rows(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(3 * SPACE)
        grid.setVerticalSpacing(SPACE)
        self.types: dict[str, QCheckBox] = {}
        self._sizes = {name: text("", "muted") for name in TYPES}
        for place, (name, words) in enumerate(TYPES.items()):
            tick = QCheckBox(name)
            tick.setObjectName(name)
            tick.setAccessibleName(name)
            tick.setAccessibleDescription(self.state.say(words))
            tick.clicked.connect(self._on_type)
            self.types[name] = tick
            grid.addWidget(tick, place, 0)
            grid.addWidget(self._sizes[name], place, 1)
            grid.addWidget(text(self.state.say(words), "note"), place, 2)
        grid.setColumnStretch(2, 1)
        return grid

    def state_changed(self, names: frozenset[str]) -> None:
        """Ticks, sizes, and the fields that matter for what is chosen."""
        super().state_changed(names)
        export, seen = self.state.project.export, self.state.seen
        wanted = {name.upper() for name in export.quantizations}
        for name, tick in self.types.items():
            tick.setChecked(name in wanted)
            self._sizes[name].setText(size_of(name, seen.model if seen is not None else None))
        self.field("export.llama_cpp_dir").setVisible(export.llama_cpp == "existing")
        self.field("export.awq_rows").setVisible(export.awq)

    @Slot()
    def _on_type(self) -> None:
        """Tick or untick a type; one must stay."""
        tick = self.sender()
        if not isinstance(tick, QCheckBox):
            return
        name, before = tick.objectName(), self.state.project.export.quantizations
        kept = [other for other in before if other.upper() != name]
        after = [*kept, name] if tick.isChecked() else kept
        self.state.change(export={"quantizations": after or list(before)})
        self.state_changed(frozenset())
        self.changed.emit()


def size_of(name: str, model: ModelFolder | None) -> str:
    """How large the model's file will be; "" where that is not known."""
    if model is None:
        return ""
    try:
        return size(quantized_bytes(model, name))
    except StageError:
        return ""
