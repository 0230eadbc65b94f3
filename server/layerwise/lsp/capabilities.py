"""What the client can do, asked once."""

from __future__ import annotations

from dataclasses import dataclass

from lsprotocol import types
from pygls.capabilities import ServerCapabilitiesBuilder, get_capability

from layerwise.text.line_index import Encoding


@dataclass(frozen=True, slots=True)
class Client:
    """What the client can do; the defaults are those of one that says nothing."""

    encoding: Encoding = Encoding.UTF16
    pulls_diagnostics: bool = False
    refreshes_diagnostics: bool = False
    refreshes_lenses: bool = False
    refreshes_hints: bool = False
    shows_related: bool = False
    takes_actions: bool = False
    """Code actions with edits, as against commands only."""
    shows_disabled: bool = False
    takes_versioned_edits: bool = False
    reads_markdown: bool = False
    answers_configuration: bool = False
    registers_configuration: bool = False
    registers_watching: bool = False


def client_of(capabilities: types.ClientCapabilities) -> Client:
    """Read the capabilities of a client."""

    def can(path: str) -> bool:
        return bool(get_capability(capabilities, path, default=False))

    formats = get_capability(capabilities, "text_document.hover.content_format", default=None) or ()
    # The same choice as pygls tells the client: the first in the client's order.
    chosen = ServerCapabilitiesBuilder.choose_position_encoding(capabilities)
    return Client(
        encoding=Encoding(types.PositionEncodingKind(chosen).value),
        pulls_diagnostics=capabilities.text_document is not None and capabilities.text_document.diagnostic is not None,
        refreshes_diagnostics=can("workspace.diagnostics.refresh_support"),
        refreshes_lenses=can("workspace.code_lens.refresh_support"),
        refreshes_hints=can("workspace.inlay_hint.refresh_support"),
        shows_related=can("text_document.publish_diagnostics.related_information"),
        takes_actions=can("text_document.code_action.code_action_literal_support"),
        shows_disabled=can("text_document.code_action.disabled_support"),
        takes_versioned_edits=can("workspace.workspace_edit.document_changes"),
        reads_markdown=next(iter(formats), None) == types.MarkupKind.Markdown,
        answers_configuration=can("workspace.configuration"),
        registers_configuration=can("workspace.did_change_configuration.dynamic_registration"),
        registers_watching=can("workspace.did_change_watched_files.dynamic_registration"),
    )
