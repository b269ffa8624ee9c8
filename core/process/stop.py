"""The stop file: how a run is asked to end, on every system alike (Windows has no signals for it)."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class StopFile:
    """``path`` appears when the user asks to stop; the training callback looks at the same file."""

    path: Path

    def request(self, *, now: bool = False) -> None:
        """Ask to stop: gracefully, or (``now``) without waiting for a checkpoint."""
        self.path.write_text("now" if now else "stop", encoding="utf-8")

    def requested(self) -> bool:
        """Whether the user asked to stop."""
        return self.path.exists()

    def now(self) -> bool:
        """Whether the user does not want to wait."""
        try:
            return self.path.read_text(encoding="utf-8") == "now"
        except OSError:
            return False
