/**
 * The ONE place that knows how the pages reach the program: in the desktop window a MessagePort handed to the preload, in a
 * browser one WebSocket to /rpc with the session cookie. Everything above sees a {@link Connection}.
 */
import { RPCLink as PortLink } from "@orpc/client/message-port";
import { RPCLink as SocketLink } from "@orpc/client/websocket";
import { type Connect, type Connection, SignInNeeded } from "./reconnecting-link.ts";
import { sessionState } from "./session.ts";

declare global {
  interface Window {
    /** Set by the preload of the desktop window; absent in a browser. */
    readonly desktop?: unknown;
  }
}

/** True in the desktop window. */
export const inWindow = window.desktop !== undefined;

async function connectPort(): Promise<Connection> {
  const { port1, port2 } = new MessageChannel();
  const closed = Promise.withResolvers<void>();
  port1.addEventListener("close", () => closed.resolve());
  const link = new PortLink({ port: port1 });
  window.postMessage("rpc:connect", "*", [port2]);
  port1.start();
  return {
    link,
    closed: closed.promise,
    close: () => {
      port1.close();
      closed.resolve();
    },
  };
}

async function connectSocket(): Promise<Connection> {
  // A refused upgrade does not say why, and the browser complains about it: ask over HTTP first whether we are known.
  const known = await sessionState();
  if (known === "signed-out") throw new SignInNeeded("not signed in");
  if (known === "unreachable") throw new Error("the service does not answer");
  const address = new URL("/rpc", location.href);
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  const socket = new WebSocket(address);
  const opened = Promise.withResolvers<boolean>();
  const closed = Promise.withResolvers<void>();
  const link = new SocketLink({ websocket: socket });
  socket.addEventListener("open", () => opened.resolve(true));
  socket.addEventListener("close", () => {
    opened.resolve(false);
    closed.resolve();
  });
  if (!(await opened.promise)) throw new Error("the service does not answer");
  return { link, closed: closed.promise, close: () => socket.close() };
}

/** Opens the transport of the place we run in. */
export const connect: Connect = inWindow ? connectPort : connectSocket;
