/** The contract over a MessagePort, for the window of this program. The port itself is the proof of who calls. */
import { RPCHandler } from "@orpc/server/message-port";
import { callRules } from "./call-rules.ts";
import type { ApiContext, Services } from "./context.ts";
import { router } from "./router.ts";

type ServedPort = Parameters<RPCHandler<ApiContext>["upgrade"]>[0];
/** A port as Electron's main process or Node has it. */
export type MessagePortLike = ServedPort & { start?(): void; close?(): void };

/** Serves the contract on the port until it closes. @returns what closes it */
export function servePort(port: MessagePortLike, services: Services): () => void {
  const handler = new RPCHandler<ApiContext>(router, callRules());
  const context: ApiContext = { caller: { kind: "window", id: "window" }, services, admit: async () => {} };
  handler.upgrade(port, { context });
  port.start?.();
  return () => port.close?.();
}
