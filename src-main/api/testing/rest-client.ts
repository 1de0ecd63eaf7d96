/** A client of the contract over REST, made from the contract's own routes and nothing else: what an outside script would do. */
import { type ClientOptions, createORPCClient, ORPCError } from "@orpc/client";
import type { ContractRouterClient } from "@orpc/contract";
import { type Contract, contract } from "../../../src-core/contract/contract.ts";
import { readEvents } from "./read-events.ts";

interface Route {
  readonly method: string;
  readonly path: string;
}

/** Method and path of a call, from the contract. */
export function routeOf(path: readonly string[]): Route {
  let node: unknown = contract;
  for (const part of path) node = (node as Record<string, unknown>)[part];
  const { route } = (node as { "~orpc": { route: Partial<Route> } })["~orpc"];
  return { method: route.method ?? "POST", path: route.path ?? "" };
}

/** Paths of all calls of the contract, as "area.call". */
export function allCalls(): string[] {
  return Object.entries(contract).flatMap(([area, calls]) => Object.keys(calls).map((call) => `${area}.${call}`));
}

export function restClient(url: string, token: () => string): ContractRouterClient<Contract> {
  const link = {
    async call(path: readonly string[], input: unknown, options: ClientOptions<Record<never, never>>) {
      const route = routeOf(path);
      const rest = { ...(input as Record<string, unknown> | undefined) };
      const address = new URL(
        `${url}/api/v1${route.path.replace(/\{(\w+)\}/g, (_all, name: string) => {
          const value = String(rest[name]);
          delete rest[name];
          return encodeURIComponent(value);
        })}`,
      );
      const headers = new Headers({ authorization: `Bearer ${token()}` });
      if (options.lastEventId !== undefined) headers.set("last-event-id", options.lastEventId);
      const reads = route.method === "GET";
      if (reads) for (const [name, value] of Object.entries(rest)) address.searchParams.set(name, String(value));
      else if (Object.keys(rest).length > 0) headers.set("content-type", "application/json");
      const response = await fetch(address, {
        method: route.method,
        headers,
        ...(headers.has("content-type") ? { body: JSON.stringify(rest) } : {}),
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      });
      if (response.ok && response.headers.get("content-type")?.startsWith("text/event-stream")) {
        return readEvents(response);
      }
      const body = await response.json();
      if (response.ok) return body;
      throw new ORPCError(body.code, body);
    },
  };
  return createORPCClient(link);
}
