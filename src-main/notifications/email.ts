/**
 * Sends a notice as a mail. TLS is what the channel says and nothing less: `tls` from the first byte, `starttls` or not at all, `none` on
 * this computer only. The socket is our own, so that a server which never comes to an end is left at the deadline.
 */
import { connect, type Socket } from "node:net";
import { hostname } from "node:os";
import nodemailer from "nodemailer";
import type { EmailTarget } from "../../src-core/model/notification.ts";
import { type Parcel, sendingFailed } from "./parcel.ts";
import { trustedRoots } from "./roots.ts";

const STEP_MS = 15_000;
const DEADLINE_MS = 60_000;

/**
 * @param password null: none
 * @returns what is to be said though it was sent (some addresses were refused); null: nothing
 * @throws AppError notice.failed
 */
export async function sendEmail(
  target: EmailTarget,
  password: string | null,
  parcel: Parcel,
  signal: AbortSignal,
): Promise<string | null> {
  const { host, port, security, username, from, to } = target;
  const where = `${host}:${port}`;
  const patience = AbortSignal.timeout(DEADLINE_MS);
  const ended = AbortSignal.any([signal, patience]);
  let socket: Socket | null = null;
  const transport = nodemailer.createTransport({
    host,
    port,
    secure: security === "tls",
    requireTLS: security === "starttls",
    ignoreTLS: security === "none",
    ...(username === null ? {} : { auth: { user: username, pass: password ?? "" } }),
    tls: { ca: trustedRoots(), minVersion: "TLSv1.2" },
    greetingTimeout: STEP_MS,
    socketTimeout: STEP_MS,
    // Files and addresses inside a message are nobody's to read.
    disableFileAccess: true,
    disableUrlAccess: true,
    logger: false,
    getSocket(_options, callback) {
      const opened = connect({ host, port, timeout: STEP_MS });
      socket = opened;
      const failed = (error: Error) => callback(error, undefined);
      const late = () => opened.destroy(new Error(`no connection within ${STEP_MS / 1000} seconds`));
      opened.once("error", failed);
      opened.once("timeout", late);
      opened.once("connect", () => {
        opened.off("error", failed);
        opened.off("timeout", late);
        opened.setTimeout(0);
        callback(null, { connection: opened });
      });
    },
  });
  const leave = () => socket?.destroy(new Error(`not done within ${DEADLINE_MS / 1000} seconds`));
  ended.addEventListener("abort", leave, { once: true });
  try {
    const domain = /@([^\s>]+)>?$/.exec(from)?.[1] ?? "localhost";
    const sent = await transport.sendMail({
      from,
      to,
      subject: parcel.message.title,
      text: `${parcel.message.body}\n\n-- \nHyperSDK Desktop on ${hostname()}\n`,
      messageId: `<${parcel.id}@${domain}>`,
      date: new Date(parcel.at),
      headers: { "Auto-Submitted": "auto-generated" },
    });
    return sent.rejected.length === 0 ? null : `Sent, but ${where} refused it for ${sent.rejected.join(", ")}.`;
  } catch (thrown) {
    throw sendingFailed(where, wordsOf(thrown, target), password);
  } finally {
    ended.removeEventListener("abort", leave);
    (socket as Socket | null)?.destroy();
    transport.close();
  }
}

/** nodemailer's own words say what the server answered; the code says at which step that was. */
function wordsOf(thrown: unknown, { security }: EmailTarget): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const code = "code" in thrown ? String(thrown.code) : "";
  const first = thrown instanceof AggregateError && thrown.errors[0] instanceof Error ? thrown.errors[0].message : "";
  const said = thrown.message || first || code;
  if (code === "EAUTH") return `the server refused the user name or the password (${said})`;
  if (code === "ETLS" && security === "starttls") return `the server does not offer STARTTLS as it should (${said})`;
  if (code === "ETIMEDOUT") {
    const hint = security === "tls" ? "" : "; if it expects TLS from the first byte, choose TLS";
    return `the server said nothing for ${STEP_MS / 1000} seconds${hint} (${said})`;
  }
  return said;
}
