/** One call for many that come in quick succession. */

import type { Disposable } from "vscode";

export class Delay implements Disposable {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly milliseconds: number,
    private readonly call: () => unknown,
  ) {}

  readonly soon = (): void => {
    clearTimeout(this.timer);
    this.timer = setTimeout(this.call, this.milliseconds);
  };

  dispose(): void {
    clearTimeout(this.timer);
  }
}
