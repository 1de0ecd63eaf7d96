/** All providers. A new one is a folder here and one line below. */
import type { SourceKind } from "../../src-core/model/source.ts";
import type { Provider } from "./provider.ts";

/** In the order menus show them. */
export const PROVIDERS: readonly Provider[] = [];

/** The provider of a kind, or null where this program has none. */
export function providerOf(kind: SourceKind): Provider | null {
  return PROVIDERS.find((provider) => provider.kind === kind) ?? null;
}
