/**
 * Calls of the contract over REST, as any script would make them: the path, method and schemas come from the contract itself, so
 * a call that is not in it does not compile, and an answer that does not fit it is an error.
 */
import type { AnySchema, ContractProcedure, ErrorMap, InferSchemaInput, InferSchemaOutput, Meta } from "@orpc/contract";
import { z } from "zod";
import { AppError } from "../../../src-core/model/error.ts";
import { AppErrorData } from "../../../src-core/model/error-data.ts";
import { parseEventStream, type ServerSentEvent } from "./event-stream.ts";

type Procedure<I extends AnySchema, O extends AnySchema> = ContractProcedure<I, O, ErrorMap, Meta>;

export interface RestClient {
  readonly url: string;
  /** @throws AppError as the program answers, or service.unreachable */
  call<I extends AnySchema, O extends AnySchema>(
    procedure: Procedure<I, O>,
    input: InferSchemaInput<I>,
    signal?: AbortSignal,
  ): Promise<InferSchemaOutput<O>>;
  /**
   * Opens the program's event stream, beginning after the event `afterId`; once this resolves, nothing that happens is missed.
   * The stream ends when `signal` aborts or the program does. @throws AppError as `call`
   */
  events(afterId: string | null, signal: AbortSignal): Promise<AsyncGenerator<ServerSentEvent>>;
}

const CallError = z.object({ data: AppErrorData });

/** @param url of the program, without a path @param token its access token: sent in a header, never printed */
export function createRestClient(url: string, token: string): RestClient {
  const authorization = { authorization: `Bearer ${token}` };

  const send = async (path: string, init: RequestInit): Promise<Response> => {
    try {
      return await fetch(new URL(`/api/v1${path}`, url), init);
    } catch (thrown) {
      if (init.signal?.aborted) throw new AppError("job.canceled", undefined, { cause: thrown });
      throw new AppError("service.unreachable", `The program at ${url} does not answer: ${reason(thrown)}.`, {
        cause: thrown,
      });
    }
  };

  return {
    url,
    async call(procedure, input, signal) {
      const { route, outputSchema } = procedure["~orpc"];
      const { method = "POST", path } = route;
      if (path === undefined) throw new AppError("internal.bug", "A call without a REST path was asked for.");
      const request = requestOf(method, path, input);
      const response = await send(request.path, {
        method,
        headers: { ...authorization, ...(request.body === null ? {} : { "content-type": "application/json" }) },
        body: request.body,
        ...(signal === undefined ? {} : { signal }),
      });
      const answer: unknown = await response.json().catch(() => null);
      if (!response.ok) throw errorOf(response.status, answer, url);
      const checked = await outputSchema?.["~standard"].validate(answer);
      if (checked === undefined || checked.issues !== undefined) {
        const issue = checked?.issues?.[0]?.message ?? "no schema";
        throw new AppError("internal.bug", `The answer to ${method} ${path} is not as documented: ${issue}.`);
      }
      return checked.value as never;
    },
    async events(afterId, signal) {
      const resume = afterId === null ? {} : { "last-event-id": afterId };
      const headers = { ...authorization, accept: "text/event-stream", ...resume };
      const response = await send("/events", { headers, signal });
      if (!response.ok || response.body === null) {
        throw errorOf(response.status, await response.json().catch(() => null), url);
      }
      return readEvents(response.body, url, signal);
    },
  };
}

async function* readEvents(body: NonNullable<Response["body"]>, url: string, signal: AbortSignal) {
  try {
    yield* parseEventStream(body.pipeThrough(new TextDecoderStream()));
  } catch (thrown) {
    if (signal.aborted) return;
    throw new AppError("service.unreachable", `The program at ${url} ended the event stream.`, {
      cause: thrown,
      hint: "Work that was going on goes on when the program is started again.",
    });
  }
}

/** Fills `{name}` of the path from the input; the rest is the query of a GET, else the body. */
function requestOf(method: string, path: string, input: unknown): { path: string; body: string | null } {
  const rest = new Map(Object.entries(input ?? {}).filter(([, value]) => value !== undefined));
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = rest.get(name);
    rest.delete(name);
    return encodeURIComponent(String(value));
  });
  if (rest.size === 0) return { path: filled, body: null };
  if (method !== "GET") return { path: filled, body: JSON.stringify(Object.fromEntries(rest)) };
  const query = new URLSearchParams([...rest].map(([name, value]) => [name, String(value)]));
  return { path: `${filled}?${query}`, body: null };
}

function errorOf(status: number, answer: unknown, url: string): AppError {
  const parsed = CallError.safeParse(answer);
  if (parsed.success) return AppError.fromData(parsed.data.data);
  return new AppError("service.unreachable", `${url} answered with status ${status}, and not as this program does.`);
}

/** fetch hides the cause ("ECONNREFUSED") one level down. */
function reason(thrown: unknown): string {
  const inner = thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown;
  return inner instanceof Error ? inner.message || inner.name : String(inner);
}
