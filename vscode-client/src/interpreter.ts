/** Finds a Python that can run the bundled server: from the setting, the Python extension, or PATH. */

import { execFile } from "node:child_process";
import { access, constants } from "node:fs/promises";
import * as path from "node:path";
import { type Disposable, type Event, extensions, type Uri, workspace } from "vscode";

/** What a Python is given in front of what it shall run: nothing of its environment counts, and text is UTF-8. */
export const ISOLATED = ["-I", "-X", "utf8"];

export interface Search {
  /** The first Python that will do. */
  python?: string;
  /** Those that won't, with the reason. */
  refused: Map<string, string>;
}

/** Tries one Python after the other with the launcher's own check, so that what is found does run the server. */
export async function findInterpreter(launcher: string): Promise<Search> {
  const refused = new Map<string, string>();
  for await (const python of candidates()) {
    if (!refused.has(python)) {
      const reason = await reasonAgainst(python, launcher);
      if (reason === undefined) {
        return { python, refused };
      }
      refused.set(python, reason);
    }
  }
  return { refused };
}

/** Calls back when another interpreter is chosen in the Python extension, if that is in use. */
export async function onOtherInterpreter(changed: () => void): Promise<Disposable | undefined> {
  return (await pythonExtension())?.onDidChangeActiveEnvironmentPath(changed);
}

async function* candidates(): AsyncGenerator<string> {
  const chosen = workspace.getConfiguration("layerwise").get<string>("interpreter");
  if (chosen) {
    // Nothing else: who chooses one wants to know if it won't do.
    yield path.isAbsolute(chosen) ? chosen : ((await onPath(chosen)) ?? chosen);
    return;
  }
  const ofProject = await interpreterOfProject();
  if (ofProject) {
    yield ofProject;
  }
  for (const name of ["python3", "python", "python3.14", "python3.13", "python3.12", "python3.11", "py"]) {
    const found = await onPath(name);
    if (found) {
      yield found;
    }
  }
}

/** Looks a program up by itself, because the system would look into the current folder, too. */
async function onPath(name: string): Promise<string | undefined> {
  const file = process.platform === "win32" && !/\.exe$/i.test(name) ? `${name}.exe` : name;
  for (const folder of (process.env["PATH"] ?? "").split(path.delimiter)) {
    const whole = path.join(folder, file);
    const isThere = path.isAbsolute(folder) && (await access(whole, constants.X_OK).then(() => true, () => false));
    if (isThere) {
      return whole;
    }
  }
  return undefined;
}

function reasonAgainst(python: string, launcher: string): Promise<string | undefined> {
  const options = { cwd: path.dirname(launcher), timeout: 30_000, windowsHide: true };
  return new Promise((resolve) => {
    execFile(python, [...ISOLATED, launcher, "--check"], options, (error, _output, complaint) => {
      resolve(error ? (complaint.trim().split("\n").at(-1) || error.message) : undefined);
    });
  });
}

/** The part that is used here of what the Python extension offers to others. */
interface Environments {
  getActiveEnvironmentPath(resource?: Uri): { path: string };
  resolveEnvironment(it: { path: string }): Promise<{ executable: { uri?: Uri } } | undefined>;
  onDidChangeActiveEnvironmentPath: Event<unknown>;
}

async function pythonExtension(): Promise<Environments | undefined> {
  const extension = extensions.getExtension<{ environments?: Environments }>("ms-python.python");
  // An environment may be a folder of the project: it is not run unless its author is trusted.
  return extension && workspace.isTrusted ? (await extension.activate()).environments : undefined;
}

async function interpreterOfProject(): Promise<string | undefined> {
  const environments = await pythonExtension();
  const active = environments?.getActiveEnvironmentPath(workspace.workspaceFolders?.[0]?.uri);
  return active && (await environments?.resolveEnvironment(active))?.executable.uri?.fsPath;
}
