"""A Modelfile: what Ollama is told about a GGUF, as the text of a file and as arguments of its create call."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypedDict

from core.events import StageError

Parameter = int | float | str | tuple[str, ...]


class ApiArguments(TypedDict, total=False):
    """The arguments of ``ollama.Client.create`` that a Modelfile fills; a key is left out where it says nothing."""

    template: str
    system: str
    parameters: dict[str, int | float | str | list[str]]


@dataclass(frozen=True, slots=True)
class Modelfile:
    """FROM, TEMPLATE, SYSTEM and PARAMETERs; an empty ``template`` or ``system`` is left out."""

    from_: str
    template: str = ""
    system: str = ""
    parameters: Mapping[str, Parameter] = field(default_factory=dict)

    def text(self) -> str:
        """The file's text, as ``ollama create NAME -f Modelfile`` reads it (written as UTF-8 without BOM)."""
        lines = [f"FROM {_quoted(self.from_)}"]
        if self.template:
            lines.append(f"TEMPLATE {_quoted(self.template)}")
        if self.system:
            lines.append(f"SYSTEM {_quoted(self.system)}")
        for key, value in self.parameters.items():
            each = value if isinstance(value, tuple) else (value,)
            lines += [f"PARAMETER {key} {_quoted(one) if isinstance(one, str) else one}" for one in each]
        return "\n".join(lines) + "\n"

    def api_arguments(self) -> ApiArguments:
        """The same for Ollama's create call (FROM goes there as an uploaded file)."""
        arguments = ApiArguments()
        if self.template:
            arguments["template"] = self.template
        if self.system:
            arguments["system"] = self.system
        if self.parameters:
            arguments["parameters"] = {
                key: list(value) if isinstance(value, tuple) else value for key, value in self.parameters.items()
            }
        return arguments


def missing_stops(modelfile: Modelfile, stops: Iterable[str]) -> tuple[str, ...]:
    """Those of the template's stop tokens that no PARAMETER stop names: without them an answer may never end."""
    named = modelfile.parameters.get("stop", ())
    present = named if isinstance(named, tuple) else (str(named),)
    return tuple(stop for stop in stops if stop not in present)


def _quoted(value: str) -> str:
    """A value in quotes, of which Ollama knows ``"`` and ``\"\"\"``, both without any escapes."""
    if not any(character in value for character in '"\r\n'):
        return f'"{value}"'
    # Ollama takes three quotes at the end of any line for the end of the value
    if any(line.rstrip().endswith('"""') for line in value.replace("\r", "\n").split("\n")[:-1]):
        raise StageError("modelfile_triple_quotes")
    return f'"""{value}"""'
