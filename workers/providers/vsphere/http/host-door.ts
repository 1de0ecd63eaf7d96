/** One server that is spoken to over HTTPS: its connections, kept open, and what their failures mean. */
import type { Readable } from "node:stream";
import { Pool } from "undici";
import { AppError, type ErrorCode } from "../../../../src-core/model/error.ts";
import { BodyConnections } from "./body-connections.ts";
import { type Expected, trustingConnector } from "./trust.ts";

const CANNOT_CONNECT: Readonly<Record<string, string>> = {
  ENOTFOUND: "its name is not known: check the address and the DNS",
  EAI_AGAIN: "its name cannot be looked up at present: check the DNS",
  ECONNREFUSED: "it refuses connections on that port",
  EHOSTUNREACH: "there is no way to it from here",
  ENETUNREACH: "there is no way to it from here",
  ETIMEDOUT: "it does not answer",
  UND_ERR_CONNECT_TIMEOUT: "it does not answer",
};

const BROKE: Readonly<Record<string, string>> = {
  ECONNRESET: "the connection was cut",
  EPIPE: "the connection was cut",
  UND_ERR_SOCKET: "the connection was cut",
  UND_ERR_HEADERS_TIMEOUT: "no answer came in time",
  UND_ERR_BODY_TIMEOUT: "the answer stopped half-way",
  UND_ERR_CLOSED: "the connection was closed",
  UND_ERR_DESTROYED: "the connection was closed",
  UND_ERR_ABORTED: "the connection was closed",
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: "the answer is shorter than it says",
};

export class HostDoor {
  /** `https://host[:port]`. */
  readonly origin: string;
  readonly dispatcher: Pool;
  /** For pieces of files. */
  readonly bodies: BodyConnections;
  /** Whom it must prove to be. */
  readonly expected: Expected;

  /** @param connections most at once */
  constructor(origin: string, expected: Expected, connections: number) {
    this.origin = origin;
    this.expected = expected;
    this.bodies = new BodyConnections(origin, expected);
    this.dispatcher = new Pool(origin, {
      connect: trustingConnector(expected),
      connections,
      pipelining: 1,
      allowH2: false,
    });
  }

  /** Whether the connection broke, in contrast to one that could not be made. */
  isBreak(error: unknown): boolean {
    return codeOf(error) in BROKE;
  }

  /** What a failed request means. @param signal the one the request was made with */
  translate(error: unknown, signal: AbortSignal): AppError {
    if (signal.aborted) return new AppError("job.canceled");
    if (error instanceof AppError) return error;
    const cause = error instanceof Error && error.cause instanceof AppError ? error.cause : null;
    if (cause !== null) return cause;
    const code = codeOf(error);
    const make = (kind: ErrorCode, why: string) =>
      new AppError(kind, `${this.origin}: ${why}`, { cause: error, details: { address: this.origin, cause: code } });
    const cannot = CANNOT_CONNECT[code];
    if (cannot !== undefined) return make("source.unreachable", cannot);
    const broke = BROKE[code];
    if (broke !== undefined) return make("source.lost", broke);
    if (/^(EPROTO|ERR_SSL_|ERR_TLS_)/.test(code))
      return make("source.unreachable", "what answers there does not speak TLS as it should");
    if (code.startsWith("HPE_")) return make("source.protocol", "what answers there does not speak HTTP as it should");
    return make("source.lost", error instanceof Error ? error.message : String(error));
  }

  /** Gives up a body; that this is an error to whoever reads it is of no interest then. */
  drop(body: Readable): void {
    body.on("error", () => {}).destroy();
  }

  /** Connections are cut; what is under way fails. */
  async close(): Promise<void> {
    this.bodies.close();
    await this.dispatcher.destroy();
  }
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return "";
  return "code" in error && typeof error.code === "string" ? error.code : "";
}
