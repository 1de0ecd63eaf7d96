/**
 * Signing a browser in. A one-time code comes in the fragment of the page's address (`/#code=…`, never sent to a server or kept in
 * its log) or is pasted; it buys an HttpOnly cookie, so that no script ever holds a lasting secret.
 */
import type { AppErrorData } from "../../src-core/model/error.ts";
import { isErrorData } from "./error-data.ts";

export type SessionState = "signed-in" | "signed-out" | "unreachable";

/** Whether the service knows this browser. */
export async function sessionState(): Promise<SessionState> {
  try {
    const answer = await fetch("/auth/session", { headers: { accept: "application/json" } });
    if (!answer.ok) return "unreachable";
    const body: unknown = await answer.json();
    const known = typeof body === "object" && body !== null && "signedIn" in body && body.signedIn === true;
    return known ? "signed-in" : "signed-out";
  } catch {
    return "unreachable";
  }
}

/** The one-time code of a fragment such as "#code=abc", else null. */
export function codeInFragment(fragment: string): string | null {
  if (!fragment.startsWith("#code=")) return null;
  const code = new URLSearchParams(fragment.slice(1)).get("code");
  return code === null || code === "" ? null : code;
}

/** What was pasted: a whole sign-in address, a bare code or an access token. Codes and tokens are told apart by the service. */
export function readPasted(text: string): string {
  const trimmed = text.trim();
  const hash = trimmed.indexOf("#code=");
  return hash < 0 ? trimmed : (codeInFragment(trimmed.slice(hash)) ?? "");
}

/** Takes the code out of the address bar, so that it stays neither there nor in the history. */
export function takeCode(): string | null {
  const code = codeInFragment(location.hash);
  if (code !== null) history.replaceState(null, "", `${location.pathname}${location.search}#/`);
  return code;
}

/** Trades a code or token for the session cookie. Null = signed in, else what went wrong. */
export async function signIn(credential: { code: string } | { token: string }): Promise<AppErrorData | null> {
  try {
    const answer = await fetch("/auth/session", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(credential),
    });
    if (answer.ok) return null;
    const body: unknown = await answer.json().catch(() => null);
    if (typeof body === "object" && body !== null && "data" in body && isErrorData(body.data)) return body.data;
    return { code: "auth.invalid", message: "The code or token was not accepted.", retryable: false };
  } catch {
    return {
      code: "service.unreachable",
      message: "The service does not answer.",
      hint: "Is it still running?",
      retryable: true,
    };
  }
}

/** Ends this browser's session. */
export async function signOut(): Promise<void> {
  await fetch("/auth/sign-out", { method: "POST" });
}
