"""The table of services is what configuration and documents say; they can't read it there."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path
from typing import get_args

from syncd import services
from syncd.config.model import Enrich, Services
from syncd.enrich.run import SERVICES, enrichers

DOCS = Path(__file__).parents[2] / "docs"


def rows(document: str) -> list[list[str]]:
    """Return the cells of each row of a document's tables."""
    lines = (DOCS / document).read_text(encoding="utf-8").splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| ")]


def test_the_configuration_takes_every_service_that_completes_papers() -> None:
    """In the order in which they are asked."""
    names, _ = get_args(Enrich.model_fields["services"].annotation)
    assert get_args(names) == SERVICES


def test_the_configuration_has_keys_for_those_that_take_one() -> None:
    """By the names of sources."""
    taking = {
        name
        for name, service in services.SOURCES.items()
        if "key" in {field.name for field in fields(service.module().Api)}
    }
    assert set(Services.model_fields) == taking


def test_documents_list_every_source() -> None:
    """The table has a short form of each, and each of these is recognised."""
    found = [
        services.recognise(cell) for first, *_ in rows("sources.md") for cell in re.findall("`(.+?)`", first)
    ]
    assert {each.name for each in found if each} == set(services.SOURCES)


def test_documents_list_every_service_that_completes_papers() -> None:
    """In their order, with what one request takes."""
    listed = {row[0].strip("`"): row[2:4] for row in rows("enrichment.md") if row[0].strip("`") in SERVICES}
    assert tuple(listed) == SERVICES
    for service in enrichers():
        for said, most in zip(listed[service.name], (service.per_lookup, service.per_search), strict=True):
            number = re.search(r"(\d+)(?: titles)? a request", said)
            assert int(number[1] if number else 1) == most


def test_every_module_says_where_its_service_is_documented() -> None:
    """Its opening has an address."""
    for service in services.SERVICES:
        assert "https://" in (service.module().__doc__ or ""), service.name
