/**
 * The local port: REST under /api/v1, its description under /api/openapi.json and /api/docs, sign-in under /auth, the socket of
 * the pages under /rpc, and the pages themselves. The order of checks is that of cost: Host, Origin, method, rate, token, body.
 */
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { SmartCoercionPlugin } from "@orpc/json-schema";
import { OpenAPIHandler } from "@orpc/openapi/node";
import { AppError } from "../../src-core/model/error.ts";
import type { StaticFiles } from "../files/static-files.ts";
import { presentable } from "./call-errors.ts";
import { callRules } from "./call-rules.ts";
import type { ApiContext, Services } from "./context.ts";
import { serveDocs } from "./docs-page.ts";
import {
  bearerToken,
  checkContentType,
  checkFetchSite,
  checkHost,
  checkOrigin,
  isLoopback,
  type PortAddress,
  portUrl,
  servedHosts,
} from "./guard.ts";
import { readJsonBody } from "./json-body.ts";
import { bodyLimit, createRateGate, PORT_LIMITS, type PortLimits } from "./limits.ts";
import { listen } from "./listen.ts";
import { openApiDocument, schemaConverters } from "./openapi.ts";
import { servePage } from "./pages.ts";
import { sendError, sendJson, setSecurityHeaders } from "./respond.ts";
import { router } from "./router.ts";
import { createSignIn } from "./sign-in.ts";
import { serveSocket } from "./socket.ts";

export interface PortOptions {
  readonly services: Services;
  readonly pages: StaticFiles | null;
  readonly swagger: StaticFiles | null;
  readonly version: string;
  /** Left out: 127.0.0.1. Any other than a loopback address needs `tls`. */
  readonly host?: string | undefined;
  /** Left out: 8080 or the next free one. */
  readonly port?: number | undefined;
  /** PEM texts. */
  readonly tls?: { readonly cert: string; readonly key: string } | undefined;
  readonly limits?: Partial<PortLimits> | undefined;
}

export interface LocalPort {
  /** Address for people and service.json, e.g. "http://127.0.0.1:8080". */
  readonly url: string;
  /** Ends streams and sockets, lets answers in hand finish, closes the port. */
  close(): Promise<void>;
}

const READING = new Set(["GET", "HEAD"]);
/** Time that answers in hand have to finish when the program ends. */
const CLOSE_MS = 1_500;

