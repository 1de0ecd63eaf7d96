/**
 * The rule that keeps the stand-in honest: asking it for anything it does not do throws by name, so that no spec passes on a
 * silent `undefined`. Every object registers here; a test holds each member against electron.d.ts.
 */
import { EventEmitter } from "node:events";

/** One object or class of the stand-in, for the test that compares it with Electron's own types. */
export interface Claim {
  /** Name of the class or interface in electron.d.ts. */
  readonly type: string;
  /** True where the members are static ones of that class. */
  readonly isStatic: boolean;
  members(): string[];
}

export const claims: Claim[] = [];

/** Keys that Node, promises, JSON and the inspector look for on any object. */
const probed = new Set(["then", "toJSON", "domain", "constructor", "inspect", "nodeType", "tagName"]);

function floor(name: string, base: object): object {
  return new Proxy(base, {
    get(target, key, receiver) {
      if (typeof key === "symbol" || key in target || probed.has(key) || key.startsWith("_")) {
        return Reflect.get(target, key, receiver);
      }
      throw new Error(`The stand-in for Electron has no ${name}.${key}.`);
    },
  });
}

const publicNames = (holder: object): string[] =>
  Object.getOwnPropertyNames(holder).filter(
    (key) => !key.startsWith("_") && !["constructor", "prototype", "length", "name"].includes(key),
  );

/**
 * A plain object that throws for what it lacks.
 * @param name how code calls it, e.g. "dialog"; @param type its name in electron.d.ts; `isStatic` for `typeof Class` objects.
 */
export function honest<T extends object>(name: string, type: string, members: T, isStatic = false): T {
  if (isStatic || !claims.some((claim) => claim.type === type && !claim.isStatic)) {
    claims.push({ type, isStatic, members: () => publicNames(members) });
  }
  const events = members instanceof EventEmitter;
  Object.setPrototypeOf(members, floor(name, events ? EventEmitter.prototype : Object.prototype));
  return members;
}

/** Any class that is an EventEmitter, whatever its constructor takes. */
type EmitterClass = abstract new (...args: never[]) => EventEmitter;

/** Base for a class of the stand-in: an EventEmitter whose instances and statics throw for what they lack. */
export function honestEmitter(name: string, type: string): new () => EventEmitter {
  class Honest extends EventEmitter {}
  // The Proxy sits under the prototypes, not around the object: around it, private fields would break.
  Object.setPrototypeOf(Honest.prototype, floor(name, EventEmitter.prototype));
  Object.setPrototypeOf(Honest, floor(name, EventEmitter));
  claimClass(type, () => heirs.get(Honest));
  return Honest;
}

const heirs = new Map<object, EmitterClass>();

/** Says which class stands on a base made by {@link honestEmitter}; call once after the class. */
export function claim(heir: EmitterClass): void {
  heirs.set(Object.getPrototypeOf(heir), heir);
}

function claimClass(type: string, heir: () => EmitterClass | undefined): void {
  const members = (holder: (c: EmitterClass) => object) => () => {
    const found = heir();
    if (!found) throw new Error(`${type} stands on honestEmitter but was not claimed.`);
    return publicNames(holder(found));
  };
  claims.push({ type, isStatic: false, members: members((c) => c.prototype) });
  claims.push({ type, isStatic: true, members: members((c) => c) });
}
