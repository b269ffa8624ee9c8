"""Ollama: the finished model's name, how it answers, and what it is compared with."""

from typing import ClassVar

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QVBoxLayout

from core.config.problem import Problem
from core.events import StageError
from core.messages import N_
from core.models.template import chatml
from core.tools import ollama
from core.tools.ollama_connection import Client
from core.tools.ollama_models import models
from core.tools.ollama_names import problems as name_problems
from core.tools.ollama_names import same
from gui.background import Background
from gui.pages.base import FormPage
from gui.theme.style import SPACE
from gui.widgets.parts import line, text
from gui.wizard.state import WizardState


class OllamaPage(FormPage):
    """Name, system prompt, parameters, comparison, push; the prompt as it will be served."""

    step: ClassVar[str] = "ollama"
    title: ClassVar[str] = N_("What shall it be called?")
    subtitle: ClassVar[str] = N_("The finished model is made in Ollama under this name, and asked a few questions.")
    help: ClassVar[str] = N_(
        "A name like you/my-model:q4. Leave it empty to stop at the GGUF files.\n\nThe base model is made beside it as "
        "NAME-base, so that you can compare the answers before and after."
    )

    def __init__(self, state: WizardState) -> None:
        super().__init__(state)
        self._names: tuple[str, ...] | None = None
        self._list = Background(self)
        self._list.done.connect(self._on_names)
        self._list.failed.connect(self._on_no_names)

    def build(self) -> None:
        """Fields, then the prompt."""
        layout = QVBoxLayout(self.content)
        layout.setContentsMargins(0, 0, SPACE, 0)
        layout.setSpacing(2 * SPACE)
        layout.addWidget(self.form("ollama.name", "dataset.system"))
        numbers = ("ollama.temperature", "ollama.num_ctx", "ollama.num_predict")
        layout.addWidget(self.form(*numbers, columns=3))
        layout.addWidget(line())
        layout.addWidget(self.form("ollama.compare_base", "ollama.push"))
        layout.addWidget(self.form("ollama.test_prompts", "ollama.base_name"))
        layout.addWidget(line())
        layout.addWidget(text(self.state.say(N_("The prompt as the model sees it")), "heading"))
        self._prompt = text("", "fixed", wrap=True, selectable=True)
        layout.addWidget(self._prompt)
        layout.addStretch(1)

    def enter(self) -> None:
        """Ask Ollama for the models that it has."""
        super().enter()
        self._list.ask(installed)

    def problems(self) -> list[Problem]:
        """The name's grammar is checked as it is typed, before the whole project is."""
        ollama_settings = self.state.project.ollama
        typed = name_problems(ollama_settings.name, push=ollama_settings.push) if ollama_settings.name else []
        return typed + [problem for problem in super().problems() if problem not in typed]

    def state_changed(self, names: frozenset[str]) -> None:
        """Whether the name is taken, and the prompt as things are now."""
        super().state_changed(names)
        self.field("ollama.name").show_hint(self._hint())
        self._prompt.setText(self._served())

    def _hint(self) -> str:
        name, say = self.state.project.ollama.name, self.state.say
        if not name:
            return say(N_("Without a name the work ends with the GGUF files."))
        if self._names is None:
            return say(N_("Ollama does not answer now; it is needed when the run comes to its part."))
        if any(same(name, other) for other in self._names):
            return say(N_("Ollama has a model of this name; it will be replaced."))
        return say(N_("The name is free."))

    def _served(self) -> str:
        """The first test prompt as it reaches the model."""
        seen, project = self.state.seen, self.state.project
        if seen is None or seen.template is None:
            return self.state.say(N_("It is known once the model is on this computer."))
        asked = project.ollama.test_prompts[0] if project.ollama.test_prompts else "…"
        system = project.dataset.system or seen.template.default_system
        return chatml((("user", asked),), system, generate=True)

    @Slot(object)
    def _on_names(self, names: tuple[str, ...]) -> None:
        self._names = names
        self.state_changed(frozenset())

    @Slot(object)
    def _on_no_names(self, error: StageError) -> None:
        self._names = None
        self.state_changed(frozenset())


def installed() -> tuple[str, ...]:
    """The models that Ollama has. Raises StageError where it does not answer."""
    address = ollama.host()
    if ollama.version(address) is None:
        raise StageError("ollama_not_running", host=address)
    return tuple(model.name for model in models(Client(address)))
