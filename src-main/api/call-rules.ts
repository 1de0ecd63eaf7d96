/** What holds for every call over every transport: the rate limit, errors as the catalogue has them, the audit line. */
import type { StandardHandlerOptions } from "@orpc/server/standard";
import { callError, isCallError, presentable } from "./call-errors.ts";
import type { ApiContext } from "./context.ts";

/** Fields of an input that an audit line names. Everything else, above all secrets, stays out. */
const AUDITED = [
  "id",
  "path",
  "sourcePath",
  "aPath",
  "bPath",
  "label",
  "kind",
  "name",
  "machineId",
  "snapshotId",
  "leftoverId",
  "action",
] as const;

/** Options for all three handlers. */
export function callRules(): Pick<StandardHandlerOptions<ApiContext>, "interceptors" | "clientInterceptors"> {
  return {
    // Around decoding as well: what cannot be read at all.
    interceptors: [
      async (options) => {
        try {
          return await options.next();
        } catch (thrown) {
          if (isCallError(thrown)) throw thrown;
          const { pathname } = options.request.url;
          throw callError(presentable(thrown, options.context.services.log, pathname), true);
        }
      },
    ],
    // Around each call; what is thrown here is checked against the call's declared errors and marked as one of them.
    clientInterceptors: [
      async (options) => {
        const { services, caller, admit } = options.context;
        const call = options.path.join(".");
        const changes = options.procedure["~orpc"].route.method !== "GET";
        const audit = (outcome: string) => {
          if (changes) services.log.info("audit", { call, caller, outcome, ...audited(options.input) });
        };
        try {
          await admit();
          const output = await options.next();
          audit("done");
          return output;
        } catch (thrown) {
          const error = presentable(thrown, services.log, call);
          audit(error.code);
          throw callError(error);
        }
      },
    ],
  };
}

function audited(input: unknown): Record<string, string> {
  if (typeof input !== "object" || input === null) return {};
  const nested = "request" in input ? audited(input.request) : {};
  const own = AUDITED.flatMap((name) => {
    const value = name in input ? (input as Record<string, unknown>)[name] : undefined;
    return typeof value === "string" ? [[name, value.slice(0, 4096)]] : [];
  });
  const targets = "targets" in input && Array.isArray(input.targets) ? input.targets : [];
  const made = targets.map((target) => audited(target).path).filter((path) => path !== undefined);
  return { ...nested, ...Object.fromEntries(own), ...(made.length === 0 ? {} : { targetPaths: made.join(", ") }) };
}
