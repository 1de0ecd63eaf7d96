/** Calls of PropertyCollector and ViewManager, and what they answer. */
import { AppError } from "../../../../src-core/model/error.ts";
import type { Session } from "../session.ts";
import { at, child, childrenOf, needRef, needText, type Ref, textAt } from "../soap/read-value.ts";
import type { SoapCall } from "../soap/soap-client.ts";
import { element, ref, value, values, type Xml } from "../soap/write-request.ts";
import type { XmlNode } from "../soap/xml-node.ts";

/** Which properties of objects of a type are wanted. */
export interface Wanted {
  readonly type: string;
  readonly paths: readonly string[];
}

/** Objects, and where to go on from them. */
export interface Start {
  readonly object: Ref;
  /** False: the object is only where the way begins. */
  readonly itself: boolean;
  /** Steps; one that has a name may be gone again from where it leads. */
  readonly steps: readonly {
    readonly type: string;
    readonly path: string;
    readonly name: string;
    readonly next: readonly string[];
  }[];
}

/** What is known of an object. A property that cannot be read is not there. */
export interface ObjectProperties {
  readonly object: Ref;
  readonly properties: ReadonlyMap<string, XmlNode>;
}

function filterSpec(name: string, wanted: readonly Wanted[], starts: readonly Start[]): Xml {
  return element(name, [
    ...wanted.map(({ type, paths }) =>
      element("propSet", [value("type", type), value("all", false), values("pathSet", paths)]),
    ),
    ...starts.map(({ object, itself, steps }) =>
      element("objectSet", [
        ref("obj", object),
        value("skip", !itself),
        ...steps.map((step) =>
          element(
            "selectSet",
            [
              value("name", step.name),
              value("type", step.type),
              value("path", step.path),
              value("skip", false),
              ...step.next.map((name) => element("selectSet", [value("name", name)])),
            ],
            "TraversalSpec",
          ),
        ),
      ]),
    ),
  ]);
}

export function viewStart(view: Ref): Start {
  return { object: view, itself: false, steps: [{ type: view.type, path: "view", name: "in-view", next: [] }] };
}

/** Properties of some objects, page after page. @returns batches as they come in */
export async function* retrieve(
  session: Session,
  wanted: readonly Wanted[],
  starts: readonly Start[],
  signal: AbortSignal,
): AsyncGenerator<ObjectProperties[], void, void> {
  const target = session.content.propertyCollector;
  const options = element("options", [value("maxObjects", session.tuning.pageObjects)]);
  let call: SoapCall = {
    method: "RetrievePropertiesEx",
    target,
    content: [filterSpec("specSet", wanted, starts), options],
    reads: true,
  };
  const seen = new Set<string>();
  for (;;) {
    const answer = session.stream(call, "objects", signal);
    let token: string | null = null;
    for (;;) {
      const { done, value: got } = await answer.next();
      if (done) {
        token = textAt(got, "returnval", "token");
        break;
      }
      yield got.map(objectOf);
    }
    if (token === null || token === "") return;
    if (seen.has(token)) throw new AppError("source.protocol", "the pages of an answer go round in a circle");
    seen.add(token);
    call = { method: "ContinueRetrievePropertiesEx", target, content: [value("token", token)], reads: false };
  }
}

/** Properties of one object. @throws AppError source.refused with the fault ManagedObjectNotFound where there is none */
export async function retrieveOne(
  session: Session,
  object: Ref,
  paths: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, XmlNode>> {
  for await (const objects of retrieve(
    session,
    [{ type: object.type, paths }],
    [{ object, itself: true, steps: [] }],
    signal,
  )) {
    for (const { properties } of objects) return properties;
  }
  return new Map();
}

function objectOf(node: XmlNode): ObjectProperties {
  const properties = new Map<string, XmlNode>();
  for (const one of childrenOf(node, "propSet")) {
    const val = child(one, "val");
    if (val !== null) properties.set(needText(one, "name"), val);
  }
  return { object: needRef(node, "obj"), properties };
}

/** All objects of these types that the account sees. The view belongs to the session. */
export async function createContainerView(
  session: Session,
  types: readonly string[],
  signal: AbortSignal,
): Promise<Ref> {
  const { viewManager, rootFolder } = session.content;
  const content = [ref("container", rootFolder), values("type", types), value("recursive", true)];
  const answer = await session.call(
    { method: "CreateContainerView", target: viewManager, content, reads: false },
    signal,
  );
  return needRef(answer, "returnval");
}

export async function destroyView(session: Session, view: Ref, signal: AbortSignal): Promise<void> {
  await session.call({ method: "DestroyView", target: view, content: [], reads: false }, signal);
}

/** A collector of its own: waiting for its changes disturbs nobody else's. */
export async function createPropertyCollector(session: Session, signal: AbortSignal): Promise<Ref> {
  const target = session.content.propertyCollector;
  return needRef(
    await session.call({ method: "CreatePropertyCollector", target, content: [], reads: false }, signal),
    "returnval",
  );
}

/** Its filters go with it. */
export async function destroyPropertyCollector(session: Session, collector: Ref, signal: AbortSignal): Promise<void> {
  await session.call({ method: "DestroyPropertyCollector", target: collector, content: [], reads: false }, signal);
}

export async function createFilter(
  session: Session,
  collector: Ref,
  wanted: readonly Wanted[],
  starts: readonly Start[],
  signal: AbortSignal,
): Promise<Ref> {
  const content = [filterSpec("spec", wanted, starts), value("partialUpdates", false)];
  return needRef(
    await session.call({ method: "CreateFilter", target: collector, content, reads: false }, signal),
    "returnval",
  );
}

/** A change of one object. */
export interface ObjectUpdate {
  readonly object: Ref;
  readonly kind: "enter" | "modify" | "leave";
  /** Null: the property is no more. */
  readonly changes: ReadonlyMap<string, XmlNode | null>;
}

export interface UpdatesEnd {
  /** To ask with the next time; null: nothing came. */
  readonly version: string | null;
  /** More of the same is there already. */
  readonly truncated: boolean;
}

/** What changed since `version` ("" = everything), handed out as it comes in. */
export async function* waitForUpdates(
  session: Session,
  collector: Ref,
  version: string,
  signal: AbortSignal,
): AsyncGenerator<ObjectUpdate[], UpdatesEnd, void> {
  const { waitSeconds, pageObjects } = session.tuning;
  const options = element("options", [value("maxWaitSeconds", waitSeconds), value("maxObjectUpdates", pageObjects)]);
  const content = [value("version", version), options];
  const answerMs = (waitSeconds + 300) * 1000;
  const answer = session.stream(
    { method: "WaitForUpdatesEx", target: collector, content, reads: true, answerMs },
    "objectSet",
    signal,
  );
  for (;;) {
    const { done, value: got } = await answer.next();
    if (done) {
      const set = at(got, "returnval");
      return { version: textAt(set, "version"), truncated: textAt(set, "truncated") === "true" };
    }
    yield got.map(updateOf);
  }
}

function updateOf(node: XmlNode): ObjectUpdate {
  const changes = new Map<string, XmlNode | null>();
  for (const change of childrenOf(node, "changeSet")) {
    changes.set(needText(change, "name"), textAt(change, "op") === "assign" ? child(change, "val") : null);
  }
  const kind = textAt(node, "kind");
  return { object: needRef(node, "obj"), kind: kind === "enter" || kind === "leave" ? kind : "modify", changes };
}
