"""What market scanners can look for, read from TWS's XML."""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from ibfast.errors import DecodeError


@dataclass(frozen=True, slots=True)
class ScanType:
    """A way to rank: its ``scan_code``, and the instruments it works for."""

    scan_code: str
    display_name: str
    instruments: frozenset[str]


@dataclass(frozen=True, slots=True)
class ScanFilter:
    """A filter: the ``codes`` of its fields (such as priceAbove and priceBelow) are tags of a subscription's filter
    options."""

    id: str
    category: str
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ScannerParameters:
    """Everything a scanner can look for: names by code, and TWS's ``xml`` for what is not here."""

    instruments: dict[str, str]
    locations: dict[str, str]
    scan_types: dict[str, ScanType]
    filters: dict[str, ScanFilter]
    xml: str = field(repr=False)

    @classmethod
    def from_xml(cls, xml: str) -> ScannerParameters:
        """Read what TWS sends.

        Raises:
            DecodeError: it is not XML.
        """
        try:
            root = ElementTree.fromstring(xml)
        except ElementTree.ParseError as error:
            raise DecodeError("ScannerParameters", "xml", 0, f"not XML: {error}", xml.encode()) from None
        scans = [
            ScanType(_text(it, "scanCode"), _text(it, "displayName"), frozenset(_text(it, "instruments").split(",")))
            for it in root.iter("ScanType")
        ]
        filters = [
            ScanFilter(_text(it, "id"), _text(it, "category"), tuple(code.text or "" for code in it.iter("code")))
            for it in root.iter()
            if it.tag in ("RangeFilter", "SimpleFilter", "TripleComboFilter")
        ]
        return cls(
            {_text(it, "type"): _text(it, "name") for it in root.iter("Instrument")},
            {_text(it, "locationCode"): _text(it, "displayName") for it in root.iter("Location")},
            {it.scan_code: it for it in scans},
            {it.id: it for it in filters},
            xml,
        )


def _text(element: Element, name: str) -> str:
    return element.findtext(name, "")
