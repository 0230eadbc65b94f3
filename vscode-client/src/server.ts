/** The language server that comes with the extension: found a Python for, started, asked, started again. */

import * as path from "node:path";
import {
  commands,
  ConfigurationTarget,
  type Disposable,
  EventEmitter,
  type ExtensionContext,
  type LogOutputChannel,
  type TextDocument,
  languages,
  window,
  workspace,
} from "vscode";
import { LanguageClient, LSPErrorCodes, ResponseError, State, TransportKind } from "vscode-languageclient/node";

import { findInterpreter, ISOLATED, onOtherInterpreter, type Search } from "./interpreter";
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
  private restarts = 0;
  /** Fires when the server comes or goes. */
  readonly onDidChange = this.changed.event;

  constructor(
    context: ExtensionContext,
    private readonly log: LogOutputChannel,
  ) {
    this.launcher = context.asAbsolutePath("launch.py");
    const again = () => void this.restart();
    this.subscriptions.push(
      workspace.onDidChangeConfiguration((event) => event.affectsConfiguration("layerwise.interpreter") && again()),
      workspace.onDidGrantWorkspaceTrust(again),
    );
    void onOtherInterpreter(again).then((it) => it && this.subscriptions.push(it));
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
    this.last = this.last
      .then(() => this.stop())
      .then(() => this.start())
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
      if (!this.isRunning || (error instanceof ResponseError && error.code === LSPErrorCodes.ContentModified)) {
        return undefined;
      }
      throw error;
    }
  }

  dispose(): Promise<void> {
    for (const it of this.subscriptions) {
      it.dispose();
    }
    return this.stop();
  }

  private async start(): Promise<void> {
    const search = await findInterpreter(this.launcher);
    for (const [python, reason] of search.refused) {
      this.log.info(`not run with ${python}: ${reason}`);
    }
    if (search.python === undefined) {
      void this.askForInterpreter(search);
      return;
    }
    this.log.info(`run with ${search.python}`);
    const command = {
      command: search.python,
      args: [...ISOLATED, this.launcher, "serve", "--stdio"],
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
    try {
      await this.client.start();
    } catch (error) {
      // The client has shown it.
      this.log.error(`not started: ${error}`);
    }
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
    const reason = first ? `${first[0]}: ${first[1]}` : "none was found on PATH";
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
        await workspace.getConfiguration("layerwise").update("interpreter", file, ConfigurationTarget.Global);
      }
    } else if (chosen) {
      await commands.executeCommand("layerwise.showLog");
    }
  }
}