/** Opens the port. @throws AppError usage.invalid for an open address without TLS, service.port-taken, service.address */
export async function openPort(options: PortOptions): Promise<LocalPort> {
  const { services } = options;
  const limits: PortLimits = { ...PORT_LIMITS, ...options.limits };
  const host = options.host ?? "127.0.0.1";
  if (!isLoopback(host) && options.tls === undefined) {
    throw new AppError(
      "usage.invalid",
      `The address ${host} can be reached from outside: give a TLS certificate and key.`,
    );
  }
  const gate = createRateGate(limits);
  const streams = new Map<ServerResponse, string>();

  const timeouts = {
    headersTimeout: limits.headersMs,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: 5_000,
    // How often the two above are looked at.
    connectionsCheckingInterval: Math.min(1_000, limits.headersMs),
    maxHeaderSize: 16 * 1024,
  };
  let respond: RequestListener = (_request, response) => response.destroy();
  const answer: RequestListener = (request, response) => respond(request, response);
  const server = options.tls
    ? createTlsServer({ ...timeouts, cert: options.tls.cert, key: options.tls.key, minVersion: "TLSv1.2" }, answer)
    : createServer(timeouts, answer);
  server.maxConnections = limits.connections;
  server.maxHeadersCount = 100;

  const scheme = options.tls ? "https" : "http";
  const port = await listen(server, host, options.port);
  const address: PortAddress = { scheme, host, port };
  const served = servedHosts(address);
  const url = portUrl(address);

  const rest = new OpenAPIHandler<ApiContext>(router, {
    ...callRules(),
    plugins: [new SmartCoercionPlugin({ schemaConverters })],
    eventIteratorKeepAliveInterval: 10_000,
    eventIteratorKeepAliveComment: "still here",
  });
  const signIn = createSignIn({ sessions: services.sessions, log: services.log, gate, address });
  const socket = serveSocket(server, { services, signIn, gate, limits, address, served });
  let document: ReturnType<typeof openApiDocument> | null = null;

  async function route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    checkHost(request.headers, served);
    checkOrigin(request.headers, scheme, false);
    // Absolute-form targets are for proxies; everything below starts at our root.
    const target = request.url ?? "";
    if (!target.startsWith("/") || target.startsWith("//"))
      throw new AppError("request.invalid", "Bad request target.");
    const [path, query] = split(target);
    if (path.startsWith("/api/v1/") || path === "/api/v1") {
      await call(request, response, query);
      return;
    }
    // Counted apart from the many who are nobody: they must not keep a signed-in browser from its pages.
    await gate.admit(signIn.sessionOf(request)?.id ?? `anonymous ${request.socket.remoteAddress ?? ""}`);
    if (path.startsWith("/auth/")) {
      checkFetchSite(request.headers);
      // What changes a session must come from a page of ours, which always says where it is from.
      if (request.method === "POST") checkOrigin(request.headers, scheme, true);
      await signIn.handle(path, request, response);
      return;
    }
    if (!READING.has(request.method ?? "")) throw new AppError("request.not-found", "Only GET is possible here.");
    if (path === "/api/openapi.json") {
      document ??= openApiDocument(url, options.version);
      sendJson(response, 200, await document);
    } else if (path === "/api/docs" || path.startsWith("/api/docs/")) {
      serveDocs(options.swagger, path.slice("/api/docs".length), request, response);
    } else if (path === "/rpc" || path === "/api" || path.startsWith("/api/")) {
      throw new AppError("request.not-found");
    } else {
      servePage(options.pages, path, request, response);
    }
  }

  /** A REST call: bearer token only; a cookie is no proof here, so no page of another site can make the browser call. */
  async function call(request: IncomingMessage, response: ServerResponse, query: string): Promise<void> {
    checkFetchSite(request.headers);
    const token = services.tokens.verify(bearerToken(request.headers));
    if (token === null) {
      const remote = request.socket.remoteAddress ?? "";
      // Once there were too many, the rest is not logged either: whoever has no token must not fill the disk.
      await gate.failed(`token ${remote}`);
      services.log.warn("audit", {
        call: `${request.method} ${split(request.url ?? "")[0].slice(0, 200)}`,
        outcome: "auth.invalid",
        remote,
      });
      throw new AppError("auth.invalid");
    }
    await gate.admit(token.id);
    if (!READING.has(request.method ?? "")) {
      checkContentType(request.headers);
      // The handler takes an already parsed body from here instead of reading the request itself.
      const most = bodyLimit(limits, split(request.url ?? "")[0]);
      Object.assign(request, { body: (await readJsonBody(request, most)) ?? {} });
    }
    streams.set(response, token.id);
    response.once("close", () => streams.delete(response));
    const context: ApiContext = {
      caller: { kind: "token", id: token.id },
      services,
      admit: async () => {},
      after: new URLSearchParams(query).get("after") ?? undefined,
    };
    const { matched } = await rest.handle(request, response, { prefix: "/api/v1", context });
    if (!matched) throw new AppError("request.not-found", "There is no such call.");
  }

  respond = (request, response) => {
    setSecurityHeaders(response);
    route(request, response).catch((thrown: unknown) => {
      const where = `${request.method} ${split(request.url ?? "")[0]}`;
      sendError(response, presentable(thrown, services.log, where));
    });
  };
  // Begun and not ended: an event stream. Plain answers go out in one piece.
  const endStreams = (of: (token: string) => boolean) => {
    for (const [response, token] of streams) {
      if (of(token) && response.headersSent && !response.writableEnded) response.destroy();
    }
  };
  services.tokens.onRevoked((id) => endStreams((token) => token === id));

  return {
    url,
    async close() {
      socket.close();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      endStreams(() => true);
      server.closeIdleConnections();
      const force = setTimeout(() => server.closeAllConnections(), CLOSE_MS);
      await closed;
      clearTimeout(force);
    },
  };
}

/** Path and query of a request target. */
function split(target: string): [path: string, query: string] {
  const at = target.indexOf("?");
  return at < 0 ? [target, ""] : [target.slice(0, at), target.slice(at + 1)];
}
