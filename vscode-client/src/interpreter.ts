/** Finds a Python that can run the bundled server: from the setting, the Python extension, or PATH. */

import { execFile } from "node:child_process";
import { access, constants } from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import { ConfigurationTarget, type Disposable, type Event, extensions, type Uri, workspace } from "vscode";

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

/** Calls back when another interpreter may be found: it is set, or the Python extension comes or has another one. */
export class InterpreterWatch implements Disposable {
  private isWatched = false;
  private readonly subscriptions: Disposable[];

  constructor(private readonly changed: () => void) {
    // The Python extension may come late: when it is installed, or some time after a folder is trusted.
    const look = async () => (await this.isNew()) && changed();
    this.subscriptions = [
      workspace.onDidChangeConfiguration((event) => event.affectsConfiguration("layerwise.interpreter") && changed()),
      workspace.onDidGrantWorkspaceTrust(look),
      extensions.onDidChange(look),
    ];
    void this.isNew();
  }

  dispose(): void {
    for (const it of this.subscriptions) {
      it.dispose();
    }
  }

  /** Watches the Python extension, if it is there and was not before. */
  private async isNew(): Promise<boolean> {
    const environments = this.isWatched ? undefined : await environmentsOfPython();
    if (!environments || this.isWatched) {
      return false;
    }
    this.isWatched = true;
    this.subscriptions.push(environments.onDidChangeActiveEnvironmentPath(() => chosen() || this.changed()));
    return true;
  }
}

/** Sets the interpreter where it is set already, or else for all projects. */
export async function setInterpreter(file: string): Promise<void> {
  const settings = workspace.getConfiguration("layerwise");
  const isOfWorkspace = settings.inspect("interpreter")?.workspaceValue !== undefined;
  const target = isOfWorkspace ? ConfigurationTarget.Workspace : ConfigurationTarget.Global;
  await settings.update("interpreter", file, target);
}

function chosen(): string | undefined {
  const folder = workspace.workspaceFolders?.[0]?.uri.fsPath;
  return workspace
    .getConfiguration("layerwise")
    .get<string>("interpreter")
    ?.replace(/^~(?=[\\/])/, os.homedir())
    .replace("${workspaceFolder}", () => folder ?? "${workspaceFolder}");
}

async function* candidates(): AsyncGenerator<string> {
  const named = chosen();
  if (named) {
    // Nothing else: who chooses one wants to know if it won't do.
    yield path.isAbsolute(named) ? named : ((await onPath(named).next()).value ?? named);
    return;
  }
  const ofProject = await interpreterOfProject();
  if (ofProject) {
    yield ofProject;
  }
  for (const name of ["python3", "python", "python3.14", "python3.13", "python3.12", "python3.11", "py"]) {
    yield* onPath(name);
  }
}

/** Looks a program up by itself, because the system would look into the current folder, too. */
async function* onPath(name: string): AsyncGenerator<string, undefined> {
  const file = process.platform === "win32" && !/\.exe$/i.test(name) ? `${name}.exe` : name;
  for (const folder of (process.env["PATH"] ?? "").split(path.delimiter)) {
    const whole = path.join(folder, file);
    const isThere = path.isAbsolute(folder) && (await access(whole, constants.X_OK).then(() => true, () => false));
    if (isThere) {
      yield whole;
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

async function environmentsOfPython(): Promise<Environments | undefined> {
  const extension = extensions.getExtension<{ environments?: Environments }>("ms-python.python");
  // An environment may be a folder of the project: it is not run unless its author is trusted.
  if (!extension || !workspace.isTrusted) {
    return undefined;
  }
  // If it can't start, it says so itself.
  return Promise.resolve(extension.activate()).then(
    (it) => it?.environments,
    () => undefined,
  );
}

async function interpreterOfProject(): Promise<string | undefined> {
  const environments = await environmentsOfPython();
  const active = environments?.getActiveEnvironmentPath(workspace.workspaceFolders?.[0]?.uri);
  const resolved = active && (await environments?.resolveEnvironment(active).catch(() => undefined));
  return resolved?.executable.uri?.fsPath;
}
