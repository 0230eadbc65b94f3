/** What VS Code starts: the parts of the extension, and the commands of its palette. */

import { commands, type ExtensionContext, window } from "vscode";

import { Explanations } from "./explanations";
import { LayerMap } from "./layerMap";
import { optimiseStage } from "./optimise";
import { Server } from "./server";
import { Status } from "./status";

let server: Server | undefined;

export async function activate(context: ExtensionContext): Promise<void> {
  const log = window.createOutputChannel("layerwise", { log: true });
  server = new Server(context, log);
  const layerMap = new LayerMap(server);
  const explanations = new Explanations(server);
  context.subscriptions.push(
    log,
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
