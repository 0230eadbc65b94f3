/** The status bar: what a Dockerfile in front has, or what saving the file in front rebuilds. */

import {
  type Disposable,
  languages,
  MarkdownString,
  StatusBarAlignment,
  type TextDocument,
  ThemeColor,
  Uri,
  window,
  workspace,
} from "vscode";

import { Delay } from "./delay";
import { type Affected, affectedBy, counted, explain, isStep } from "./protocol";
import { isDockerfile, type Server } from "./server";

interface Shown {
  text: string;
  tooltip: string;
  isWarning?: boolean;
}

export class Status implements Disposable {
  private readonly item = window.createStatusBarItem("layerwise", StatusBarAlignment.Right, 100);
  private readonly delay = new Delay(250, () => this.update());
  private readonly subscriptions: Disposable[];
  private document: TextDocument | undefined;

  constructor(private readonly server: Server) {
    const { soon } = this.delay;
    const isInFront = (uri: Uri) => uri.toString() === window.activeTextEditor?.document.uri.toString();
    this.item.name = "layerwise";
    this.item.command = "layerwise.showLayerMap";
    this.subscriptions = [
      this.item,
      this.delay,
      server.onDidChange(soon),
      window.onDidChangeActiveTextEditor(soon),
      workspace.onDidSaveTextDocument(soon),
      workspace.onDidChangeTextDocument(({ document }) => isDockerfile(document) && isInFront(document.uri) && soon()),
      languages.onDidChangeDiagnostics(({ uris }) => uris.some(isInFront) && soon()),
    ];
    soon();
  }

  dispose(): void {
    for (const it of this.subscriptions) {
      it.dispose();
    }
  }

  private async update(): Promise<void> {
    const document = window.activeTextEditor?.document;
    if (document !== this.document) {
      // What it says is of another file.
      this.document = document;
      this.item.hide();
    }
    const shown = document && (await this.of(document));
    if (shown && document === window.activeTextEditor?.document) {
      this.show(shown);
    }
  }

  private show({ text, tooltip, isWarning }: Shown): void {
    if (!text) {
      this.item.hide();
      return;
    }
    this.item.text = `$(layers) ${text}`;
    this.item.tooltip = new MarkdownString(`${tooltip}\n\nSelect to show the layer map.`);
    this.item.backgroundColor = isWarning ? new ThemeColor("statusBarItem.warningBackground") : undefined;
    this.item.accessibilityInformation = { label: `layerwise: ${text}` };
    this.item.show();
  }

  /** Returns what there is to say; undefined if that can't be told now, so that what was said stays. */
  private async of(document: TextDocument): Promise<Shown | undefined> {
    if (isDockerfile(document)) {
      return this.server.isMissing ? NOT_RUNNING : this.ofDockerfile(document);
    }
    if (document.uri.scheme !== "file" || this.server.isMissing) {
      return NOTHING;
    }
    const affected = await affectedBy(this.server, document.uri);
    return affected && ofFile(affected);
  }

  private async ofDockerfile(document: TextDocument): Promise<Shown | undefined> {
    const explanation = await explain(this.server, document.uri);
    if (!explanation) {
      return undefined;
    }
    const built = explanation.stages.filter((it) => it.built);
    const steps = counted(built.flatMap((it) => it.steps).filter(isStep).length, "step");
    const findings = counted(
      languages.getDiagnostics(document.uri).filter((it) => it.source === "layerwise").length,
      "finding",
    );
    return {
      text: `${findings}, ${steps}`,
      tooltip: `**layerwise** · ${findings} in this file; ${steps} in ${counted(built.length, "stage")} that are built.`,
    };
  }
}

const NOTHING: Shown = { text: "", tooltip: "" };
const NOT_RUNNING: Shown = {
  text: "layerwise is not running",
  tooltip: "The server is not running. The log of **layerwise** in the output panel tells why.",
  isWarning: true,
};

function ofFile(affected: Affected[]): Shown {
  if (affected.length === 0) {
    return NOTHING;
  }
  const steps = affected.flatMap((it) => it.steps);
  const sure = steps.filter((it) => it.rebuilds === true).length;
  const total = affected.reduce((sum, it) => sum + it.total, 0);
  const where = affected.length === 1 ? "" : ` of ${affected.length} Dockerfiles`;
  const how = sure > 0 ? `saving rebuilds ${sure}` : `saving may rebuild ${steps.length}`;
  return {
    text: `${how} of ${counted(total, "step")}${where}`,
    tooltip: ["**layerwise** · Saving this file re-runs in the next build", ...affected.flatMap((it) => [...linesOf(it)])].join("\n\n"),
  };
}

function* linesOf(affected: Affected): Generator<string> {
  yield `**${plain(workspace.asRelativePath(Uri.parse(affected.uri)))}**`;
  for (const step of affected.steps) {
    const doubt = step.rebuilds === true ? "" : " *(perhaps)*";
    yield `- line ${step.line} \`${step.instruction.split("\n", 1)[0]?.slice(0, 60).replaceAll("`", "'")}\`${doubt}`;
  }
}

function plain(text: string): string {
  return text.replace(/[\\`*_{}[\]()#+\-.!|<>]/g, "\\$&");
}
