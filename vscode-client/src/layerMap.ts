/** The layer map: the server's drawing of a Dockerfile beside it, with what the file in front rebuilds. */

import { randomBytes } from "node:crypto";
import {
  commands,
  type Disposable,
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

export class LayerMap implements Disposable {
  private panel: WebviewPanel | undefined;
  private dockerfile: Uri | undefined;
  /** The file that was in front last and is no Dockerfile: the change that is shown. */
  private changed: Uri | undefined;
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
    ];
    const inFront = window.activeTextEditor?.document;
    if (inFront) {
      this.follow(inFront);
    }
  }

  /** Shows the map of the Dockerfile in front, or of the one that has steps which saving the file in front rebuilds. */
  async show(): Promise<void> {
    const document = window.activeTextEditor?.document;
    const dockerfile = document && !isDockerfile(document) ? await this.dockerfileOf(document) : document?.uri;
    this.dockerfile = dockerfile ?? this.dockerfile;
    if (!this.dockerfile) {
      void window.showInformationMessage("layerwise: open a Dockerfile, or a file that one copies, to see the layer map.");
      return;
    }
    if (this.panel) {
      this.panel.reveal(undefined, true);
      this.delay.soon();
    } else {
      // The stages stand side by side, so the drawing is wide: below the editor it has more room than beside.
      await commands.executeCommand("workbench.action.newGroupBelow");
      this.panel = this.open();
      await commands.executeCommand("workbench.action.focusPreviousGroup");
    }
  }

  dispose(): void {
    this.panel?.dispose();
    for (const it of this.subscriptions) {
      it.dispose();
    }
  }

  private follow(document: TextDocument): void {
    if (isDockerfile(document)) {
      this.dockerfile = document.uri;
    } else if (document.uri.scheme === "file") {
      this.changed = document.uri;
    } else {
      return;
    }
    this.delay.soon();
  }

  private async dockerfileOf(file: TextDocument): Promise<Uri | undefined> {
    const uris = (await affectedBy(this.server, file.uri)).map((it) => Uri.parse(it.uri));
    if (uris.length < 2) {
      return uris[0];
    }
    const items = uris.map((uri) => ({ label: workspace.asRelativePath(uri), uri }));
    return (await window.showQuickPick(items, { placeHolder: "Several Dockerfiles copy this file" }))?.uri;
  }

  private open(): WebviewPanel {
    const options = { enableScripts: true };
    const panel = window.createWebviewPanel("layerwise.layerMap", "Layer map", ViewColumn.Active, options);
    panel.webview.onDidReceiveMessage((answer: Answer) => (answer === "ready" ? this.delay.soon() : this.reveal(answer.line)));
    panel.onDidDispose(() => (this.panel = undefined));
    panel.webview.html = page(randomBytes(16).toString("base64"));
    return panel;
  }

  private async draw(): Promise<void> {
    const { panel, dockerfile } = this;
    if (!panel?.visible || !dockerfile) {
      return;
    }
    const drawing = await this.drawing(dockerfile);
    if (drawing && panel === this.panel && dockerfile === this.dockerfile) {
      panel.title = `Layer map: ${workspace.asRelativePath(dockerfile)}`;
      await panel.webview.postMessage(drawing);
    }
  }

  private async drawing(dockerfile: Uri): Promise<Drawing | undefined> {
    if (!this.server.isRunning) {
      return { message: "The server is not running: its log tells why." };
    }
    try {
      return (await layerMap(this.server, dockerfile, this.changed ? [this.changed] : [])) ?? undefined;
    } catch (error) {
      return { message: `There is no layer map: ${error instanceof Error ? error.message : error}` };
    }
  }

  private async reveal(line: number): Promise<void> {
    if (this.dockerfile) {
      const open = window.visibleTextEditors.find((it) => it.document.uri.toString() === this.dockerfile?.toString());
      const editor = await window.showTextDocument(this.dockerfile, { viewColumn: open?.viewColumn ?? ViewColumn.One });
      const range = editor.document.lineAt(Math.min(line, editor.document.lineCount - 1)).range;
      editor.selection = new Selection(range.start, range.start);
      editor.revealRange(range, TextEditorRevealType.InCenterIfOutsideViewport);
    }
  }
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
</style>
</head>
<body>
<main aria-live="polite"></main>
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

window.addEventListener("message", ({ data }) => {
  const focused = document.activeElement?.dataset.line;
  if ("svg" in data) {
    main.innerHTML = data.svg;
    // As wide as the page, but to be read.
    const drawing = main.querySelector("svg");
    drawing.style.minWidth = 0.8 * drawing.viewBox.baseVal.width + "px";
  } else {
    main.textContent = data.message;
  }
  main.querySelector('[data-line="' + focused + '"]')?.focus();
});
main.addEventListener("click", choose);
main.addEventListener("keydown", choose);
editor.postMessage("ready");
</script>
</body>
</html>`;
}
