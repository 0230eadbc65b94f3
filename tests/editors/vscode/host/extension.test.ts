/** What other extensions, and VS Code itself, get from the installed extension. Opened is a workspace of one folder, web. */

import * as assert from "node:assert/strict";
import { cp, readFile, rm, writeFile } from "node:fs/promises";
import * as path from "node:path";
import * as vscode from "vscode";

const FIX = "Copy only package.json and package-lock.json before `npm ci`, the rest after it";
const web = vscode.workspace.workspaceFolders?.[0]?.uri;
assert.ok(web);
const dockerfile = vscode.Uri.joinPath(web, "Dockerfile");
const original = readFile(dockerfile.fsPath, "utf8");

async function until<Found>(what: string, find: () => Found | PromiseLike<Found>): Promise<NonNullable<Found>> {
  for (let attempt = 0; attempt < 500; attempt++) {
    const found = await find();
    if (found) {
      return found;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`waited in vain for ${what}`);
}

const ours = (uri: vscode.Uri) => vscode.languages.getDiagnostics(uri).filter((it) => it.source === "layerwise");
const finding = (uri = dockerfile) => until("a finding", () => ours(uri)[0]);
const noFinding = (uri = dockerfile) => until("no finding", () => ours(uri).length === 0);

function actions(at: vscode.Range, kind?: string): Thenable<vscode.CodeAction[]> {
  return vscode.commands.executeCommand("vscode.executeCodeActionProvider", dockerfile, at, kind);
}

async function applyAndSave(document: vscode.TextDocument, action: vscode.CodeAction | undefined): Promise<string> {
  assert.ok(action?.edit, "an action that carries its edit");
  assert.ok(await vscode.workspace.applyEdit(action.edit));
  assert.ok(await document.save());
  return readFile(document.uri.fsPath, "utf8");
}

suite("the extension", () => {
  let document: vscode.TextDocument;

  setup(async () => {
    await writeFile(dockerfile.fsPath, await original);
    document = await vscode.workspace.openTextDocument(dockerfile);
    await vscode.window.showTextDocument(document, { preview: false });
    await until("the text of the disk", async () => document.getText() === (await original));
    await finding();
  });

  teardown(() => vscode.commands.executeCommand("workbench.action.closeAllEditors"));

  test("a finding is ours, is there once, and has its own subject beside other extensions", async () => {
    const others = vscode.languages.createDiagnosticCollection("docker");
    const found = await finding();
    others.set(dockerfile, [new vscode.Diagnostic(found.range, "something else", vscode.DiagnosticSeverity.Hint)]);
    assert.equal(ours(dockerfile).length, 1);
    assert.equal(document.getText(found.range), "COPY . .");
    assert.equal(typeof found.code === "object" ? found.code.value : found.code, "copy-before-install");
    const related = found.relatedInformation?.map((it) => document.lineAt(it.location.range.start).text);
    assert.deepEqual(related, ["RUN npm ci && npm run build"]);
    others.dispose();
  });

  test("hover and lenses", async () => {
    const hovers = await vscode.commands.executeCommand<vscode.Hover[]>(
      "vscode.executeHoverProvider",
      dockerfile,
      new vscode.Position(5, 1),
    );
    const text = hovers.flatMap((it) => it.contents.map((part) => (typeof part === "string" ? part : part.value)));
    assert.match(text.join(), /\*\*COPY\*\*/);
    const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>("vscode.executeCodeLensProvider", dockerfile, 9);
    assert.deepEqual(lenses.map((it) => it.range.start.line).sort(), [1, 9]);
  });

  test("a quick fix, applied and saved", async () => {
    const action = (await actions((await finding()).range, "quickfix")).find((it) => it.title === FIX);
    assert.equal(action?.isPreferred, true);
    const saved = await applyAndSave(document, action);
    assert.match(saved, /COPY package.json package-lock.json .\/\n\nRUN npm ci\n/);
    await noFinding();
  });

  test("fix all", async () => {
    const [action] = await actions(new vscode.Range(0, 0, 0, 0), "source.fixAll");
    assert.equal(action?.kind?.value, "source.fixAll.layerwise");
    assert.match(await applyAndSave(document, action), /RUN npm ci\n/);
    await noFinding();
  });

  test("a rewrite of the stage at the cursor, and of no other", async () => {
    const [action] = await actions(new vscode.Range(5, 0, 5, 0), "refactor.rewrite");
    assert.equal(action?.title, "Optimise stage build for the build cache");
    assert.deepEqual(await actions(new vscode.Range(10, 0, 10, 0), "refactor.rewrite"), []);
  });

  test("lines as on Windows, and what is not ASCII", async () => {
    const text = (await original).replaceAll("\n", "\r\n").replace("npm ci", 'echo "größer 🐳" && npm ci');
    await writeFile(dockerfile.fsPath, text);
    await until("the text of the disk", () => document.getText() === text);
    await until("the finding of it", () => ours(dockerfile)[0]?.message.includes("npm ci"));
    const found = (await actions((await finding()).range, "quickfix")).find((it) => it.title === FIX);
    const saved = await applyAndSave(document, found);
    assert.ok(saved.includes('RUN echo "größer 🐳" && npm ci\r\n'), saved);
    assert.equal(saved.replaceAll("\r\n", "").includes("\n"), false);
  });

  test("settings count at once, and those that nobody set leave a file of the project alone", async () => {
    const settings = vscode.workspace.getConfiguration("layerwise");
    await settings.update("rules", { "copy-before-install": "off" }, vscode.ConfigurationTarget.Workspace);
    await noFinding();
    await settings.update("rules", undefined, vscode.ConfigurationTarget.Workspace);
    await finding();
    const file = vscode.Uri.joinPath(web, "layerwise.toml").fsPath;
    await writeFile(file, '[rules]\ncopy-before-install = "error"\n');
    await until("an error", async () => (await finding()).severity === vscode.DiagnosticSeverity.Error);
    await rm(file);
    await until("a warning", async () => (await finding()).severity === vscode.DiagnosticSeverity.Warning);
  });

  test("a second folder, with a Dockerfile of its own", async () => {
    const second = path.join(path.dirname(web.fsPath), "second");
    await cp(web.fsPath, second, { recursive: true });
    const folder = { uri: vscode.Uri.file(second) };
    assert.ok(vscode.workspace.updateWorkspaceFolders(1, 0, folder));
    const other = vscode.Uri.joinPath(folder.uri, "Dockerfile");
    await vscode.window.showTextDocument(other);
    await finding(other);
    assert.equal(ours(dockerfile).length, 1);
    const settings = vscode.workspace.getConfiguration("layerwise", other);
    const off = { "copy-before-install": "off" };
    // The window may not know the folder yet.
    await until("the setting of one folder", () =>
      settings.update("rules", off, vscode.ConfigurationTarget.WorkspaceFolder).then(
        () => true,
        () => false,
      ),
    );
    await noFinding(other);
    assert.equal(ours(dockerfile).length, 1);
  });

  test("the server is started again", async () => {
    await vscode.commands.executeCommand("layerwise.restart");
    await finding();
    await vscode.commands.executeCommand("layerwise.restart");
    await finding();
  });

  test("the explanation is a document", async () => {
    await vscode.commands.executeCommand("layerwise.explain");
    const page = await until("the page", () => vscode.workspace.textDocuments.find((it) => it.uri.scheme === "layerwise-explanation"));
    assert.match(page.getText(), /## Stage build, from node:24-slim/);
    assert.match(page.getText(), /\| 6 \| `COPY \. \.` \| /);
  });

  test("an ignore file is no Dockerfile", async () => {
    const file = vscode.Uri.joinPath(web, "Dockerfile.dockerignore");
    await writeFile(file.fsPath, "COPY . .\n");
    const opened = await vscode.workspace.openTextDocument(file);
    assert.notEqual(opened.languageId, "dockerfile");
    await rm(file.fsPath);
  });
});
