"""Puts the colours on Qt: palette, style sheet, type and sizes. Pages name a role and never a colour."""

from importlib.resources import files
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QApplication

from gui.theme.colours import DARK, LIGHT, Colours

SPACE = 8
"""The grid: all distances are multiples of it."""
MARGIN = 32
RADIUS = 8
SIDEBAR, HELP, FOOTER = 224, 232, 64
SMALLEST = (1024, 680)
NO_HELP_BELOW = 1280
"""The window's width under which the help column folds away."""
TEXT, NOTE, FIGURE, TITLE = 13, 12, 18, 22
FAMILIES = ("Segoe UI Variable", "Inter", "Segoe UI", "Microsoft YaHei UI", "Noto Sans CJK SC", "sans-serif")
FIXED = ("Cascadia Mono", "DejaVu Sans Mono", "Noto Sans Mono CJK SC", "monospace")

_current: Colours = LIGHT


def colours() -> Colours:
    """The colours that are on now."""
    return _current


def apply(app: QApplication, dark: bool | None) -> None:
    """Dress the application, light or dark; None does as the system does."""
    global _current  # noqa: PLW0603 - there is one application, and it has one dress
    if dark is None:
        dark = app.styleHints().colorScheme() == Qt.ColorScheme.Dark
    _current = DARK if dark else LIGHT
    font = QFont()
    font.setFamilies(list(FAMILIES))
    font.setPixelSize(TEXT)
    app.setFont(font)
    app.setPalette(_palette(_current))
    app.setStyleSheet(_sheet(_current))


def _palette(colour: Colours) -> QPalette:
    palette, role = QPalette(), QPalette.ColorRole
    for where, name in (
        (role.Window, colour.background),
        (role.WindowText, colour.text),
        (role.Base, colour.panel),
        (role.AlternateBase, colour.sidebar),
        (role.Text, colour.text),
        (role.Button, colour.panel),
        (role.ButtonText, colour.text),
        (role.PlaceholderText, colour.muted),
        (role.ToolTipBase, colour.panel),
        (role.ToolTipText, colour.text),
        (role.Highlight, colour.accent),
        (role.HighlightedText, colour.on_accent),
        (role.Link, colour.accent),
    ):
        palette.setColor(where, QColor(name))
    for where in (role.Text, role.ButtonText, role.WindowText):
        palette.setColor(QPalette.ColorGroup.Disabled, where, QColor(colour.muted))
    return palette


