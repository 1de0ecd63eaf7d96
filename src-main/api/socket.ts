/**
 * /rpc: the contract over one WebSocket, for the pages in a browser. Let in are browsers with a session whose page came from
 * this very port; the socket ends with its session.
 */
import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { RPCHandler } from "@orpc/server/ws";
import { type WebSocket, WebSocketServer } from "ws";
import { AppError, ERROR_CATALOGUE } from "../../src-core/model/error.ts";
import { errorBody, presentable } from "./call-errors.ts";
import { callRules } from "./call-rules.ts";
import type { ApiContext, Services } from "./context.ts";
import { checkFetchSite, checkHost, checkOrigin, type PortAddress } from "./guard.ts";
import type { PortLimits, RateGate } from "./limits.ts";
import { router } from "./router.ts";
import type { SignIn } from "./sign-in.ts";

/** A peer that does not answer one ping before the next is gone. */
const PING_EVERY_MS = 30_000;
/** Close code of our own (4000-4999): the page must sign in again. */
const SIGNED_OUT = 4401;

export interface Socket {
  /** Ends all connections. */
  close(): void;
}

/** Serves /rpc on `server`. */
export function serveSocket(
  server: Server,
  deps: {
    services: Services;
    signIn: SignIn;
    gate: RateGate;
    limits: PortLimits;
    address: PortAddress;
    served: ReadonlySet<string>;
  },
): Socket {
  const { services, signIn, gate, address } = deps;
  const handler = new RPCHandler<ApiContext>(router, callRules());
  const sockets = new WebSocketServer({ noServer: true, maxPayload: deps.limits.fileBytes, clientTracking: true });
  const sessionOf = new Map<WebSocket, string>();
  const answered = new WeakSet<WebSocket>();

  const check = (request: IncomingMessage): string => {
    checkHost(request.headers, deps.served);
    checkOrigin(request.headers, address.scheme, true);
    checkFetchSite(request.headers);
    if (request.url !== "/rpc") throw new AppError("request.not-found");
    const session = signIn.sessionOf(request);
    if (session === null) throw new AppError("auth.missing", "Sign in first.", { hint: "POST /auth/session." });
    return session.id;
  };

  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on("error", () => socket.destroy());
    let session: string;
    try {
      session = check(request);
    } catch (thrown) {
      refuse(socket, presentable(thrown, services.log, "GET /rpc"));
      return;
    }
    sockets.handleUpgrade(request, socket, head, (peer) => connect(peer, session));
  });

  const connect = (peer: WebSocket, session: string) => {
    sessionOf.set(peer, session);
    answered.add(peer);
    peer.on("pong", () => answered.add(peer));
    // An oversized or broken frame: ws closes the connection itself, with the fitting code.
    peer.on("error", () => {});
    peer.on("close", () => sessionOf.delete(peer));
    const context: ApiContext = {
      caller: { kind: "browser", id: session },
      services,
      async admit() {
        services.sessions.use(session);
        await gate.admit(session);
      },
    };
    void handler.upgrade(peer, { context });
  };

  services.sessions.onEnded((id) => {
    for (const [peer, session] of sessionOf) if (session === id) peer.close(SIGNED_OUT, "signed out");
  });
  const heartbeat = setInterval(() => {
    for (const [peer, session] of sessionOf) {
      if (!services.sessions.isLive(session)) peer.close(SIGNED_OUT, "signed out");
      else if (!answered.has(peer)) peer.terminate();
      else {
        answered.delete(peer);
        peer.ping();
      }
    }
  }, PING_EVERY_MS);
  heartbeat.unref();

  return {
    close() {
      clearInterval(heartbeat);
      for (const peer of sockets.clients) peer.close(1001, "the program ends");
      setTimeout(() => {
        for (const peer of sockets.clients) peer.terminate();
      }, 500).unref();
    },
  };
}

/** Answers an upgrade with a plain HTTP error. */
function refuse(socket: Duplex, error: AppError): void {
  const { status } = ERROR_CATALOGUE[error.code];
  const body = JSON.stringify(errorBody(error));
  socket.end(
    `HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Type: application/json; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
