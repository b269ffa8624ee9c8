"""Data: the rows to learn from, what the model says about itself, and what is held out."""

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QHeaderView,
    QLineEdit,
    QListWidget,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
)

from core.config.sections.inputs import SelfCognitionSection
from core.data.encoding import SUFFIXES
from core.data.preview import Preview, preview
from core.data.rows import Conversation
from core.data.sampling import parse_entry
from core.events import StageError
from core.messages import N_
from gui.background import Background
from gui.pages.base import NEXT, FormPage
from gui.theme.style import SPACE
from gui.widgets.parts import Role, button, line, row, set_role, text
from gui.wizard.state import WizardState

SHOWN = 30
"""Rows of the first file in the preview."""
ABOUT_ITSELF = ("model_name_zh", "model_name_en", "author_zh", "author_en", "samples")


class DatasetPage(FormPage):
    """Files and hub ids, a preview, self-cognition, and the validation split."""

    step: ClassVar[str] = "dataset"
    title: ClassVar[str] = N_("What should it learn from?")
    subtitle: ClassVar[str] = N_("Drop files of rows here (jsonl, json, csv), several if you like.")
    help: ClassVar[str] = N_(
        "A row is a conversation: what is asked, and what should be answered. Known are messages, ShareGPT, Alpaca and "
        "query/response columns; each row is checked.\n\nA number after # takes so many rows of a file: "
        "rows.jsonl#500. A dataset of ModelScope is OWNER/NAME, of Hugging Face hf::OWNER/NAME."
    )

    def __init__(self, state: WizardState) -> None:
        super().__init__(state)
        self.setAcceptDrops(True)
        self._preview = Background(self)
        self._preview.done.connect(self._on_preview)
        self._preview.failed.connect(self._on_no_preview)

    def build(self) -> None:
        """Files, preview, the model's name, the split."""
        say = self.state.say
        self.files = QListWidget()
        self.files.setFixedHeight(92)
        self.files.setAccessibleName(say(N_("Files and datasets")))
        self.files.itemSelectionChanged.connect(self._on_selected)
        self.hub_id = QLineEdit()
        self.hub_id.setPlaceholderText(say(N_("or a dataset of a hub: OWNER/NAME")))
        self.hub_id.setAccessibleName(say(N_("Dataset of a hub")))
        self.hub_id.returnPressed.connect(self._on_hub_id)
        self._remove = button(say(N_("Remove")), self._on_remove)
        self._said = text("", "note", wrap=True)
        self._rows = QTableWidget(0, 2)
        self._rows.setHorizontalHeaderLabels([say(N_("Question")), say(N_("Answer"))])
        self._rows.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self._rows.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)
        self._rows.verticalHeader().setVisible(False)
        self._rows.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self._rows.setShowGrid(False)
        self._rows.setFixedHeight(176)
        self._rows.setAccessibleName(say(N_("The first rows")))
        layout = QVBoxLayout(self.content)
        layout.setContentsMargins(0, 0, SPACE, 0)
        layout.setSpacing(2 * SPACE)
        layout.addWidget(self.files)
        adds = row(button(say(N_("Add files…")), self.choose_files), self.hub_id, self._remove)
        adds.setStretch(1, 1)
        layout.addLayout(adds)
        layout.addWidget(self._said)
        layout.addWidget(self._rows)
        layout.addWidget(line())
        self.own_name = QCheckBox(say(N_("Teach it its own name and author")))
        self.own_name.clicked.connect(self._on_own_name)
        self._about = self.form(*(f"self_cognition.{name}" for name in ABOUT_ITSELF))
        layout.addLayout(row(self.own_name, None))
        layout.addWidget(self._about)
        layout.addWidget(line())
        layout.addWidget(
            self.form(
                "dataset.split_dataset_ratio",
                "dataset.max_length",
                "dataset.truncation_strategy",
                "dataset.on_bad_rows",
            )
        )
        layout.addStretch(1)

    def secondary(self) -> str:
        """The long way: all later choices have good defaults."""
        return NEXT["training"]

    def proceed_otherwise(self) -> None:
        """Choose more."""
        self.open_wanted.emit("training")

    def primary(self) -> str:
        """The short way."""
        return NEXT["review"]

    def proceed(self) -> None:
        """Straight to Review."""
        self.open_wanted.emit("review")

    def state_changed(self, names: frozenset[str]) -> None:
        """Show the files, and what the check said of them."""
        super().state_changed(names)
        files = self.state.project.dataset.files
        if self._entries() != files:
            self.files.clear()
            self.files.addItems(list(files))
        self._remove.setEnabled(bool(files))
        if not names or "dataset" in names:
            self._ask_for_preview()
        wanted = self.state.project.self_cognition.samples > 0
        self.own_name.setChecked(wanted)
        self._about.setVisible(wanted)
        self._show_said()

    def _entries(self) -> tuple[str, ...]:
        return tuple(self.files.item(place).text() for place in range(self.files.count()))

    def _ask_for_preview(self) -> None:
        chosen = self.files.selectedItems()
        entries = self.state.project.dataset.files
        text_of = chosen[0].text() if chosen else entries[0] if entries else ""
        if not text_of:
            self._show_rows(())
            return
        job = self.state.job()
        self._preview.ask(lambda: preview(parse_entry(job.path(text_of).as_posix()).path, SHOWN))

    def _show_said(self) -> None:
        """How many rows there are, or what is wrong with the files."""
        say, seen = self.state.say, self.state.seen
        role: Role = "note"
        if wrong := [p for p in self.problems() if p.field == "dataset.files"]:
            problem = wrong[0]
            role = "error" if problem.level == "error" else "warning"
            words = self.state.sentence(problem.code, problem.values)
            if cure := self.state.cure(problem.code, problem.values):
                words += f"\n{cure}"
        elif seen is not None and seen.rows is not None and self.state.project.dataset.files:
            words = say(N_("{rows} rows can be used."), rows=f"{seen.rows:,}")
        else:
            words = say(N_("What a dataset of a hub holds is seen once it is downloaded.")) if self._entries() else ""
        self._said.setText(words)
        set_role(self._said, role)

    @Slot()
    def choose_files(self) -> None:
        """Ask for files of rows."""
        kinds = " ".join(f"*{suffix}" for suffix in SUFFIXES)
        names, _ = QFileDialog.getOpenFileNames(self, self.state.say(N_("Files of rows")), "", kinds)
        self.add(names)

    def add(self, entries: Sequence[str]) -> None:
        """Add what is not there yet."""
        before = self.state.project.dataset.files
        new = [entry for entry in entries if entry and entry not in before]
        if new:
            self.state.change(dataset={"files": [*before, *new]})
            self.changed.emit()

    @Slot()
    def _on_hub_id(self) -> None:
        self.add([self.hub_id.text().strip()])
        self.hub_id.clear()

    @Slot()
    def _on_remove(self) -> None:
        chosen = self.files.currentRow() if self.files.selectedItems() else self.files.count() - 1
        entries = list(self._entries())
        del entries[chosen]
        self.state.change(dataset={"files": entries})
        self.changed.emit()

    @Slot()
    def _on_own_name(self) -> None:
        default = SelfCognitionSection().samples
        self.state.change(self_cognition={"samples": default if self.own_name.isChecked() else 0})
        self.changed.emit()

    @Slot()
    def _on_selected(self) -> None:
        self._ask_for_preview()

    @Slot(object)
    def _on_preview(self, seen: Preview) -> None:
        self._show_rows(seen.rows)

    @Slot(object)
    def _on_no_preview(self, error: StageError) -> None:
        self._show_rows(())

    def _show_rows(self, rows: Sequence[Conversation]) -> None:
        self._rows.setRowCount(len(rows))
        self._rows.setVisible(bool(rows))
        for place, conversation in enumerate(rows):
            turns = [message for message in conversation.messages if message.role != "system"]
            for column, words in enumerate((turns[0].content, turns[-1].content)):
                item = QTableWidgetItem(" ".join(words.split()))
                item.setToolTip(words)
                self._rows.setItem(place, column, item)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802 - Qt's own
        """Files may be dropped."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802 - Qt's own
        """Add what was dropped."""
        self.add([str(Path(url.toLocalFile())) for url in event.mimeData().urls() if url.isLocalFile()])
        event.acceptProposedAction()
