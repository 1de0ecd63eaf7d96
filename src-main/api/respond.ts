/** Answers: headers every one of them carries, JSON, and errors in the catalogue's words. */
import type { ServerResponse } from "node:http";
import { type AppError, ERROR_CATALOGUE } from "../../src-core/model/error.ts";
import { errorBody } from "./call-errors.ts";

/** For what is no page: nothing in it may run, load or be framed. */
const BARE_POLICY = "default-src 'none'; frame-ancestors 'none'";

/**
 * Pages run only scripts of their own build. Styles may be inline: the component library and charts measure in the browser and
 * put style elements into the page; without scripts or remote addresses those can do no harm.
 */
export const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "font-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** Headers of every answer; pages replace the policy with PAGE_POLICY. */
export function setSecurityHeaders(response: ServerResponse): void {
  response.setHeader("Content-Security-Policy", BARE_POLICY);
  response.setHeader("X-Content-Type-Options", "nosniff");
  response.setHeader("X-Frame-Options", "DENY");
  response.setHeader("Referrer-Policy", "no-referrer");
  response.setHeader("Cross-Origin-Opener-Policy", "same-origin");
  response.setHeader("Cross-Origin-Resource-Policy", "same-origin");
  response.setHeader("Permissions-Policy", "camera=(), microphone=(), geolocation=(), usb=(), payment=()");
  response.setHeader("Cache-Control", "no-store");
}

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    "Content-Type": "application/json; charset=utf-8",
    "Content-Length": Buffer.byteLength(text),
  });
  response.end(text);
}

export function sendError(response: ServerResponse, error: AppError): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  if (error.code === "auth.missing" || error.code === "auth.invalid") {
    response.setHeader("WWW-Authenticate", 'Bearer realm="HyperSDK"');
  }
  const wait = error.details?.retryAfterMs;
  if (typeof wait === "number") response.setHeader("Retry-After", Math.max(1, Math.ceil(wait / 1000)));
  // What is left of the request is not read: this connection cannot be used again.
  if (error.code === "request.too-large" || !response.req.complete) response.setHeader("Connection", "close");
  sendJson(response, ERROR_CATALOGUE[error.code].status, errorBody(error));
}
