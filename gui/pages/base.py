"""What all pages share: what the frame asks of them, and what they tell it."""

from typing import ClassVar

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from core.config.problem import Problem
from core.messages import N_
from gui.widgets.fields import Field, Form
from gui.wizard.flow import following
from gui.wizard.state import WizardState

NEXT = {
    "environment": N_("Next: Environment"),
    "model": N_("Next: Model"),
    "dataset": N_("Next: Data"),
    "training": N_("Next: Training"),
    "export": N_("Next: Export"),
    "ollama": N_("Next: Ollama"),
    "review": N_("Next: Review"),
}
"""The primary button of the page before."""


class Page(QWidget):
    """One step of the wizard: its own content only; the frame draws title, subtitle, help and buttons from it.

    Texts are made in ``build()``, which make_page() calls first and ``retranslate()`` again; what the user chose is
    in the state, so nothing is lost. A page that must not lose what it shows overrides ``retranslate()`` instead.
    """

    step: ClassVar[str]
    title: ClassVar[str]
    subtitle: ClassVar[str] = ""
    help: ClassVar[str] = ""
    """What the help column says before a field has the focus."""

    changed = Signal()
    """Something that problems() or primary() look at is different."""
    help_wanted = Signal(str, str)
    """Title and text of the field that has the focus."""
    open_wanted = Signal(str)
    """Go to this step."""

    def __init__(self, state: WizardState) -> None:
        super().__init__()
        self.state = state
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        self.content = QWidget()
        outer.addWidget(self.content)
        state.subscribe(self._on_state)

    def build(self) -> None:
        """Put the page's widgets into ``self.content``, which is new and empty."""

    def enter(self) -> None:
        """The page is shown."""

    def state_changed(self, names: frozenset[str]) -> None:
        """The state has changed while the page is open; :meth:`enter` shows what changed before."""

    def _on_state(self, names: frozenset[str]) -> None:
        if self.isVisible():
            self.state_changed(names)

    def leave(self) -> None:
        """Another page is shown, or the window closes: end what works for this page alone."""

    def problems(self) -> list[Problem]:
        """What is wrong on this page; while an error is among it, the primary button is off."""
        return self.state.problems(self.step)

    def primary(self) -> str:
        """The primary button's text; it names the next thing."""
        return NEXT.get(following(self.step) or "", "")

    def proceed(self) -> None:
        """The primary button was pressed."""
        if (step := following(self.step)) is not None:
            self.open_wanted.emit(step)

    def secondary(self) -> str:
        """The text of a second button beside the primary one; "" for none."""
        return ""

    def proceed_otherwise(self) -> None:
        """The second button was pressed."""

    def retranslate(self) -> None:
        """Say everything in the language that is on now."""
        old = self.content
        self.content = QWidget()
        layout = self.layout()
        if layout is not None:
            layout.replaceWidget(old, self.content)
        old.setParent(None)
        old.deleteLater()
        self.build()
        self.content.show()


class FormPage(Page):
    """A page with forms: their problems and help are the page's."""

    def __init__(self, state: WizardState) -> None:
        super().__init__(state)
        self.forms: list[Form] = []

    def form(self, *keys: str, columns: int = 2) -> Form:
        """A form of some settings (``section.setting``), looked after by the page."""
        made = Form(self.state, keys, columns)
        made.changed.connect(self.changed)
        made.help_wanted.connect(self.help_wanted)
        self.forms.append(made)
        return made

    def field(self, key: str) -> Field:
        """A field of one of the forms."""
        return next(form.fields[key] for form in self.forms if key in form.fields)

    def problems(self) -> list[Problem]:
        """What is typed wrong, then what the check found."""
        typed = [problem for form in self.forms for problem in form.problems()]
        return typed + super().problems()

    def enter(self) -> None:
        """Show the project as it is now."""
        self.state_changed(frozenset())

    def state_changed(self, names: frozenset[str]) -> None:
        """Show the project as it is now."""
        for form in self.forms:
            form.refresh()

    def retranslate(self) -> None:
        """Forms are made anew."""
        self.forms = []
        super().retranslate()
