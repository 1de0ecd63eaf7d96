/**
 * Calls of the vSphere Web Services API over HTTPS. One POST a call; answers are parsed as they come in. The session's cookie goes
 * back as it came, byte for byte: vCenter writes it in quotes, which belong to it.
 */
import type { Readable } from "node:stream";
import { AppError } from "../../../../src-core/model/error.ts";
import type { HostDoor } from "../http/host-door.ts";
import { soapFault } from "./fault.ts";
import { XML_LIMITS, XmlTreeParser } from "./parse-xml.ts";
import type { Ref } from "./read-value.ts";
import { envelope, type Xml } from "./write-request.ts";
import { SOAP, type XmlNode } from "./xml-node.ts";

export interface SoapCall {
  readonly method: string;
  readonly target: Ref;
  readonly content: readonly Xml[];
  /** Only reads: it may be sent again where the connection broke before the answer. */
  readonly reads: boolean;
  /** How long the server may take before it answers; it is slow at times. */
  readonly answerMs?: number;
  /** Sent without the session's cookie, which stays in use until the answer brings another. */
  readonly anonymous?: boolean;
}

const ANSWER_MS = 300_000;
/** Between two pieces of an answer. */
const PIECE_MS = 120_000;
/** Answers whose elements are handed out one by one may be as long as this. */
const STREAM_BYTES = 2 * 1024 ** 3;

export class SoapClient {
  readonly #door: HostDoor;
  #cookie: string | null = null;
  /** Version of the API in SOAPAction: newer types are unknown to the server's oldest, which it takes where none is named. */
  #version = "5.5";

  constructor(door: HostDoor) {
    this.#door = door;
  }

  /** The session's cookie as `name=value`; null before the login. */
  get cookie(): string | null {
    return this.#cookie;
  }

  forgetCookie(): void {
    this.#cookie = null;
  }

  speakVersion(version: string): void {
    this.#version = version;
  }

  /** @returns the element `METHODResponse`. @throws AppError source.*; job.canceled */
  async call(call: SoapCall, signal: AbortSignal): Promise<XmlNode> {
    const answer = this.#answers(call, null, signal);
    for (;;) {
      const { done, value } = await answer.next();
      if (done) return value;
    }
  }

  /**
   * As `call`, with the elements of a name handed out as they come in. Memory stays that of a few of them.
   * @returns (of the generator) the response without them
   */
  stream(call: SoapCall, each: string, signal: AbortSignal): AsyncGenerator<XmlNode[], XmlNode, void> {
    return this.#answers(call, each, signal);
  }

  async *#answers(call: SoapCall, each: string | null, signal: AbortSignal): AsyncGenerator<XmlNode[], XmlNode, void> {
    const what = `${call.method} of ${call.target.id}`;
    const { status, headers, body } = await this.#post(call, signal);
    try {
      const parser = this.#parserFor(call, status, headers, each);
      try {
        for await (const piece of body) {
          const taken = parser.write(piece);
          if (taken.length > 0) yield taken;
        }
      } catch (error) {
        throw this.#door.translate(error, signal);
      }
      const response = bodyOf(parser.end(), what, this.#door.origin);
      if (response.name === "Fault" && response.space === SOAP) throw soapFault(what, response);
      if (status !== 200 || response.name !== `${call.method}Response`) {
        throw new AppError(
          "source.protocol",
          `${this.#door.origin} answered ${what} with ${response.name}, status ${status}`,
        );
      }
      this.#keepCookie(headers["set-cookie"]);
      return response;
    } finally {
      this.#door.drop(body);
    }
  }

  /** What is no XML is told by its status: proxies and overloaded servers answer with pages. */
  #parserFor(call: SoapCall, status: number, headers: Headers, each: string | null): XmlTreeParser {
    const { origin } = this.#door;
    const isXml = /\bxml\b/i.test(String(headers["content-type"] ?? ""));
    if (!isXml || (status !== 200 && status !== 500)) {
      if (status === 503 || status === 429) {
        throw new AppError(
          "source.busy",
          `${origin} answered ${call.method} with status ${status}: it has too much to do, or too many sessions`,
        );
      }
      throw new AppError(
        "source.protocol",
        `${origin} answered ${call.method} with status ${status}, not with an answer of the vSphere API`,
      );
    }
    const limits = each === null ? XML_LIMITS : { ...XML_LIMITS, bytes: STREAM_BYTES };
    return new XmlTreeParser(`the answer to ${call.method} of ${origin}`, limits, each);
  }

  async #post(call: SoapCall, signal: AbortSignal): Promise<{ status: number; headers: Headers; body: Readable }> {
    const send = async () => {
      const answer = await this.#door.dispatcher.request({
        path: "/sdk",
        method: "POST",
        headers: {
          "content-type": "text/xml; charset=utf-8",
          soapaction: `"urn:vim25/${this.#version}"`,
          ...(this.#cookie === null || call.anonymous === true ? {} : { cookie: this.#cookie }),
        },
        body: envelope(call.method, call.target, call.content),
        headersTimeout: call.answerMs ?? ANSWER_MS,
        bodyTimeout: PIECE_MS,
        signal,
      });
      return { status: answer.statusCode, headers: answer.headers, body: answer.body };
    };
    try {
      return await send();
    } catch (error) {
      // A connection that was kept open may have been closed at the other end meanwhile.
      if (!call.reads || signal.aborted || !this.#door.isBreak(error)) throw this.#door.translate(error, signal);
    }
    try {
      return await send();
    } catch (error) {
      throw this.#door.translate(error, signal);
    }
  }

  #keepCookie(lines: string | string[] | undefined): void {
    for (const line of typeof lines === "string" ? [lines] : (lines ?? [])) {
      const pair = line.split(";", 1)[0]?.trim() ?? "";
      if (pair.startsWith("vmware_soap_session=") && pair.length <= 4096) this.#cookie = pair;
    }
  }
}

type Headers = Record<string, string | string[] | undefined>;

function bodyOf(root: XmlNode, what: string, origin: string): XmlNode {
  const body = root.children.find(({ name, space }) => name === "Body" && space === SOAP);
  const response = body?.children[0];
  if (root.name === "Envelope" && root.space === SOAP && response !== undefined) return response;
  throw new AppError("source.protocol", `${origin} answered ${what} with what is no SOAP envelope`);
}
