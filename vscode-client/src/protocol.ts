/** The requests of our own, as the server answers them. */

import { type Uri, workspace } from "vscode";

import type { Server } from "./server";

export type Verdict = boolean | "if-content-changes" | "unknown";

export interface Explanation {
  context: string | null;
  builder: string;
  target: string | null;
  notes: string[];
  stages: ExplainedStage[];
}

export interface ExplainedStage {
  name: string | null;
  index: number;
  base: string;
  built: boolean;
  steps: ExplainedStep[];
}

export interface ExplainedStep {
  /** Counted from 1. */
  line: number;
  instruction: string;
  kind: "source" | "layer" | "environment" | "metadata";
  inputs: { kind: string; detail: string }[];
}

/** What saving a file touches: one for each Dockerfile that has steps which re-run. */
export interface Affected {
  uri: string;
  total: number;
  steps: { line: number; instruction: string; rebuilds: Verdict; reason: string }[];
}

export async function explain(server: Server, dockerfile: Uri): Promise<Explanation | null | undefined> {
  return server.ask("layerwise/explain", { textDocument: await opened(dockerfile) });
}

export async function affectedBy(server: Server, file: Uri): Promise<Affected[] | undefined> {
  return server.ask("layerwise/affectedBy", { uri: file.toString() });
}

export async function layerMap(server: Server, dockerfile: Uri, changed: Uri[]): Promise<{ svg: string } | null | undefined> {
  return server.ask("layerwise/layerMap", {
    textDocument: await opened(dockerfile),
    changed: changed.map(String),
  });
}

/** The server knows of a document once it is open, in an editor or not; of one that is gone, it says nothing. */
async function opened(uri: Uri): Promise<{ uri: string }> {
  await Promise.resolve(workspace.openTextDocument(uri)).catch(() => undefined);
  return { uri: uri.toString() };
}

/** Whether an instruction is a step that the builder may keep. */
export function isStep(it: ExplainedStep): boolean {
  return it.inputs.length > 0 && it.kind !== "source";
}

export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
