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
            ScanType(
                _text(item, "scanCode"), _text(item, "displayName"), frozenset(_text(item, "instruments").split(","))
            )
            for item in root.iter("ScanType")
        ]
        filters = [
            ScanFilter(
                _text(figure, "id"), _text(figure, "category"), tuple(code.text or "" for code in figure.iter("code"))
            )
            for figure in root.iter()
            if figure.tag in ("RangeFilter", "SimpleFilter", "TripleComboFilter")
        ]
        return cls(
            {_text(item, "type"): _text(item, "name") for item in root.iter("Instrument")},
            {_text(item, "locationCode"): _text(item, "displayName") for item in root.iter("Location")},
            {scan.scan_code: scan for scan in scans},
            {item.id: item for item in filters},
            xml,
        )


def _text(element: Element, name: str) -> str:
    return element.findtext(name, "")
