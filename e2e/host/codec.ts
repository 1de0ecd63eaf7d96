/**
 * Structured clone as text: what a MessagePort or an IPC message may carry, cycles and shared references included.
 * `makeCodec` runs in Node and, as text, inside the page: it must not refer to anything outside itself.
 */
export interface Codec {
  /** @throws Error "An object could not be cloned." for functions, promises, DOM nodes and the like */
  encode(value: unknown): string;
  decode(text: string): unknown;
}

export function makeCodec(): Codec {
  // A value is a JSON primitive or [index] into a table of [tag, payload] nodes; the table makes cycles plain.
  type Ref = string | number | boolean | null | [number];
  type Node = [tag: string, payload: unknown];

  const toBase64 = (bytes: Uint8Array): string => {
    let text = "";
    for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
    return btoa(text);
  };
  const fromBase64 = (text: string): ArrayBuffer => Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer;
  const refuse = (): never => {
    throw new Error("An object could not be cloned.");
  };

  function encode(root: unknown): string {
    const nodes: Node[] = [];
    const seen = new Map<object, number>();
    const add = (tag: string, payload: unknown): Ref => [nodes.push([tag, payload]) - 1];

    function put(value: unknown): Ref {
      switch (typeof value) {
        case "string":
        case "boolean":
          return value;
        case "number":
          return Number.isFinite(value) && !Object.is(value, -0)
            ? value
            : add("number", Object.is(value, -0) ? "-0" : `${value}`);
        case "undefined":
          return add("undefined", 0);
        case "bigint":
          return add("bigint", `${value}`);
        case "object":
          return value === null ? null : putObject(value);
        default:
          return refuse();
      }
    }
    function putObject(value: object): Ref {
      const known = seen.get(value);
      if (known !== undefined) return [known];
      const node: Node = ["", null];
      const index = nodes.push(node) - 1;
      seen.set(value, index);
      [node[0], node[1]] = nodeOf(value, Object.prototype.toString.call(value).slice(8, -1));
      return [index];
    }
    function nodeOf(value: object, kind: string): Node {
      if (Array.isArray(value)) return ["Array", value.map(put)];
      if (ArrayBuffer.isView(value)) {
        const length = "length" in value ? value.length : value.byteLength;
        return ["View", [kind, put(value.buffer), value.byteOffset, length]];
      }
      switch (kind) {
        case "Date":
          return ["Date", (value as Date).getTime()];
        case "Map":
          return ["Map", [...(value as Map<unknown, unknown>)].map(([key, item]) => [put(key), put(item)])];
        case "Set":
          return ["Set", [...(value as Set<unknown>)].map(put)];
        case "RegExp":
          return ["RegExp", [(value as RegExp).source, (value as RegExp).flags]];
        case "Error":
          return ["Error", [(value as Error).name, (value as Error).message, (value as Error).stack]];
        case "ArrayBuffer":
          return ["ArrayBuffer", toBase64(new Uint8Array(value as ArrayBuffer))];
        case "Object":
          return ["Object", Object.entries(value).map(([key, item]) => [key, put(item)])];
        default:
          return refuse();
      }
    }
    return JSON.stringify([put(root), nodes]);
  }

  function decode(text: string): unknown {
    const [root, nodes] = JSON.parse(text) as [Ref, Node[]];
    const made = new Map<number, unknown>();

    function get(ref: Ref): unknown {
      if (!Array.isArray(ref)) return ref;
      const [index] = ref;
      if (!made.has(index)) {
        // A container is kept before it is filled: a member may point back at it.
        const [tag, payload] = nodes[index] ?? refuse();
        const container = emptyContainer(tag);
        if (container) {
          made.set(index, container);
          fill(container, payload);
        } else made.set(index, leaf(tag, payload));
      }
      return made.get(index);
    }
    function emptyContainer(tag: string): object | null {
      switch (tag) {
        case "Array":
          return [];
        case "Object":
          return {};
        case "Map":
          return new Map();
        case "Set":
          return new Set();
        default:
          return null;
      }
    }
    function fill(container: object, payload: unknown): void {
      if (Array.isArray(container)) for (const item of payload as Ref[]) container.push(get(item));
      else if (container instanceof Set) for (const item of payload as Ref[]) container.add(get(item));
      else if (container instanceof Map)
        for (const [key, item] of payload as [Ref, Ref][]) container.set(get(key), get(item));
      else
        for (const [key, item] of payload as [string, Ref][])
          Object.defineProperty(container, key, {
            value: get(item),
            enumerable: true,
            writable: true,
            configurable: true,
          });
    }
    function leaf(tag: string, payload: unknown): unknown {
      switch (tag) {
        case "undefined":
          return undefined;
        case "number":
          return Number(payload);
        case "bigint":
          return BigInt(payload as string);
        case "Date":
          return new Date(payload as number);
        case "RegExp": {
          const [source, flags] = payload as [string, string];
          return new RegExp(source, flags);
        }
        case "Error": {
          const [name, message, stack] = payload as [string, string, string];
          return Object.assign(new Error(message), { name, stack });
        }
        case "ArrayBuffer":
          return fromBase64(payload as string);
        case "View": {
          const [name, buffer, start, length] = payload as [string, Ref, number, number];
          const views = globalThis as unknown as Record<string, new (b: unknown, at: number, n: number) => unknown>;
          const View = views[name] ?? refuse();
          return new View(get(buffer), start, length);
        }
        default:
          return refuse();
      }
    }
    return get(root);
  }
  return { encode, decode };
}
