/**
 * Tags of machines: they live in the vCenter's REST service (`/rest/com/vmware/cis`), which has a session of its own and tells of no
 * changes. Where it does not answer as it should, machines have no tags, and nothing else is the matter.
 */
import type { Readable } from "node:stream";
import { AppError } from "../../../../src-core/model/error.ts";
import { clip, INVENTORY_COUNT, INVENTORY_TEXT } from "../../../../src-core/model/inventory-limits.ts";
import type { ProviderContext } from "../../provider.ts";
import type { HostDoor } from "../http/host-door.ts";

const BASE = "/rest/com/vmware/cis";
const MOST_BYTES = 32 * 1024 * 1024;
const ANSWER_MS = 60_000;
/** Machines asked for at once. */
const BATCH = 500;
/** A vCenter has no more tags than some thousands. */
const MOST_TAGS = 10_000;

export class TagReader {
  readonly #door: HostDoor;
  readonly #username: string | null;
  readonly #context: ProviderContext;
  readonly #names = new Map<string, string>();
  #session: string | null = null;
  /** What it says once it will say again: it is not asked before the next connection. */
  #off: boolean;

  /** @param on false: a host of its own, which has none */
  constructor(door: HostDoor, username: string | null, context: ProviderContext, on: boolean) {
    this.#door = door;
    this.#username = username;
    this.#context = context;
    this.#off = !on;
  }

  /** Names of tags by machine; machines without are not in it. Null: nothing is known. @throws AppError job.canceled */
  async read(ids: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, readonly string[]> | null> {
    if (this.#off) return null;
    try {
      const found = new Map<string, readonly string[]>();
      for (let at = 0; at < ids.length; at += BATCH) {
        for (const [id, tags] of await this.#attached(ids.slice(at, at + BATCH), signal)) found.set(id, tags);
      }
      return found;
    } catch (error) {
      if (signal.aborted) throw new AppError("job.canceled");
      const { code, message } = AppError.from(error);
      this.#off = code !== "source.lost" && code !== "source.unreachable";
      this.#context.log("info", `${this.#door.origin}: tags are not told: ${message}`);
      return null;
    }
  }

  /** Never throws. */
  async close(): Promise<void> {
    if (this.#session === null) return;
    await this.#ask("DELETE", "/session", null, AbortSignal.timeout(5000)).catch(() => {});
    this.#session = null;
  }

  async #attached(ids: readonly string[], signal: AbortSignal): Promise<[string, string[]][]> {
    const body = { object_ids: ids.map((id) => ({ id, type: "VirtualMachine" })) };
    const path = "/tagging/tag-association?~action=list-attached-tags-on-objects";
    const found: [string, string[]][] = [];
    for (const one of listOf(await this.#call("POST", path, body, signal))) {
      const id = textOf(fieldOf(fieldOf(one, "object_id"), "id"));
      const names: string[] = [];
      for (const tag of listOf(fieldOf(one, "tag_ids")).slice(0, INVENTORY_COUNT.labels)) {
        names.push(await this.#nameOf(textOf(tag), signal));
      }
      if (id !== "" && names.length > 0) found.push([id, names.sort()]);
    }
    return found;
  }

  async #nameOf(id: string, signal: AbortSignal): Promise<string> {
    const known = this.#names.get(id);
    if (known !== undefined) return known;
    if (this.#names.size >= MOST_TAGS) return clip(id, INVENTORY_TEXT.name);
    const tag = await this.#call("GET", `/tagging/tag/id:${encodeURIComponent(id)}`, null, signal);
    const name = clip(textOf(fieldOf(tag, "name")) || id, INVENTORY_TEXT.name);
    this.#names.set(id, name);
    return name;
  }

  /** With a session, made anew once where it has ended. @returns what stands in `value` */
  async #call(method: "GET" | "POST", path: string, body: unknown, signal: AbortSignal): Promise<unknown> {
    this.#session ??= await this.#login(signal);
    const first = await this.#ask(method, path, body, signal);
    if (first.status !== 401) return answered(first, path);
    this.#session = await this.#login(signal);
    return answered(await this.#ask(method, path, body, signal), path);
  }

  async #login(signal: AbortSignal): Promise<string> {
    const { password } = await this.#context.secret();
    const basic = Buffer.from(`${this.#username ?? ""}:${password ?? ""}`).toString("base64");
    this.#session = null;
    const answer = await this.#ask("POST", "/session", null, signal, { authorization: `Basic ${basic}` });
    const id = textOf(answered(answer, "/session"));
    if (!/^[\x21-\x7e]{1,1024}$/.test(id)) throw new AppError("source.protocol", "the REST service gives no session");
    return id;
  }

  async #ask(
    method: "GET" | "POST" | "DELETE",
    path: string,
    body: unknown,
    signal: AbortSignal,
    more: Record<string, string> = {},
  ): Promise<{ status: number; json: unknown }> {
    try {
      const answer = await this.#door.dispatcher.request({
        method,
        path: BASE + path,
        headers: {
          accept: "application/json",
          ...(body === null ? {} : { "content-type": "application/json" }),
          ...(this.#session === null ? {} : { "vmware-api-session-id": this.#session }),
          ...more,
        },
        body: body === null ? null : JSON.stringify(body),
        headersTimeout: ANSWER_MS,
        bodyTimeout: ANSWER_MS,
        signal,
      });
      const text = await this.#textOf(answer.body);
      return { status: answer.statusCode, json: answer.statusCode === 200 && text !== "" ? parsed(text) : null };
    } catch (error) {
      throw this.#door.translate(error, signal);
    }
  }

  async #textOf(body: Readable): Promise<string> {
    const pieces: Buffer[] = [];
    let bytes = 0;
    try {
      for await (const piece of body) {
        bytes += piece.length;
        if (bytes > MOST_BYTES)
          throw new AppError("source.protocol", `an answer of the REST service is longer than ${MOST_BYTES} bytes`);
        pieces.push(piece);
      }
    } finally {
      this.#door.drop(body);
    }
    return Buffer.concat(pieces).toString();
  }
}

function answered({ status, json }: { status: number; json: unknown }, path: string): unknown {
  if (status === 200) return fieldOf(json, "value");
  throw new AppError("source.refused", `the REST service answered ${path} with status ${status}`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new AppError("source.protocol", "the REST service answered what is no JSON", { cause: error });
  }
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? Reflect.get(value, name)
    : undefined;
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
