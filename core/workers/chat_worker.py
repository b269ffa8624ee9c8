"""Asks one model in Ollama one question, and hands on the answer as it comes."""

from collections.abc import Mapping

from PySide6.QtCore import QObject, QThread, Signal

from core.events import StageError, Stopped
from core.tools import ollama
from core.tools.ollama_chat import Option, ask
from core.tools.ollama_connection import Client


class ChatWorker(QThread):
    """``text_arrived`` carries each piece of the answer, ``done`` its end, ``failed`` the StageError that kept it away.

    ``requestInterruption()`` ends the answer, in Ollama too; the text until then stays, and ``done`` is sent.
    """

    text_arrived = Signal(str)
    done = Signal()
    failed = Signal(object)

    def __init__(
        self, model: str, prompt: str, options: Mapping[str, Option] | None = None, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._model = model
        self._prompt = prompt
        self._options = options

    def run(self) -> None:
        """The thread's work; called by ``start()``."""
        try:
            client = Client(ollama.host(), self._check)
            ask(client, self._model, self._prompt, self._options, on_text=self._hand_on)
        except Stopped:
            pass
        except StageError as error:
            self.failed.emit(error)
            return
        self.done.emit()

    def _check(self) -> None:
        if self.isInterruptionRequested():
            raise Stopped

    def _hand_on(self, piece: str) -> None:
        self._check()
        self.text_arrived.emit(piece)
