/** "Explain this Dockerfile": a page that lists every step with what is in its cache key. */

import { commands, type Disposable, EventEmitter, Uri, ViewColumn, window, workspace } from "vscode";

import { Delay } from "./delay";
import { type ExplainedStage, type ExplainedStep, type Explanation, explain, isStep } from "./protocol";
import { isDockerfile, type Server } from "./server";

const SCHEME = "layerwise-explanation";

export class Explanations implements Disposable {
  private readonly changed = new EventEmitter<Uri>();
  private readonly shown = new Set<string>();
  private readonly delay = new Delay(500, () => this.refresh());
  private readonly subscriptions: Disposable[] = [
    this.changed,
    this.delay,
    workspace.registerTextDocumentContentProvider(SCHEME, {
      onDidChange: this.changed.event,
      provideTextDocumentContent: (page) => this.textOf(page),
    }),
    workspace.onDidChangeTextDocument(({ document }) => isDockerfile(document) && this.delay.soon()),
    workspace.onDidCloseTextDocument(({ uri }) => this.shown.delete(uri.toString())),
  ];

  constructor(private readonly server: Server) {
    this.subscriptions.push(server.onDidChange(this.delay.soon));
  }

  async show(): Promise<void> {
    const document = window.activeTextEditor?.document;
    if (!document || !isDockerfile(document)) {
      void window.showInformationMessage("layerwise: open a Dockerfile to have it explained.");
      return;
    }
    const name = workspace.asRelativePath(document.uri);
    const page = Uri.from({ scheme: SCHEME, path: `/${name} explained.md`, query: document.uri.toString() });
    try {
      await commands.executeCommand("markdown.showPreviewToSide", page);
    } catch {
      // The extension that draws Markdown is switched off.
      await window.showTextDocument(page, { viewColumn: ViewColumn.Beside, preview: true });
    }
  }

  dispose(): void {
    for (const it of this.subscriptions) {
      it.dispose();
    }
  }

  private refresh(): void {
    for (const page of this.shown) {
      this.changed.fire(Uri.parse(page));
    }
  }

  private async textOf(page: Uri): Promise<string> {
    this.shown.add(page.toString());
    const dockerfile = Uri.parse(page.query);
    const explanation = await explain(this.server, dockerfile);
    const said = explanation ? lines(workspace.asRelativePath(dockerfile), explanation) : ["The server does not answer now."];
    return [...said, ""].join("\n");
  }
}

function* lines(name: string, { builder, context, notes, stages, target }: Explanation): Generator<string> {
  yield `# ${plain(name)}`;
  yield "";
  yield "A step re-runs when anything that is listed with it changes, or when the step above it does.";
  yield "";
  yield `Builder: ${builder}` + (target === null ? "" : ` · builds stage ${plain(target)}`);
  if (context !== null) {
    yield "";
    yield `Build context: ${code(context)}`;
  }
  for (const note of notes) {
    yield "";
    yield `> ${plain(note)}`;
  }
  for (const stage of stages) {
    yield "";
    yield* linesOfStage(stage);
  }
}

function* linesOfStage(stage: ExplainedStage): Generator<string> {
  const name = stage.name === null ? `Stage ${stage.index}` : `Stage ${plain(stage.name)}`;
  yield `## ${name}, from ${plain(stage.base)}${stage.built ? "" : " (not built)"}`;
  yield "";
  yield "| line | instruction | in its key |";
  yield "|--:|---|---|";
  for (const step of stage.steps) {
    yield `| ${step.line} | ${code(step.instruction)} | ${key(step)} |`;
  }
}

function key(step: ExplainedStep): string {
  if (!isStep(step)) {
    return step.kind === "environment" ? "*part of later keys*" : step.kind === "metadata" ? "*none: it makes no layer*" : "";
  }
  return step.inputs
    .filter((it) => it.kind !== "previous")
    .map((it) => plain(it.detail))
    .join("<br>");
}

function plain(text: string): string {
  return text.replace(/[\\`*_{}[\]()#+!|<>]/g, "\\$&").replace(/\s+/g, " ");
}

function code(text: string): string {
  const short = text.replace(/\s+/g, " ").replaceAll("`", "'").replaceAll("|", "\\|");
  return `\`${short.length > 80 ? `${short.slice(0, 79)}…` : short}\``;
}
