/**
 * A login that lasts: the cookie is kept, a call every 15 minutes keeps it alive, and where the server has forgotten it all the same
 * the login is done again, once for each call. What belongs to the old session (views, filters, collectors) is gone then.
 */
import { AppError } from "../../../src-core/model/error.ts";
import type { SourceConfig } from "../../../src-core/model/source.ts";
import type { ProviderContext } from "../provider.ts";
import { originOf } from "./address.ts";
import * as service from "./calls/service.ts";
import { TagReader } from "./calls/tags.ts";
import { HostDoor } from "./http/host-door.ts";
import { HostGate } from "./http/host-gate.ts";
import { every } from "./pause.ts";
import { faultOf } from "./soap/fault.ts";
import { needText } from "./soap/read-value.ts";
import { type SoapCall, SoapClient } from "./soap/soap-client.ts";
import type { XmlNode } from "./soap/xml-node.ts";
import type { Tuning } from "./tuning.ts";

/** Calls overlap: the one that waits for changes takes one of them. */
const CONNECTIONS = 12;
/** For files of datastores; the gate says how many of them are used. */
const MOST_FILE_CONNECTIONS = 8;

export class Session {
  readonly config: SourceConfig;
  readonly context: ProviderContext;
  readonly tuning: Tuning;
  readonly origin: string;
  readonly content: service.ServiceContent;
  readonly tags: TagReader;
  /** Files of datastores: what all exports of this connection share, and what was learned of the host. */
  readonly files: { readonly door: HostDoor; readonly gate: HostGate };
  readonly #door: HostDoor;
  readonly #client: SoapClient;
  #key = "";
  #generation = 0;
  #renewing: Promise<void> | null = null;
  #stopKeepAlive: (() => void) | null = null;
  #closed = false;

  private constructor(
    door: HostDoor,
    client: SoapClient,
    content: service.ServiceContent,
    config: SourceConfig,
    context: ProviderContext,
    tuning: Tuning,
  ) {
    this.#door = door;
    this.#client = client;
    this.content = content;
    this.config = config;
    this.context = context;
    this.tuning = tuning;
    this.origin = door.origin;
    this.files = {
      door: new HostDoor(door.origin, config.trust, MOST_FILE_CONNECTIONS),
      gate: new HostGate(context.now),
    };
    this.tags = new TagReader(door, config.username, context, content.isVCenter);
  }

  /** @throws AppError source.auth, source.unreachable, source.certificate, source.protocol; job.canceled */
  static async open(config: SourceConfig, context: ProviderContext, tuning: Tuning): Promise<Session> {
    const door = new HostDoor(originOf(config.address), config.trust, CONNECTIONS);
    try {
      const client = new SoapClient(door);
      const answer = await client.call(service.retrieveServiceContent(), context.signal);
      const content = service.readServiceContent(answer);
      client.speakVersion(service.versionToUse(content.apiVersion));
      const session = new Session(door, client, content, config, context, tuning);
      await session.#login(context.signal);
      session.#stopKeepAlive = every(
        tuning.keepAliveMs,
        async () => {
          await session.call(service.currentTime(), context.signal);
        },
        (error) =>
          context.log(
            "warning",
            `${door.origin}: the session could not be kept alive: ${AppError.from(error).message}`,
          ),
      );
      return session;
    } catch (error) {
      await door.close();
      throw error;
    }
  }

  /** Of the present login: privileges are asked for by it. */
  get key(): string {
    return this.#key;
  }

  /** Changes with every login: what was made in an earlier one is gone. */
  get generation(): number {
    return this.#generation;
  }

  cookie(): string | null {
    return this.#client.cookie;
  }

  /** @returns the response. @throws AppError source.*; job.canceled */
  async call(call: SoapCall, signal: AbortSignal): Promise<XmlNode> {
    const generation = this.#generation;
    try {
      return await this.#client.call(call, this.#both(signal));
    } catch (error) {
      if (faultOf(error) !== "NotAuthenticated") throw this.#seen(error);
    }
    await this.#renewFrom(generation, signal);
    return await this.#client.call(call, this.#both(signal));
  }

  /** As `call`, with elements handed out while the answer comes in. */
  async *stream(call: SoapCall, each: string, signal: AbortSignal): AsyncGenerator<XmlNode[], XmlNode, void> {
    const generation = this.#generation;
    try {
      return yield* this.#client.stream(call, each, this.#both(signal));
    } catch (error) {
      // A fault is all of its answer: nothing was handed out.
      if (faultOf(error) !== "NotAuthenticated") throw this.#seen(error);
    }
    await this.#renewFrom(generation, signal);
    return yield* this.#client.stream(call, each, this.#both(signal));
  }

  /**
   * Logs in anew where `cookie`, which was refused, is still the session's; those who ask at the same time share one login.
   * @throws AppError source.auth …
   */
  async renew(cookie: string | null, signal: AbortSignal): Promise<void> {
    if (cookie === this.#client.cookie) await this.#renewFrom(this.#generation, signal);
  }

  /** Logs out, cuts the connections. Never throws. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#stopKeepAlive?.();
    await this.tags.close();
    await this.files.door.close();
    try {
      // Also where the program is about to end: sessions are counted by the server.
      await this.#client.call(service.logout(this.content.sessionManager), AbortSignal.timeout(5000));
    } catch {
      // The server ends it by itself after half an hour.
    }
    this.#client.forgetCookie();
    await this.#door.close();
  }

  async #renewFrom(generation: number, signal: AbortSignal): Promise<void> {
    if (this.#closed) throw new AppError("source.lost", `${this.origin}: the connection was closed`);
    if (generation !== this.#generation) return;
    this.#renewing ??= this.#login(this.context.signal).finally(() => {
      this.#renewing = null;
    });
    await this.#renewing;
    if (signal.aborted) throw new AppError("job.canceled");
  }

  async #login(signal: AbortSignal): Promise<void> {
    const { username } = this.config;
    const { password } = await this.context.secret();
    if (username === null || password === null) {
      throw new AppError("source.auth", `${this.origin} needs a user name and a password`);
    }
    const answer = await this.#client.call(service.login(this.content.sessionManager, username, password), signal);
    this.#key = needText(answer, "returnval", "key");
    this.#generation++;
  }

  /** Ends with whoever asked, and with the connection. */
  #both(signal: AbortSignal): AbortSignal {
    return signal === this.context.signal ? signal : AbortSignal.any([signal, this.context.signal]);
  }

  #seen(error: unknown): unknown {
    if (!this.#closed) return error;
    return new AppError("source.lost", `${this.origin}: the connection was closed`, { cause: error });
  }
}
