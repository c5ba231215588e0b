"""Findings as JSON and back, so that a case keeps its warnings and tells them in any language later."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from optimizer.findings import Finding
from optimizer.messages import Phrase

_PHRASE = "$say"


def dump_findings(findings: Iterable[Finding]) -> bytes:
    """Findings as the bytes that are kept."""
    listed = [{name: getattr(finding, name) for name in Finding.__dataclass_fields__} for finding in findings]
    return json.dumps(listed, default=_dump, ensure_ascii=True).encode()


def load_findings(content: bytes) -> list[Finding]:
    """The findings in those bytes."""
    return [Finding(**row) for row in json.loads(content, object_hook=_load)]


def _dump(value: Any) -> Any:
    if isinstance(value, Phrase):
        return {_PHRASE: value.code, "gaps": value.gaps}
    if hasattr(value, "item"):  # a number of numpy
        return value.item()
    return str(value) if not hasattr(value, "__dataclass_fields__") else asdict(value)


def _load(found: dict[str, Any]) -> Any:
    return Phrase(found[_PHRASE], found["gaps"]) if _PHRASE in found else found
