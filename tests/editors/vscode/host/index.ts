/** Runs the tests inside the extension host of VS Code, which calls `run`. */

import { format } from "node:util";

import Mocha from "mocha";

export async function run(): Promise<void> {
  const mocha = new Mocha({ ui: "tdd", timeout: 60_000, reporter: "spec", color: false });
  // VS Code passes on what is logged, in parts; the mark tells it from what VS Code logs itself.
  Object.assign(Mocha.reporters.Base, { consoleLog: (...parts: unknown[]) => console.log(`mocha: ${format(...parts)}`) });
  mocha.suite.emit("pre-require", globalThis, "", mocha);
  require("./extension.test");
  const failures = await new Promise<number>((resolve) => mocha.run(resolve));
  if (failures > 0) {
    throw new Error(`${failures} failed`);
  }
}
