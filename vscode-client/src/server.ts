/** The language server that comes with the extension: found a Python for, started, asked, started again. */

import * as path from "node:path";
import {
  commands,
  type Disposable,
  EventEmitter,
  type ExtensionContext,
  type LogOutputChannel,
  type TextDocument,
  languages,
  window,
} from "vscode";
import { LanguageClient, LSPErrorCodes, ResponseError, State, TransportKind } from "vscode-languageclient/node";

import { findInterpreter, InterpreterWatch, ISOLATED, type Search, setInterpreter } from "./interpreter";
import { settingsFor } from "./settings";

/** What the server is for; VS Code knows a Dockerfile by any of its names. */
const DOCUMENTS = ["file", "untitled"].map((scheme) => ({ scheme, language: "dockerfile" }));

export function isDockerfile(document: TextDocument): boolean {
  return languages.match(DOCUMENTS, document) > 0;
}

export class Server implements Disposable {
  private readonly changed = new EventEmitter<void>();
  private readonly subscriptions: Disposable[] = [this.changed];
  private readonly launcher: string;
  private client: LanguageClient | undefined;
  private last: Promise<void> = Promise.resolve();
  /** How many restarts are not over. */
  private restarts = 0;
  private isDisposed = false;
  /** Fires when the server comes or goes. */
  readonly onDidChange = this.changed.event;

  constructor(
    context: ExtensionContext,
    private readonly log: LogOutputChannel,
  ) {
    this.launcher = context.asAbsolutePath("launch.py");
    this.subscriptions.push(new InterpreterWatch(() => void this.restart()));
  }

  get isRunning(): boolean {
    return this.client?.state === State.Running;
  }

  /** Whether it will not come by itself. */
  get isMissing(): boolean {
    return this.restarts === 0 && !this.isRunning && this.client?.state !== State.Starting;
  }

  /** Starts the server; before that, stops the one that runs. One after the other, however often it is called. */
  restart(): Promise<void> {
    this.restarts++;
    if (this.client?.state === State.Starting) {
      // Nobody waits for it: it may hang.
      void this.stop();
    }
    this.last = this.last
      .then(() => this.stop())
      .then(() => this.start())
      .catch((error: unknown) => this.log.error(`not started: ${error}`))
      .finally(() => {
        this.restarts--;
        this.changed.fire();
      });
    return this.last;
  }

  /** Returns the answer to a request of our own; undefined if there is none now. */
  async ask<Answer>(method: string, params: object): Promise<Answer | undefined> {
    if (!this.client || !this.isRunning) {
      return undefined;
    }
    try {
      return await this.client.sendRequest<Answer>(method, params);
    } catch (error) {
      // A document that has changed meanwhile is asked for again by whoever shows it.
      if (this.isRunning && !(error instanceof ResponseError && error.code === LSPErrorCodes.ContentModified)) {
        this.log.error(`${method}: ${error}`);
      }
      return undefined;
    }
  }

  async dispose(): Promise<void> {
    this.isDisposed = true;
    await this.stop();
    for (const it of this.subscriptions.splice(0)) {
      it.dispose();
    }
  }

  private async start(): Promise<void> {
    const search = await findInterpreter(this.launcher);
    for (const [python, reason] of search.refused) {
      this.log.info(`not run with ${python}: ${reason}`);
    }
    if (this.isDisposed || this.restarts > 1) {
      return;
    }
    if (search.python === undefined) {
      void this.askForInterpreter(search);
      return;
    }
    this.log.info(`run with ${search.python}`);
    const command = {
      command: search.python,
      args: [...ISOLATED, this.launcher, "serve"],
      transport: TransportKind.stdio,
      options: { cwd: path.dirname(this.launcher) },
    };
    this.client = new LanguageClient("layerwise", command, {
      documentSelector: DOCUMENTS,
      outputChannel: this.log,
      middleware: {
        workspace: {
          configuration: ({ items }) =>
            items.map(({ scopeUri }) => settingsFor(scopeUri ? this.client?.protocol2CodeConverter.asUri(scopeUri) : undefined)),
        },
      },
    });
    this.client.onDidChangeState(() => this.changed.fire());
    // If it fails, the client shows that.
    await this.client.start();
  }

  private async stop(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    // One that can't be stopped must not keep the next one from starting.
    await client?.dispose().catch((error: unknown) => this.log.warn(`not stopped: ${error}`));
    this.changed.fire();
  }

  private async askForInterpreter({ refused }: Search): Promise<void> {
    const [first] = refused;
    const reason = first ? `${first[0]}: ${first[1]}` : "There is none on PATH";
    const choose = "Choose Python…";
    const chosen = await window.showErrorMessage(
      `layerwise needs Python 3.11 or newer to run. ${reason}.`,
      choose,
      "Show Log",
    );
    if (chosen === choose) {
      const files = await window.showOpenDialog({ title: "A Python 3.11 or newer", openLabel: "Use" });
      const file = files?.[0]?.fsPath;
      if (file) {
        await setInterpreter(file);
      }
    } else if (chosen) {
      await commands.executeCommand("layerwise.showLog");
    }
  }
}
