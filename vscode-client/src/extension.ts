/** What VS Code starts: the parts of the extension, and the commands of its palette. */

import { commands, type ExtensionContext, languages, type TextDocument, window, workspace } from "vscode";

import { Explanations } from "./explanations";
import { LayerMap } from "./layerMap";
import { optimiseStage } from "./optimise";
import { Server } from "./server";
import { Status } from "./status";

/**
 * Names that stand for a Dockerfile only if no language claims them: a pattern in package.json would also take
 * `dockerfile-lint.js` and `dockerfile_test.go`.
 */
const MAYBE_DOCKERFILE = /(?:^|[/\\])(?:dockerfile|containerfile)[-_][^/\\]+$/i;

let server: Server | undefined;

function claim(document: TextDocument): void {
  if (document.languageId === "plaintext" && MAYBE_DOCKERFILE.test(document.fileName)) {
    void languages.setTextDocumentLanguage(document, "dockerfile");
  }
}

export async function activate(context: ExtensionContext): Promise<void> {
  const log = window.createOutputChannel("layerwise", { log: true });
  server = new Server(context, log);
  const layerMap = new LayerMap(server);
  const explanations = new Explanations(server);
  workspace.textDocuments.forEach(claim);
  context.subscriptions.push(
    log,
    workspace.onDidOpenTextDocument(claim),
    layerMap,
    explanations,
    new Status(server),
    commands.registerCommand("layerwise.restart", () => server?.restart()),
    commands.registerCommand("layerwise.showLog", () => log.show()),
    commands.registerCommand("layerwise.explain", () => explanations.show()),
    commands.registerCommand("layerwise.optimiseStage", () => optimiseStage(server)),
    commands.registerCommand("layerwise.showLayerMap", () => layerMap.show()),
    commands.registerCommand("layerwise.chooseChange", () => layerMap.chooseChange()),
  );
  await server.restart();
}

/** VS Code waits for it, as it does not for what is disposed of. */
export async function deactivate(): Promise<void> {
  await server?.dispose();
}
