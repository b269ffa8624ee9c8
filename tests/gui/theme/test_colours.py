"""The colours: each text has a contrast of at least 4.5 : 1 on whatever it stands on."""

import pytest

from gui.theme.colours import DARK, LIGHT, Colours


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_texts_can_be_read(theme: Colours) -> None:
    grounds = (theme.background, theme.panel, theme.sidebar, theme.accent_soft)
    for words in (theme.text, theme.muted, theme.accent, theme.good, theme.warning, theme.error):
        assert min(contrast(words, ground) for ground in grounds) >= 4.5, words
    assert contrast(theme.on_accent, theme.accent) >= 4.5
