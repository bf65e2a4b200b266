"""What others say, made fit for a terminal: no escape sequences, no markup, no lines of its own.

Names, errors and news come from a gateway; whoever writes them must not move the cursor, colour or fake what a command
prints. `printable` is the one function for that. `Terminal` is a console whose every text goes through it.
"""

from __future__ import annotations

import logging
import unicodedata
from typing import Any

from rich.console import Console
from rich.text import Text

HARMFUL = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
"""Unicode categories that change how a terminal shows what follows, or end the line."""

ASCII_DRAWING = str.maketrans({
    **dict.fromkeys("─━╌╍╴╶╸╺", "-"), **dict.fromkeys("│┃╎╏╵╷╹╻", "|"), **dict.fromkeys("┌┐└┘├┤┬┴┼╭╮╰╯", "+"),
    **dict.fromkeys("█▇▆▅▄▃▂▁▌▐▀■", "#"), "–": "-", "—": "-", "…": "...",
})  # fmt: skip
"""The lines and blocks of a picture as plain characters."""


def printable(text: object, *, plain: bool = False) -> str:
    """The text with what a terminal would obey spelled out, as in ``\\\\x1b``; ``plain`` leaves ASCII only."""
    said = str(text)
    if said.isascii() and said.isprintable():
        return said
    shown = "".join(_spelled(letter) if unicodedata.category(letter) in HARMFUL else letter for letter in said)
    return shown.translate(ASCII_DRAWING).encode("ascii", "backslashreplace").decode() if plain else shown


def _spelled(letter: str) -> str:
    return letter.encode("unicode_escape", "surrogatepass").decode("ascii")


class Terminal(Console):
    """A console that takes every text as it stands: `printable`, and never markup."""

    def __init__(self, *, plain: bool = False, **options: Any) -> None:
        """``plain``: ASCII without colours, for logs and dumb terminals."""
        if plain:
            options |= {"no_color": True, "force_terminal": False, "color_system": None, "safe_box": True}
        super().__init__(markup=False, emoji=False, highlight=False, **options)
        self.plain = plain

    def render_str(self, text: str, **options: Any) -> Text:
        """Every text that is printed, or stands in a table, comes through here."""
        return super().render_str(printable(text, plain=self.plain), **options)

    def picture(self, drawing: str) -> None:
        """Print lines of our own drawing, with their colours."""
        self.print(Text(drawing.translate(ASCII_DRAWING)) if self.plain else Text.from_ansi(drawing))


class PrintableFormatter(logging.Formatter):
    """Log records for a terminal: what a gateway said is part of them."""

    def format(self, record: logging.LogRecord) -> str:
        return "\n".join(printable(line) for line in super().format(record).split("\n"))
