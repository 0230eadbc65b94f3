"""Code actions, with their edits in them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from layerwise.ide.code_actions import FIX_ALL, QUICK_FIX, REWRITE, Action, code_actions, fix_all_action, rewrite_action
from layerwise.ide.spelling_actions import spelling_actions
from layerwise.lsp import convert
from layerwise.lsp.app import App
from layerwise.lsp.background import in_thread
from layerwise.lsp.diagnostics import diagnostic, problem_diagnostic, typed
from layerwise.rules.analysis import Analysis
from layerwise.workspace.document import Document


def register(server: LanguageServer, app: App) -> None:
    """Register the handler."""
    options = types.CodeActionOptions(code_action_kinds=[types.CodeActionKind.QuickFix, REWRITE, FIX_ALL])

    @server.feature(types.TEXT_DOCUMENT_CODE_ACTION, options)
    async def code_action(params: types.CodeActionParams) -> list[types.CodeAction]:
        uri, only = params.text_document.uri, params.context.only
        settled = await app.settled(uri)
        if settled is None or not app.client.takes_actions:
            return []
        document, analysis = settled
        span = convert.range_to_span(document.lines, params.range, app.client.encoding)
        actions: list[Action] = []
        if only is None or _is_wanted(QUICK_FIX, only):
            problems = app.session.problems(uri, at_once=True) if app.session.settings(uri).syntax_problems else []
            actions += spelling_actions(problems, span)
            actions += code_actions(analysis, span)
        # They analyse the file again and again, so they are only for those who ask for them.
        asked = only or ()
        for kind, make in (
            (REWRITE, lambda: rewrite_action(analysis, span)),
            (FIX_ALL, lambda: fix_all_action(analysis)),
        ):
            if _is_wanted(kind, asked):
                made = await in_thread(make)
                app.check_current(uri, document)
                actions += [made] if made is not None else []
        shown = [it for it in actions if it.disabled is None or app.client.shows_disabled]
        return [_to_lsp(app, uri, document, analysis, it) for it in shown]


def _is_wanted(kind: str, only: Sequence[str]) -> bool:
    """Tell whether one of the kinds that are asked for is this one, or one above it."""
    return any(it == "" or kind == it or kind.startswith(f"{it}.") for it in map(_text, only))


def _text(kind: str) -> str:
    return kind.value if isinstance(kind, types.CodeActionKind) else kind


def _to_lsp(app: App, uri: str, document: Document, analysis: Analysis, action: Action) -> types.CodeAction:
    return types.CodeAction(
        title=action.title,
        kind=action.kind,
        diagnostics=[typed(it) for it in _mended(app, uri, document, analysis, action)] or None,
        is_preferred=action.preferred or None,
        disabled=None if action.disabled is None else types.CodeActionDisabled(action.disabled),
        edit=None if action.disabled is not None else _edit(app, uri, document, action),
    )


def _mended(app: App, uri: str, document: Document, analysis: Analysis, action: Action) -> Iterator[dict[str, object]]:
    if action.finding is not None:
        yield diagnostic(analysis, action.finding, uri, app.client)
    if action.problem is not None:
        yield problem_diagnostic(document.lines, action.problem, app.client.encoding)


def _edit(app: App, uri: str, document: Document, action: Action) -> types.WorkspaceEdit:
    edits = convert.edits_to_lsp(document.lines, action.edits, app.client.encoding)
    if not app.client.takes_versioned_edits:
        return types.WorkspaceEdit(changes={uri: edits})
    identifier = types.OptionalVersionedTextDocumentIdentifier(uri, document.version)
    return types.WorkspaceEdit(document_changes=[types.TextDocumentEdit(identifier, edits)])
