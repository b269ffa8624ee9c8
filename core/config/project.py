"""TuneProject: everything that a person chooses, in one frozen value."""

from collections.abc import Iterator

from pydantic.fields import FieldInfo

from core.config.fields import Section, SettingInfo, setting_info
from core.config.sections.inputs import DatasetSection, ModelSection, SelfCognitionSection
from core.config.sections.outputs import ExportSection, OllamaSection
from core.config.sections.training import HardwareSection, LoraSection, TrainingSection

SCHEMA_VERSION = 1
"""Of the project file; :mod:`core.config.store` migrates older ones and refuses newer ones."""


class TuneProject(Section):
    """A tuning project: from a base model and a dataset to a model in Ollama.

    Saved as ``NAME.tunesmith`` by :mod:`core.config.store`. The settings are declared in :mod:`core.config.sections`,
    each once, with label, help, unit, range, level and ms-swift flag.
    """

    model: ModelSection = ModelSection()
    dataset: DatasetSection = DatasetSection()
    self_cognition: SelfCognitionSection = SelfCognitionSection()
    lora: LoraSection = LoraSection()
    training: TrainingSection = TrainingSection()
    hardware: HardwareSection = HardwareSection()
    export: ExportSection = ExportSection()
    ollama: OllamaSection = OllamaSection()


def sections() -> dict[str, type[Section]]:
    """The sections by their names in the project file, in order."""
    found = {name: field.annotation for name, field in TuneProject.model_fields.items()}
    return {name: kind for name, kind in found.items() if isinstance(kind, type) and issubclass(kind, Section)}


def settings() -> Iterator[tuple[str, str, FieldInfo, SettingInfo]]:
    """Each setting as (section, name, pydantic field, declared facts), in the order of the file."""
    for section, kind in sections().items():
        for name, field in kind.model_fields.items():
            yield section, name, field, setting_info(field)
