"""The window's colours, light and dark: each text colour has a contrast of at least 4.5 : 1 on what it stands on."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Colours:
    """One theme, as ``#rrggbb``. ``plots`` are told apart by their line as well, for eyes that do not see the hue."""

    background: str
    panel: str
    sidebar: str
    line: str
    text: str
    muted: str
    accent: str
    accent_soft: str
    on_accent: str
    good: str
    warning: str
    error: str
    plots: tuple[str, str, str]


LIGHT = Colours(
    background="#f6f7f9",
    panel="#ffffff",
    sidebar="#eef0f4",
    line="#dfe3ea",
    text="#1b1f27",
    muted="#5b6472",
    accent="#1d5bd8",
    accent_soft="#e7effd",
    on_accent="#ffffff",
    good="#157347",
    warning="#8a5a00",
    error="#b4232a",
    plots=("#1d5bd8", "#c2410c", "#7c3aed"),
)
DARK = Colours(
    background="#16181d",
    panel="#1d2027",
    sidebar="#191c22",
    line="#2d323c",
    text="#e7eaf0",
    muted="#98a2b3",
    accent="#7aa8ff",
    accent_soft="#22304d",
    on_accent="#16181d",
    good="#4cc38a",
    warning="#e2b35a",
    error="#ff7b7b",
    plots=("#7aa8ff", "#f0a04b", "#b794f6"),
)
