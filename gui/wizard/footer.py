"""The bar at the bottom: what keeps the user from going on, Back, and one primary button that names the next thing."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from gui.theme.style import FOOTER, MARGIN, SPACE
from gui.widgets.parts import Role, button, set_role, text


class Footer(QWidget):
    """Signals for its three buttons; the frame says what stands on them."""

    back = Signal()
    otherwise = Signal()
    proceed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("footer")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(FOOTER)
        self.reason = text("", "note", wrap=True)
        self.reason.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.back_button = button("", self.back.emit)
        self.second_button = button("", self.otherwise.emit)
        self.primary_button = button("", self.proceed.emit, "primary")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(MARGIN, 0, MARGIN, 0)
        layout.setSpacing(SPACE)
        layout.addWidget(self.reason, 1)
        for made in (self.back_button, self.second_button, self.primary_button):
            layout.addWidget(made)

    def show_buttons(self, back: str, second: str, primary: str) -> None:
        """The buttons' texts; a button without one is hidden."""
        for made, words in ((self.back_button, back), (self.second_button, second), (self.primary_button, primary)):
            made.setText(words)
            made.setAccessibleName(words)
            made.setVisible(bool(words))

    def show_reason(self, words: str, *, may_go_on: bool, role: Role = "note") -> None:
        """Whether the user may go on, and the sentence that says why not."""
        self.reason.setText(words)
        self.reason.setToolTip(words)
        set_role(self.reason, role)
        self.primary_button.setEnabled(may_go_on)
        self.second_button.setEnabled(may_go_on)