def _sheet(c: Colours) -> str:
    icons = Path(str(files("resources") / "icons")).as_posix()
    check = "check-dark.svg" if c is DARK else "check-light.svg"
    fixed = ", ".join(f'"{name}"' for name in FIXED)
    return f"""
QMainWindow, QDialog, QMessageBox {{ background: {c.background}; }}
QLabel {{ background: transparent; }}
QLabel[role="title"] {{ font-size: {TITLE}px; font-weight: 600; }}
QLabel[role="heading"] {{ font-weight: 600; }}
QLabel[role="figure"] {{ font-size: {FIGURE}px; font-weight: 600; }}
QLabel[role="muted"] {{ color: {c.muted}; }}
QLabel[role="note"] {{ color: {c.muted}; font-size: {NOTE}px; }}
QLabel[role="good"] {{ color: {c.good}; font-size: {NOTE}px; }}
QLabel[role="warning"] {{ color: {c.warning}; font-size: {NOTE}px; }}
QLabel[role="error"] {{ color: {c.error}; font-size: {NOTE}px; }}
QLabel[role="accent"] {{ color: {c.accent}; font-size: {NOTE}px; }}
QLabel[role="fixed"] {{ font-family: {fixed}; font-size: {NOTE}px; }}
QFrame[role="line"] {{ background: {c.line}; border: none; max-height: 1px; min-height: 1px; }}
QFrame[role="panel"] {{ background: {c.panel}; border: 1px solid {c.line}; border-radius: {RADIUS}px; }}
QWidget#sidebar {{ background: {c.sidebar}; border-right: 1px solid {c.line}; }}
QWidget#footer {{ background: {c.panel}; border-top: 1px solid {c.line}; }}
QWidget#help {{ border-left: 1px solid {c.line}; }}
QScrollArea, QScrollArea > QWidget > QWidget {{ background: transparent; border: none; }}
QPushButton {{
  background: {c.panel}; color: {c.text}; border: 1px solid {c.line}; border-radius: {RADIUS}px;
  font-weight: 600; padding: 0 16px; min-height: 34px;
}}
QPushButton:hover {{ border-color: {c.muted}; }}
QPushButton:focus {{ border-color: {c.accent}; }}
QPushButton:disabled {{ color: {c.muted}; background: {c.background}; }}
QPushButton[kind="primary"] {{ background: {c.accent}; color: {c.on_accent}; border-color: {c.accent}; }}
QPushButton[kind="primary"]:hover, QPushButton[kind="primary"]:focus {{ border-color: {c.text}; }}
QPushButton[kind="primary"]:disabled {{ background: {c.line}; color: {c.muted}; border-color: {c.line}; }}
QPushButton[kind="danger"] {{ color: {c.error}; }}
QPushButton[kind="quiet"] {{
  background: transparent; border: 1px solid transparent; color: {c.accent}; padding: 0 4px; min-height: 24px;
}}
QPushButton[kind="quiet"]:hover {{ border-bottom-color: {c.accent}; border-radius: 0; }}
QPushButton[kind="quiet"]:focus {{ border-color: {c.accent}; border-radius: 4px; }}
QPushButton[kind="choice"] {{ font-weight: 400; color: {c.muted}; padding: 0 12px; }}
QPushButton[kind="choice"]:checked {{
  color: {c.text}; font-weight: 600; background: {c.accent_soft}; border-color: {c.accent};
}}
QPushButton[kind="language"] {{
  background: transparent; border: 1px solid transparent; color: {c.muted}; font-weight: 400; padding: 0 4px;
  min-height: 24px; font-size: {NOTE}px;
}}
QPushButton[kind="language"]:checked {{ color: {c.text}; font-weight: 600; }}
QPushButton[kind="language"]:focus {{ border-color: {c.accent}; border-radius: 4px; }}
QPushButton[kind="card"] {{
  background: {c.panel}; border: 1px solid {c.line}; border-radius: {RADIUS}px; text-align: left; padding: 0;
  min-height: 92px;
}}
QPushButton[kind="card"]:hover, QPushButton[kind="card"]:focus {{ border-color: {c.accent}; }}
QPushButton[kind="card"]:checked {{ border: 2px solid {c.accent}; background: {c.accent_soft}; }}
QPushButton[kind="card"]:disabled {{ background: {c.background}; }}
QLineEdit, QComboBox, QPlainTextEdit, QListWidget, QTableWidget {{
  background: {c.panel}; color: {c.text}; border: 1px solid {c.line}; border-radius: {RADIUS}px;
  selection-background-color: {c.accent}; selection-color: {c.on_accent};
}}
QLineEdit, QComboBox {{ padding: 0 10px; min-height: 32px; }}
QPlainTextEdit {{ padding: 4px 6px; }}
QLineEdit:focus, QComboBox:focus, QPlainTextEdit:focus, QListWidget:focus, QTableWidget:focus {{
  border: 1px solid {c.accent};
}}
QLineEdit[wrong="true"], QPlainTextEdit[wrong="true"] {{ border: 1px solid {c.error}; }}
QComboBox::drop-down {{ border: none; width: 28px; }}
QComboBox::down-arrow {{ image: url("{icons}/chevron.svg"); width: 12px; height: 12px; }}
QComboBox QAbstractItemView {{
  background: {c.panel}; color: {c.text}; border: 1px solid {c.line}; padding: 4px; outline: none;
  selection-background-color: {c.accent_soft}; selection-color: {c.text};
}}
QCheckBox {{ spacing: 8px; }}
QCheckBox::indicator {{
  width: 16px; height: 16px; border: 1px solid {c.muted}; border-radius: 4px; background: {c.panel};
}}
QCheckBox::indicator:checked {{ background: {c.accent}; border-color: {c.accent}; image: url("{icons}/{check}"); }}
QCheckBox::indicator:focus {{ border-color: {c.text}; }}
QHeaderView::section {{
  background: {c.panel}; color: {c.muted}; border: none; border-bottom: 1px solid {c.line}; padding: 4px 8px;
  font-size: {NOTE}px;
}}
QTableWidget {{ gridline-color: {c.line}; }}
QListWidget::item, QTableWidget::item {{ padding: 4px 8px; }}
QListWidget::item:selected, QTableWidget::item:selected {{ background: {c.accent_soft}; color: {c.text}; }}
QProgressBar {{ background: {c.line}; border: none; border-radius: 3px; max-height: 6px; min-height: 6px; }}
QProgressBar::chunk {{ background: {c.accent}; border-radius: 3px; }}
QScrollBar:vertical {{ background: transparent; width: 10px; margin: 0; }}
QScrollBar::handle:vertical {{ background: {c.line}; border-radius: 5px; min-height: 32px; }}
QScrollBar::handle:vertical:hover {{ background: {c.muted}; }}
QScrollBar:horizontal {{ background: transparent; height: 10px; margin: 0; }}
QScrollBar::handle:horizontal {{ background: {c.line}; border-radius: 5px; min-width: 32px; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
QToolTip {{ background: {c.panel}; color: {c.text}; border: 1px solid {c.line}; padding: 4px 8px; }}
"""
