/** "Optimise stage": what the server offers to make of the stage at the cursor. */

import { type CodeAction, CodeActionKind, commands, window, workspace } from "vscode";

import { isDockerfile, type Server } from "./server";

const REWRITE = CodeActionKind.RefactorRewrite.append("layerwise");

export async function optimiseStage(server: Server | undefined): Promise<void> {
  if (!server?.isRunning) {
    void window.showInformationMessage("layerwise: the server is not running now.");
    return;
  }
  const editor = window.activeTextEditor;
  if (!editor || !isDockerfile(editor.document)) {
    void window.showInformationMessage("layerwise: put the cursor into a stage of a Dockerfile.");
    return;
  }
  const actions = await commands.executeCommand<CodeAction[]>(
    "vscode.executeCodeActionProvider",
    editor.document.uri,
    editor.selection,
    REWRITE.value,
  );
  const edit = actions.find((it) => it.kind && REWRITE.contains(it.kind))?.edit;
  if (edit) {
    await workspace.applyEdit(edit);
  } else {
    void window.showInformationMessage(
      "layerwise: there is nothing in this stage that can be reordered safely. The hover of a finding tells why.",
    );
  }
}
