/** The layer map: the server's drawing of a Dockerfile beside it, with what the file in front rebuilds. */

import { randomBytes } from "node:crypto";
import {
  commands,
  type Disposable,
  type QuickPickItem,
  QuickPickItemKind,
  RelativePattern,
  Selection,
  type TextDocument,
  TextEditorRevealType,
  Uri,
  ViewColumn,
  type WebviewPanel,
  window,
  workspace,
} from "vscode";

import { Delay } from "./delay";
import { affectedBy, layerMap } from "./protocol";
import { isDockerfile, type Server } from "./server";

/** What goes to the page, and what comes back. */
type Drawing = { svg: string } | { message: string };
type Answer = { line: number } | "ready";
/** What VS Code keeps of the page, so that it is there again after the window was closed. */
type State = { dockerfile: string };
/** The change whose effect is shown: an edit of the file in front, of one that was chosen, or of a source file. */
type Change = "in front" | "source" | Uri;

const MOST_FILES = 5000;
const VIEW = "layerwise.layerMap";

export class LayerMap implements Disposable {
  /** There is one, and it may take a while to open. */
  private panel: Promise<WebviewPanel> | undefined;
  private dockerfile: Uri | undefined;
  /** What is to be seen is of this one. */
  private drawn: Uri | undefined;
  private change: Change = "in front";
  /** The file that was in front last and is no Dockerfile. */
  private inFront: Uri | undefined;
  private readonly delay = new Delay(250, () => this.draw());
  private readonly subscriptions: Disposable[];

  constructor(private readonly server: Server) {
    const { soon } = this.delay;
    this.subscriptions = [
      this.delay,
      server.onDidChange(soon),
      window.onDidChangeActiveTextEditor((editor) => editor && this.follow(editor.document)),
      workspace.onDidChangeTextDocument(({ document }) => isDockerfile(document) && soon()),
      workspace.onDidSaveTextDocument(soon),
      workspace.onDidChangeConfiguration((event) => event.affectsConfiguration("layerwise") && soon()),
      window.registerWebviewPanelSerializer(VIEW, {
        deserializeWebviewPanel: async (panel, state: State | undefined) => {
          this.dockerfile ??= state && Uri.parse(state.dockerfile);
          this.panel = Promise.resolve(this.fill(panel));
        },
      }),
    ];
    const inFront = window.activeTextEditor?.document;
    if (inFront) {
      this.follow(inFront);
    }
  }

  /** Shows the map of the Dockerfile in front, or of one that has steps which saving the file in front rebuilds. */
  async show(): Promise<void> {
    const document = window.activeTextEditor?.document;
    if (document && !isDockerfile(document)) {
      const found = (await affectedBy(this.server, document.uri)) ?? [];
      const uris = found.map((it) => Uri.parse(it.uri));
      const isDrawn = uris.some((it) => it.toString() === this.dockerfile?.toString());
      const dockerfile = uris.length < 2 ? uris[0] : isDrawn ? this.dockerfile : await choose(uris);
      if (!dockerfile && uris.length > 1) {
        return;
      }
      this.dockerfile = dockerfile ?? this.dockerfile;
    }
    if (!this.dockerfile) {
      void window.showInformationMessage("layerwise: open a Dockerfile, or a file that one copies, to see the layer map.");
      return;
    }
    this.panel ??= this.open();
    (await this.panel).reveal(undefined, true);
    this.delay.soon();
  }

  /** Asks for the change whose effect the map shows. */
  async chooseChange(): Promise<void> {
    const { dockerfile, inFront } = this;
    const folder = dockerfile && workspace.getWorkspaceFolder(dockerfile);
    const files = folder ? await workspace.findFiles(new RelativePattern(folder, "**"), undefined, MOST_FILES) : [];
    const named = files.map((uri) => ({ label: workspace.asRelativePath(uri, false), change: uri }));
    const items: (QuickPickItem & { change?: Change })[] = [
      { label: "$(eye) The file in front", description: inFront ? workspace.asRelativePath(inFront) : "", change: "in front" },
      { label: "$(edit) A source file", description: "what most files of the build context have in common", change: "source" },
      { label: "One file", kind: QuickPickItemKind.Separator },
      ...named.sort((a, b) => a.label.localeCompare(b.label)),
    ];
    const chosen = await window.showQuickPick(items, { title: "Show what an edit rebuilds of", matchOnDescription: true });
    if (!chosen?.change) {
      return;
    }
    this.change = chosen.change;
    if (this.panel) {
      this.delay.soon();
    } else {
      await this.show();
    }
  }

  dispose(): void {
    for (const it of this.subscriptions) {
      it.dispose();
    }
  }

  private follow(document: TextDocument): void {
    if (isDockerfile(document)) {
      this.dockerfile = document.uri;
    } else if (document.uri.scheme === "file") {
      this.inFront = document.uri;
    } else {
      return;
    }
    this.delay.soon();
  }

  private async open(): Promise<WebviewPanel> {
    // The stages stand side by side, so the drawing is wide: below the editor it has more room than beside.
    await commands.executeCommand("workbench.action.newGroupBelow");
    const panel = this.fill(window.createWebviewPanel(VIEW, "Layer map", ViewColumn.Active));
    await commands.executeCommand("workbench.action.focusPreviousGroup");
    return panel;
  }

