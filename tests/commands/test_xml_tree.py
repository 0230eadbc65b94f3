"""XML from texts that nobody vouches for."""

from __future__ import annotations

import pytest

from layerwise.commands.kit.xml_tree import parse_xml

LAUGHS = '<!DOCTYPE a [<!ENTITY b "haha"><!ENTITY c "&b;&b;&b;">]><a>&c;</a>'


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "<a>",
        "<a></b>",
        "<a/><b/>",
        "<a>&b;</a>",
        "<!DOCTYPE a><a/>",
        '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
        LAUGHS,
        "<a>" * 200 + "</a>" * 200,
        "<a>\ud800</a>",
        f"<a>{' ' * (1024 * 1024)}</a>",
    ],
)
def test_what_is_not_taken(text: str | None) -> None:
    assert parse_xml(text) is None


def test_what_is_read() -> None:
    root = parse_xml(
        '\ufeff<?xml version="1.0" encoding="latin-1"?><!-- c --><x:a xmlns:x="urn:x" x:k="v"><b> ä &lt;<![CDATA[&]]> </b>'
        "<c><b>2</b><b>3</b></c></x:a>"
    )
    assert root is not None
    assert (root.name, root.attributes["k"]) == ("a", "v")
    assert root.value("b") == "ä <&"
    assert root.values("c", "b") == ["2", "3"]
    assert root.value("c", "d") is None
    assert [it.text for it in root.named("b")] == ["ä <&", "2", "3"]
