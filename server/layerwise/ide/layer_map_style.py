"""The colours, fonts and signs of the layer map, as CSS and symbols.

In an editor's page the variables of its theme win; elsewhere the light or the dark palette does, as the reader prefers.
Every colour of a look has a contrast of at least 4.5 to the card below it, so that it may be text.
"""

from __future__ import annotations

from typing import Final

from layerwise.ide.layer_map_rows import Look

SANS: Final = (
    'var(--vscode-font-family,-apple-system,BlinkMacSystemFont,"Segoe UI","Noto Sans",Helvetica,Arial,sans-serif)'
)
MONO: Final = (
    "var(--vscode-editor-font-family,ui-monospace),SFMono-Regular,Menlo,Consolas,"
    '"DejaVu Sans Mono","Liberation Mono",monospace'
)

_LIGHT: Final = {
    "paper": "#ffffff",
    "card": "#f6f8fa",
    "edge": "#d1d9e0",
    "ink": "#1f2328",
    "quiet": "#545d68",
    "focus": "#0969da",
    "kept": "#1a7048",
    "rebuilds": "#a33905",
    "maybe": "#805300",
    "unknown": "#6a43c4",
    "unbuilt": "#545d68",
    "kept-tint": "#23915c",
    "rebuilds-tint": "#d9580d",
    "maybe-tint": "#b28100",
    "unknown-tint": "#7d58d8",
    "unbuilt-tint": "#545d68",
}
_DARK: Final = {
    "paper": "#0d1117",
    "card": "#161b22",
    "edge": "#30363d",
    "ink": "#e6edf3",
    "quiet": "#9aa4af",
    "focus": "#58a6ff",
    "kept": "#4fc38a",
    "rebuilds": "#ff9866",
    "maybe": "#e3b341",
    "unknown": "#b8a1ff",
    "unbuilt": "#9aa4af",
    "kept-tint": "#3fb37c",
    "rebuilds-tint": "#f5824a",
    "maybe-tint": "#d8a52f",
    "unknown-tint": "#a48af5",
    "unbuilt-tint": "#9aa4af",
}
_OF_THEME: Final = {
    "paper": "editor-background",
    "card": "editorWidget-background",
    "edge": "editorWidget-border",
    "ink": "editor-foreground",
    "quiet": "descriptionForeground",
    "focus": "focusBorder",
}


def _palette(colors: dict[str, str]) -> str:
    values = {
        it: f"var(--vscode-{_OF_THEME[it]},{color})" if it in _OF_THEME else color for it, color in colors.items()
    }
    return "".join(f"--lm-{it}:{color};" for it, color in values.items())


_LOOKS: Final = "".join(
    f".layer-map .{it}{{--lm-own:var(--lm-{it});--lm-tint:var(--lm-{it}-tint)}}"
    for it in (look.value for look in Look if look is not Look.PLAIN)
)

_BORDER: Final = "stroke:var(--vscode-contrastBorder,currentColor);stroke-opacity:1"

STYLE: Final = f"""
.layer-map{{{_palette(_LIGHT)}font-family:{SANS};font-size:11px}}
@media (prefers-color-scheme:dark){{.layer-map{{{_palette(_DARK)}}}}}
.vscode-light .layer-map{{{_palette(_LIGHT)}}}
.vscode-dark .layer-map,.vscode-high-contrast .layer-map{{{_palette(_DARK)}}}
.vscode-high-contrast-light .layer-map{{{_palette(_LIGHT)}}}
{_LOOKS}
.layer-map .plain{{--lm-own:var(--lm-quiet);--lm-tint:var(--lm-quiet)}}
.layer-map text{{fill:var(--lm-ink);white-space:pre}}
.layer-map .paper{{fill:var(--lm-paper)}}
.layer-map .summary{{font-size:17px;font-weight:600}}
.layer-map .quiet{{fill:var(--lm-quiet)}}
.layer-map .code{{font-family:{MONO};font-size:12px}}
.layer-map .thin{{font-size:10.5px}}
.layer-map .note{{font-size:12px}}
.layer-map .small{{font-size:11px;font-weight:400}}
.layer-map .key{{font-weight:700;fill:var(--lm-own)}}
.layer-map .stage.kept .key{{fill:var(--lm-quiet)}}
.layer-map .number{{font-family:{MONO};font-size:10px;fill:var(--lm-quiet);text-anchor:end}}
.layer-map .name{{font-size:14px;font-weight:600}}
.layer-map .tally{{font-weight:600;fill:var(--lm-own);text-anchor:end}}
.layer-map .why{{fill:var(--lm-own)}}
.layer-map .sheet{{fill:var(--lm-card);stroke:var(--lm-edge)}}
.layer-map .sheet.unbuilt{{fill:none;stroke-dasharray:4 4}}
.layer-map .face{{fill:var(--lm-tint);fill-opacity:.14;stroke:var(--lm-own);stroke-opacity:0}}
.layer-map .head{{fill:transparent;stroke:transparent}}
.layer-map .rebuilds>.face{{fill-opacity:.18}}
.layer-map .unknown>.face{{stroke-opacity:.8;stroke-dasharray:1 3;stroke-linecap:round}}
.layer-map .maybe>.face{{stroke-opacity:.7;stroke-dasharray:5 3}}
.layer-map .plain>.face,.layer-map .unbuilt>.face{{fill:transparent}}
.layer-map .bar{{fill:var(--lm-tint)}}
.layer-map .sign{{fill:none;stroke:var(--lm-own);stroke-width:1.8;stroke-linecap:round;stroke-linejoin:round}}
.layer-map .arrow{{fill:none;stroke:var(--lm-own);stroke-width:1.5}}
.layer-map .arrow.mount{{stroke-dasharray:5 3}}
.layer-map .still .arrow{{stroke:var(--lm-quiet)}}
.layer-map .tip{{fill:var(--lm-own)}}
.layer-map .still .tip{{fill:var(--lm-quiet)}}
.layer-map .step,.layer-map .stage{{cursor:pointer;outline:none}}
.layer-map .step:hover>.face,.layer-map .stage:hover>.face{{stroke:var(--lm-own);stroke-opacity:1}}
.layer-map .step:hover .arrow,.layer-map .stage:hover .arrow,.layer-map :focus-visible .arrow{{stroke-width:2.5}}
.layer-map :focus-visible>.face{{stroke:var(--lm-focus);stroke-width:2;stroke-opacity:1;stroke-dasharray:none}}
.vscode-high-contrast .layer-map .face,.vscode-high-contrast .layer-map .sheet{{{_BORDER}}}
.vscode-high-contrast-light .layer-map .face,.vscode-high-contrast-light .layer-map .sheet{{{_BORDER}}}
@media (forced-colors:active){{.layer-map .face,.layer-map .sheet{{stroke:CanvasText;stroke-opacity:1}}}}
"""
"""The style sheet. Every rule is for what is inside ``.layer-map``: in an editor it stands among others."""

SIGNS: Final = {
    Look.KEPT: "M3.5 8.5l3 3 6-7",
    Look.REBUILDS: "M12.9 8a4.9 4.9 0 1 1-1.6-3.6M11.9 1.6v3.2H8.7",
    Look.MAYBE: "M2.8 9.4c1.4-3.2 3.4-3.2 5.2-1.4s3.8 1.8 5.2-1.4",
    Look.UNKNOWN: "M5.4 5.6a2.6 2.6 0 1 1 3.7 2.4c-.8.4-1.1.9-1.1 1.8M8 12.6v.1",
    Look.UNBUILT: "M4 8h8",
}
"""What stands beside a colour: the data of a path in a square of 16 by 16."""