  private fill(panel: WebviewPanel): WebviewPanel {
    panel.webview.options = { enableScripts: true };
    panel.webview.onDidReceiveMessage((answer: Answer) => (answer === "ready" ? this.delay.soon() : this.reveal(answer.line)));
    panel.onDidDispose(() => (this.panel = undefined));
    panel.webview.html = page(randomBytes(16).toString("base64"));
    return panel;
  }

  private async draw(): Promise<void> {
    const panel = await this.panel;
    if (!panel?.visible) {
      return;
    }
    if (!this.dockerfile && this.inFront) {
      const [first] = (await affectedBy(this.server, this.inFront)) ?? [];
      this.dockerfile = first && Uri.parse(first.uri);
    }
    const { dockerfile } = this;
    if (!dockerfile) {
      return;
    }
    const drawing = await this.drawing(dockerfile);
    if (drawing && this.panel && dockerfile === this.dockerfile) {
      panel.title = `Layer map: ${workspace.asRelativePath(dockerfile)}`;
      this.drawn = dockerfile;
      const state: State = { dockerfile: dockerfile.toString() };
      await panel.webview.postMessage({ ...drawing, state });
    }
  }

  /** Returns what is to be drawn; undefined if that can't be told now, so that what was drawn stays. */
  private async drawing(dockerfile: Uri): Promise<Drawing | undefined> {
    if (this.server.isMissing) {
      return { message: "The server is not running: its log tells why." };
    }
    const changed = this.change === "in front" ? this.inFront : this.change === "source" ? undefined : this.change;
    return (await layerMap(this.server, dockerfile, changed ? [changed] : [])) ?? undefined;
  }

  /** Returns a group of editors that does not hide the map. */
  private async besideMap(): Promise<ViewColumn> {
    const ofMap = (await this.panel)?.viewColumn;
    const other = window.tabGroups.all.find((it) => it.viewColumn !== ofMap);
    if (!other) {
      await commands.executeCommand("workbench.action.newGroupAbove");
    }
    return other?.viewColumn ?? ViewColumn.Active;
  }

  private async reveal(line: number): Promise<void> {
    const { drawn } = this;
    if (drawn) {
      const open = window.visibleTextEditors.find((it) => it.document.uri.toString() === drawn.toString());
      const editor = await window.showTextDocument(drawn, { viewColumn: open?.viewColumn ?? (await this.besideMap()) });
      const range = editor.document.lineAt(Math.min(line, editor.document.lineCount - 1)).range;
      editor.selection = new Selection(range.start, range.start);
      editor.revealRange(range, TextEditorRevealType.InCenterIfOutsideViewport);
    }
  }
}

async function choose(uris: Uri[]): Promise<Uri | undefined> {
  const items = uris.map((uri) => ({ label: workspace.asRelativePath(uri), uri }));
  return (await window.showQuickPick(items, { placeHolder: "Several Dockerfiles copy this file" }))?.uri;
}

/** The page takes drawings and tells which line was chosen; it loads nothing, and runs nothing but its own script. */
function page(nonce: string): string {
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'nonce-${nonce}'">
<title>Layer map</title>
<style>
body { padding: 12px; }
svg { max-width: 100%; height: auto; }
[role="status"] { position: absolute; clip-path: inset(50%); white-space: nowrap; }
</style>
</head>
<body>
<main></main>
<p role="status"></p>
<script nonce="${nonce}">
const editor = acquireVsCodeApi();
const main = document.querySelector("main");

function choose(event) {
  const line = event.target.closest("[data-line]")?.dataset.line;
  if (line !== undefined && (event.type === "click" || event.key === "Enter" || event.key === " ")) {
    event.preventDefault();
    editor.postMessage({ line: Number(line) });
  }
}

function show(step) {
  step?.querySelector(".face, .head")?.scrollIntoView({ block: "nearest", inline: "nearest" });
}

let shown;
window.addEventListener("message", ({ data }) => {
  editor.setState(data.state);
  const drawn = data.svg ?? data.message;
  if (drawn === shown) {
    return;
  }
  shown = drawn;
  const focused = document.activeElement?.dataset.line;
  let summary = data.message;
  if (data.svg) {
    main.innerHTML = data.svg;
    const drawing = main.querySelector("svg");
    // As wide as the page, but to be read.
    drawing.style.minWidth = 0.8 * drawing.viewBox.baseVal.width + "px";
    summary = drawing.getAttribute("aria-label");
  } else {
    main.textContent = data.message;
  }
  const status = document.querySelector("[role=status]");
  if (status.textContent !== summary) {
    // Not the whole picture is to be read out at each change of it.
    status.textContent = summary;
    show(main.querySelector(".step.rebuilds, .step.unknown, .step.maybe"));
  }
  main.querySelector('[data-line="' + focused + '"]')?.focus();
});
// The browser would look at the arrows of a step as well.
main.addEventListener("focusin", ({ target }) => show(target));
main.addEventListener("click", choose);
main.addEventListener("keydown", choose);
editor.postMessage("ready");
</script>
</body>
</html>`;
}
