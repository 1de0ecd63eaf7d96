import { describe, expect, it } from "vitest";
import type { Source } from "../../../src-core/model/source.ts";
import { connectionInput, EMPTY_FORM, formErrors, formOf, proposedName, usesSsh } from "./source-form.ts";

const vsphere = { ...EMPTY_FORM, name: "Lab", address: "https://vc.example", username: "root", password: "pw" };
const stored = {
  kind: "vsphere",
  name: "Lab",
  address: "https://vc.example",
  username: "root",
  hasSecret: true,
  trust: { kind: "pinned", fingerprint: "ab" },
} as Source;

describe("what is wrong", () => {
  it.each([
    [{}, []],
    [{ name: " " }, ["name"]],
    [{ address: "vc.example" }, ["address"]],
    [{ address: "https://vc.example/sdk?x" }, ["address"]],
    [{ username: "", password: "" }, ["username", "password"]],
    [{ kind: "local", address: "/vm", username: "", password: "" }, []],
    [{ kind: "libvirt", address: "qemu:///system", username: "", password: "" }, []],
    [{ kind: "libvirt", address: "https://x" }, ["address"]],
  ] as const)("%j", (change, fields) => {
    expect(Object.keys(formErrors({ ...vsphere, ...change }, null))).toEqual(fields);
  });

  it("needs no password again, but for a new address", () => {
    const form = formOf(stored);
    expect(form.password).toBe("");
    expect(formErrors(form, stored)).toEqual({});
    expect(formErrors({ ...form, address: "https://other" }, stored)).toHaveProperty("password");
  });
});

it("sends no secret and no trust where none was given", () => {
  expect(connectionInput({ ...vsphere, password: "", username: " " })).toEqual({
    address: "https://vc.example",
    username: null,
  });
  expect(connectionInput({ ...vsphere, pinned: "ab" })).toMatchObject({
    secret: { password: "pw" },
    trust: { kind: "pinned", fingerprint: "ab" },
  });
  expect(connectionInput({ ...vsphere, pinned: "ab", ca: "PEM" }).trust).toEqual({ kind: "ca", pem: "PEM" });
});

it("proposes a name by the address", () => {
  expect(proposedName({ kind: "vsphere", address: "https://vc.example:8443/" })).toBe("vc.example");
  expect(proposedName({ kind: "libvirt", address: "qemu+ssh://root@kvm1/system" })).toBe("kvm1");
  expect(proposedName({ kind: "libvirt", address: "qemu:///system" })).toBe("This computer");
  expect(proposedName({ kind: "local", address: "/srv/vm/" })).toBe("vm");
  expect(usesSsh({ kind: "libvirt", address: "qemu+ssh://h/system" })).toBe(true);
});
