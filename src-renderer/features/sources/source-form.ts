/** What the source dialog holds, what is wrong with it, and what is sent. The password leaves this form only in a call. */
import type { Source, SourceKind, Trust } from "../../../src-core/model/source.ts";

export interface SourceForm {
  readonly kind: SourceKind;
  readonly name: string;
  readonly address: string;
  readonly username: string;
  readonly password: string;
  readonly privateKey: string;
  readonly passphrase: string;
  /** PEM; "" = none. */
  readonly ca: string;
  /** Of a certificate that was compared and accepted; null = none. */
  readonly pinned: string | null;
}

export const EMPTY_FORM: SourceForm = {
  kind: "vsphere",
  name: "",
  address: "",
  username: "",
  password: "",
  privateKey: "",
  passphrase: "",
  ca: "",
  pinned: null,
};

export function formOf(source: Source): SourceForm {
  return {
    ...EMPTY_FORM,
    kind: source.kind,
    name: source.name,
    address: source.address,
    username: source.username ?? "",
    pinned: source.trust.kind === "pinned" ? source.trust.fingerprint : null,
  };
}

export interface FieldErrors {
  name?: string;
  address?: string;
  username?: string;
  password?: string;
}

/** @param before the source that is changed; null for a new one */
export function formErrors(form: SourceForm, before: Source | null): FieldErrors {
  const errors: FieldErrors = {};
  const address = form.address.trim();
  if (form.name.trim() === "") errors.name = "Give it a name.";
  if (address === "") errors.address = form.kind === "local" ? "Choose a folder." : "Where is it?";
  else if (form.kind === "vsphere" && !/^https:\/\/[^/\s]+\/?$/i.test(address)) {
    errors.address = "An address such as https://vcenter.example.com.";
  } else if (form.kind === "libvirt" && !/^qemu(\+[a-z]+)?:\/\//i.test(address)) {
    errors.address = "An address such as qemu:///system or qemu+ssh://user@host/system.";
  }
  if (form.kind === "vsphere") {
    if (form.username.trim() === "") errors.username = "Which account?";
    const kept = before?.hasSecret === true && before.address === address;
    if (form.password === "" && !kept) {
      errors.password = before === null ? "Its password." : "A new address needs the password again.";
    }
  }
  return errors;
}

export function needsUser(kind: SourceKind): boolean {
  return kind === "vsphere";
}

/** SSH is what a libvirt source may need a password or key for. */
export function usesSsh({ kind, address }: Pick<SourceForm, "kind" | "address">): boolean {
  return kind === "libvirt" && /^qemu\+(ssh|libssh2?):/i.test(address.trim());
}

/** What add, edit and test are asked with. Nothing typed: no secret is sent, and a stored one stays. */
export function connectionInput(form: SourceForm) {
  const { password, privateKey, passphrase } = form;
  const secret = {
    ...(password === "" ? {} : { password }),
    ...(privateKey === "" ? {} : { privateKey }),
    ...(passphrase === "" ? {} : { passphrase }),
  };
  const trust = trustOf(form);
  return {
    address: form.address.trim(),
    username: form.username.trim() === "" ? null : form.username.trim(),
    ...(trust === null ? {} : { trust }),
    ...(Object.keys(secret).length === 0 ? {} : { secret }),
  };
}

function trustOf({ ca, pinned }: SourceForm): Trust | null {
  if (ca !== "") return { kind: "ca", pem: ca };
  return pinned === null ? null : { kind: "pinned", fingerprint: pinned };
}

/** A name for who has not thought of one: the host, the folder. */
export function proposedName({ kind, address }: Pick<SourceForm, "kind" | "address">): string {
  const text = address.trim();
  if (kind === "local")
    return (
      text
        .replace(/[\\/]+$/, "")
        .split(/[\\/]/)
        .at(-1) ?? ""
    );
  const host = /^[a-z+]+:\/\/(?:[^@/]*@)?([^/:?]*)/i.exec(text)?.[1] ?? "";
  return host !== "" ? host : kind === "libvirt" && text !== "" ? "This computer" : "";
}
