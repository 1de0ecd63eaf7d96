/**
 * /auth: how a browser gets and loses its session. The page posts the one-time code of its address (or an access token) and
 * gets an HttpOnly, SameSite=Strict cookie whose name holds the port, because browsers share cookies between ports of one host.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { z } from "zod";
import { AppError } from "../../src-core/model/error.ts";
import type { StoredSession } from "../db/sessions.ts";
import type { Log } from "../log/log.ts";
import { SESSION_LIFE_MS, type SessionsService } from "../services/sessions.ts";
import { checkContentType, cookieValue, type PortAddress } from "./guard.ts";
import { readJsonBody } from "./json-body.ts";
import type { RateGate } from "./limits.ts";
import { sendJson } from "./respond.ts";

const Proof = z.union([
  z.strictObject({ code: z.string().min(1).max(200) }),
  z.strictObject({ token: z.string().min(1).max(200) }),
]);

/** Anybody may send these before anything is known of them: no more is read than a proof can have. */
const PROOF_BYTES = 4096;

export interface SignIn {
  /** Answers the paths below /auth. The caller has checked Host and Origin. @throws AppError */
  handle(urlPath: string, request: IncomingMessage, response: ServerResponse): Promise<void>;
  /** The session whose cookie a request carries, or null. */
  sessionOf(request: IncomingMessage): StoredSession | null;
}

export function createSignIn(deps: {
  sessions: SessionsService;
  gate: RateGate;
  log: Log;
  address: PortAddress;
}): SignIn {
  const { sessions, gate, log, address } = deps;
  const cookieName = `hypersdk-session-${address.port}`;
  const setCookie = (response: ServerResponse, value: string, maxAgeMs: number) => {
    const secure = address.scheme === "https" ? "; Secure" : "";
    const maxAge = Math.floor(maxAgeMs / 1000);
    response.setHeader(
      "Set-Cookie",
      `${cookieName}=${value}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${maxAge}${secure}`,
    );
  };
  const sessionOf = (request: IncomingMessage) => {
    const cookie = cookieValue(request.headers, cookieName);
    return cookie === null ? null : sessions.verify(cookie);
  };

  async function signIn(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const remote = request.socket.remoteAddress ?? "";
    checkContentType(request.headers);
    const proof = Proof.safeParse(await readJsonBody(request, PROOF_BYTES));
    if (!proof.success) throw new AppError("request.invalid", 'Send {"code": "…"} or {"token": "…"}.');
    const made =
      "code" in proof.data ? sessions.signInWithCode(proof.data.code) : sessions.signInWithToken(proof.data.token);
    if (made === null) {
      await gate.failed(`sign-in ${remote}`);
      log.warn("audit", { call: "sign-in", outcome: "auth.invalid", remote });
      throw new AppError("auth.invalid", "The code or token is not valid, was used already, or has expired.");
    }
    log.info("audit", { call: "sign-in", outcome: "done", session: made.session.id, remote });
    setCookie(response, made.cookie, SESSION_LIFE_MS);
    sendJson(response, 200, { signedIn: true, expiresAt: made.session.expiresAt });
  }

  return {
    sessionOf,
    async handle(urlPath, request, response) {
      const call = `${request.method} ${urlPath}`;
      if (call === "POST /auth/session") await signIn(request, response);
      else if (call === "GET /auth/session") {
        const session = sessionOf(request);
        sendJson(response, 200, { signedIn: session !== null, expiresAt: session?.expiresAt ?? null });
      } else if (call === "POST /auth/sign-out") {
        const session = sessionOf(request);
        if (session !== null) {
          sessions.signOut(session.id);
          log.info("audit", { call: "sign-out", outcome: "done", session: session.id });
        }
        setCookie(response, "", 0);
        sendJson(response, 200, { signedIn: false, expiresAt: null });
      } else throw new AppError("request.not-found", `There is no ${call}.`);
    },
  };
}
