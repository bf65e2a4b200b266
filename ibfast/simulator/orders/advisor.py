"""What a financial advisor configures: groups of accounts, allocation profiles, aliases; as IB's XML."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from xml.etree import ElementTree
from xml.sax.saxutils import escape

MASTER = "DF1234567"
CLIENTS = ("DU1234567", "DU1234568", "DU1234569")
GROUPS, PROFILES, ALIASES = 1, 2, 3
HEADER = '<?xml version="1.0" encoding="UTF-8"?>\n'
WEIGHED = ("Ratio", "Percent", "MonetaryAmount", "ContractsOrShares")
METHODS = ("Equal", "NetLiq", "AvailableEquity", "PctChange", *WEIGHED)
PROFILE_TYPES = {"1": "Percent", "2": "Ratio", "3": "ContractsOrShares"}


class FAError(ValueError):
    """A configuration that cannot be taken; the text says why."""


@dataclass(frozen=True, slots=True)
class Group:
    """Accounts that share an order; ``shares`` counts where the method weighs them."""

    method: str
    shares: dict[str, Decimal]


class Advisor:
    """The configuration of one advisor. ``groups`` has the profiles too: an order names either."""

    def __init__(self) -> None:
        self.accounts = (*CLIENTS, MASTER)
        self._texts = {
            GROUPS: _groups_xml({"All_Equal": Group("Equal", dict.fromkeys(CLIENTS, Decimal(0)))}),
            PROFILES: HEADER + "<ListOfAllocationProfiles></ListOfAllocationProfiles>",
            ALIASES: _aliases_xml({name: name for name in self.accounts}),
        }
        self._groups = {GROUPS: self._read_groups(self._texts[GROUPS]), PROFILES: {}}

    @property
    def groups(self) -> dict[str, Group]:
        return self._groups[GROUPS] | self._groups[PROFILES]

    def text(self, kind: int) -> str:
        """A part of the configuration, by IB's number of it."""
        return self._texts[kind]

    def replace(self, kind: int, text: str) -> None:
        """Take a part of the configuration.

        Raises:
            FAError: it is not XML of that kind, or names accounts that there are not.
        """
        if kind == ALIASES:
            self._read_aliases(text)
        else:
            self._groups[kind] = self._read_groups(text) if kind == GROUPS else self._read_profiles(text)
        self._texts[kind] = text

    def _read_groups(self, text: str) -> dict[str, Group]:
        found = {}
        for node in _root(text, "ListOfGroups").iterfind("Group"):
            method = node.findtext("defaultMethod") or "Equal"
            if method not in METHODS:
                raise FAError(f"Invalid allocation method {method}")
            listed = node.find("ListOfAccts")
            plain = [(item.text or "", "0") for item in listed.iterfind("String")] if listed is not None else []
            weighed = listed.iterfind("Account") if listed is not None else ()
            pairs = plain + [(item.findtext("acct") or "", item.findtext("amount") or "0") for item in weighed]
            found[_name(node)] = Group(method, self._shares(pairs))
        return found

    def _read_profiles(self, text: str) -> dict[str, Group]:
        found = {}
        for node in _root(text, "ListOfAllocationProfiles").iterfind("AllocationProfile"):
            method = PROFILE_TYPES.get(node.findtext("type") or "")
            if method is None:
                raise FAError("Invalid allocation profile type")
            listed = node.iterfind("ListOfAllocations/Allocation")
            pairs = [(item.findtext("acct") or "", item.findtext("amount") or "0") for item in listed]
            found[_name(node)] = Group(method, self._shares(pairs))
        return found

    def _read_aliases(self, text: str) -> None:
        for node in _root(text, "ListOfAccountAliases").iterfind("AccountAlias"):
            if node.findtext("account") not in self.accounts:
                raise FAError(f"Unknown account {node.findtext('account')}")

    def _shares(self, pairs: Iterable[tuple[str, str]]) -> dict[str, Decimal]:
        found = {}
        for account, amount in pairs:
            if account not in self.accounts:
                raise FAError(f"Unknown account {account}")
            try:
                found[account] = Decimal(amount)
            except InvalidOperation as error:
                raise FAError(f"Invalid amount {amount}") from error
        if not found:
            raise FAError("No accounts")
        return found


def _root(text: str, tag: str) -> ElementTree.Element:
    try:
        root = ElementTree.fromstring(text.strip())
    except ElementTree.ParseError as error:
        raise FAError(f"XML cannot be read: {error}") from error
    if root.tag != tag:
        raise FAError(f"XML is <{root.tag}>, not <{tag}>")
    return root


def _name(node: ElementTree.Element) -> str:
    name = (node.findtext("name") or "").strip()
    if not name:
        raise FAError("Name is missing")
    return name


def _groups_xml(groups: dict[str, Group]) -> str:
    parts = []
    for name, group in groups.items():
        listed = "".join(f"<String>{account}</String>" for account in group.shares)
        parts.append(
            f'<Group><name>{escape(name)}</name><ListOfAccts varName="list">{listed}</ListOfAccts>'
            f"<defaultMethod>{group.method}</defaultMethod></Group>"
        )
    return f"{HEADER}<ListOfGroups>{''.join(parts)}</ListOfGroups>"


def _aliases_xml(aliases: dict[str, str]) -> str:
    listed = "".join(
        f"<AccountAlias><account>{account}</account><alias>{escape(alias)}</alias></AccountAlias>"
        for account, alias in aliases.items()
    )
    return f"{HEADER}<ListOfAccountAliases>{listed}</ListOfAccountAliases>"
