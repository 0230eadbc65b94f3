/** What the server is told of the settings. */

import { type ConfigurationScope, workspace } from "vscode";

import { contributes } from "../package.json";

/** Those that are for the extension only. */
const OWN = new Set(["interpreter"]);

/**
 * Returns what somebody has set, without the defaults: a default of the editor must not win over a `layerwise.toml`.
 */
export function settingsFor(scope: ConfigurationScope | undefined): Record<string, unknown> {
  const all = workspace.getConfiguration("layerwise", scope);
  const found: Record<string, unknown> = {};
  for (const name of Object.keys(contributes.configuration.properties)) {
    const key = name.slice("layerwise.".length);
    const places = Object.entries(all.inspect(key) ?? {});
    if (!OWN.has(key) && places.some(([place, value]) => /^(global|workspace)/.test(place) && value !== undefined)) {
      found[key] = all.get(key);
    }
  }
  return found;
}
