/**
 * Who may talk to the port at all, before anything is parsed: the Host must be ours (DNS rebinding), the Origin must be ours or
 * absent (CSRF, hostile pages), the token must be right. No CORS header is ever sent, so pages of other sites can read nothing.
 */
import type { IncomingHttpHeaders } from "node:http";
import { hostname, networkInterfaces } from "node:os";
import { AppError } from "../../src-core/model/error.ts";

/** Where the port listens, as seen by its callers. */
export interface PortAddress {
  readonly scheme: "http" | "https";
  /** The address it is bound to: "127.0.0.1" unless configured. */
  readonly host: string;
  readonly port: number;
}

/** Values of the Host header this port serves. */
export function servedHosts(address: PortAddress): ReadonlySet<string> {
  const names = ["127.0.0.1", "localhost", "[::1]"];
  if (!isLoopback(address.host)) {
    names.push(bracketed(address.host));
    // Bound to all addresses: an IP literal of this computer or its own name cannot be made up by a rebinding attacker.
    if (isEveryAddress(address.host)) {
      names.push(hostname().toLowerCase());
      for (const { address: own } of Object.values(networkInterfaces()).flatMap((list) => list ?? [])) {
        names.push(bracketed(own));
      }
    }
  }
  const standard = address.port === (address.scheme === "https" ? 443 : 80);
  return new Set(names.flatMap((name) => [`${name}:${address.port}`, ...(standard ? [name] : [])]));
}

export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}

/** Bound to all addresses of the computer. */
function isEveryAddress(host: string): boolean {
  return host === "0.0.0.0" || host === "::";
}

/** The port's address for people: the computer's name where it listens on all addresses. */
export function portUrl({ scheme, host, port }: PortAddress): string {
  return `${scheme}://${isEveryAddress(host) ? hostname().toLowerCase() : bracketed(host)}:${port}`;
}

function bracketed(host: string): string {
  return host.includes(":") ? `[${host.toLowerCase()}]` : host.toLowerCase();
}

/** @throws AppError request.host where the Host header is missing or names another server */
export function checkHost(headers: IncomingHttpHeaders, served: ReadonlySet<string>): void {
  if (headers.host === undefined || !served.has(headers.host.toLowerCase())) throw new AppError("request.host");
}

/**
 * Refuses what a page of another site sent. "null" (sandboxed frames, files) is another site.
 * @param required true where only a browser calls (WebSocket, sign-in): then the header must be there
 * @throws AppError request.origin
 */
export function checkOrigin(headers: IncomingHttpHeaders, scheme: PortAddress["scheme"], required: boolean): void {
  const { origin, host } = headers;
  // The page's origin is exactly where it calls: "localhost" and "127.0.0.1" are two, as they are for the browser's cookies.
  if (origin === undefined ? required : origin.toLowerCase() !== `${scheme}://${host?.toLowerCase()}`) {
    throw new AppError("request.origin");
  }
}

/** Refuses what the browser itself says another site caused (images, scripts and forms send no Origin on GET). */
export function checkFetchSite(headers: IncomingHttpHeaders): void {
  const site = headers["sec-fetch-site"];
  if (site === "cross-site" || site === "same-site") throw new AppError("request.origin");
}

/** The bearer token of a request. @throws AppError auth.missing, auth.invalid where the header is something else */
export function bearerToken(headers: IncomingHttpHeaders): string {
  const { authorization } = headers;
  if (authorization === undefined) throw new AppError("auth.missing");
  const token = /^Bearer +([\w-]{16,128})$/i.exec(authorization)?.[1];
  if (token === undefined) throw new AppError("auth.invalid");
  return token;
}

/** Bodies are JSON or nothing: an HTML form or a "simple" cross-site request cannot send this type. @throws request.invalid */
export function checkContentType(headers: IncomingHttpHeaders): void {
  const type = headers["content-type"]?.split(";")[0]?.trim().toLowerCase();
  const empty = headers["transfer-encoding"] === undefined && Number(headers["content-length"] ?? 0) === 0;
  if (type === "application/json" || (empty && type === undefined)) return;
  throw new AppError("request.invalid", "The body must be JSON, sent as Content-Type: application/json.");
}

/** The value of one cookie, or null. */
export function cookieValue(headers: IncomingHttpHeaders, name: string): string | null {
  for (const pair of headers.cookie?.split(";") ?? []) {
    const at = pair.indexOf("=");
    if (at > 0 && pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim();
  }
  return null;
}
