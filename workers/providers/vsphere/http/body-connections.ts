/** GETs whose bodies go straight into memory that is there already, over connections that are kept open for the next ones. */
import { TLSSocket } from "node:tls";
import { AppError } from "../../../../src-core/model/error.ts";
import { type Answer, BodyConnection, type StreamedAnswer } from "./body-connection.ts";
import { type Expected, trustingConnector } from "./trust.ts";

export class BodyConnections {
  readonly #url: URL;
  readonly #expected: Expected;
  readonly #all = new Set<BodyConnection>();
  #closed = false;

  constructor(origin: string, expected: Expected) {
    this.#url = new URL(origin);
    this.#expected = expected;
  }

  /**
   * The body of a 206 is put into `into`; bodies of other answers are not looked at. More bytes than there is room for are never taken.
   * @throws what connecting or the connection fails with; AppError source.protocol, source.certificate; job.canceled
   */
  async get(path: string, headers: Record<string, string>, into: Uint8Array, signal: AbortSignal): Promise<Answer> {
    const head = requestHead(path, { host: this.#url.host, accept: "*/*", ...headers });
    for (;;) {
      if (signal.aborted) throw new AppError("job.canceled");
      const kept = this.#free();
      const connection = kept ?? (await this.#connect(signal));
      try {
        return await connection.get(head, into, signal);
      } catch (error) {
        // A server closes what it thinks was idle for too long, whatever is on its way: that says nothing about the request.
        if (kept === null || !isReset(error)) throw error;
      }
    }
  }

  /**
   * The body of a 200 as it comes, on a connection of its own.
   * @returns the answer, and what cuts the connection
   * @throws as `get`
   */
  async stream(
    path: string,
    headers: Record<string, string>,
    signal: AbortSignal,
  ): Promise<{ readonly answer: StreamedAnswer; close(): void }> {
    const connection = await this.#connect(signal);
    const close = () => connection.close();
    try {
      const head = requestHead(path, { host: this.#url.host, accept: "*/*", ...headers });
      return { answer: await connection.stream(head, signal), close };
    } catch (error) {
      close();
      throw error;
    }
  }

  /** Connections are cut; what is under way fails. */
  close(): void {
    this.#closed = true;
    for (const connection of this.#all) connection.close();
  }

  #free(): BodyConnection | null {
    for (const connection of this.#all) if (connection.isFree) return connection;
    return null;
  }

  #connect(signal: AbortSignal): Promise<BodyConnection> {
    const { hostname, port, host } = this.#url;
    const connection: BodyConnection = new BodyConnection(this.#url.origin, () => this.#all.delete(connection));
    const connect = trustingConnector(this.#expected, connection.onread);
    return new Promise((resolve, reject) => {
      const asked = { hostname, host, port: port || "443", protocol: "https:", servername: "" };
      connect(asked, (error, socket) => {
        if (error !== null) return reject(error);
        if (!(socket instanceof TLSSocket)) return reject(new AppError("internal.bug", "a connection without TLS"));
        connection.attach(socket);
        if (signal.aborted || this.#closed) {
          connection.close();
          return reject(new AppError("job.canceled"));
        }
        this.#all.add(connection);
        resolve(connection);
      });
    });
  }
}

/** Closed before anything of an answer came. */
function isReset(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : null;
  return code === "UND_ERR_SOCKET" || code === "ECONNRESET" || code === "EPIPE" || code === "UND_ERR_CLOSED";
}

/** @throws AppError internal.bug for what would not stay in its line */
function requestHead(path: string, headers: Record<string, string>): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const all = [`GET ${path} HTTP/1.1`, ...lines];
  if (all.some((line) => /[\r\n\0]/.test(line)) || /\s/.test(path)) {
    throw new AppError("internal.bug", "a request that does not stay in its lines");
  }
  return `${all.join("\r\n")}\r\n\r\n`;
}
