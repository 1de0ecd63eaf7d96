/** From libvirt's error numbers (include/libvirt/virterror.h) to the catalogue's words. */
import { AppError, type ErrorCode } from "../../../../src-core/model/error.ts";
import { clip, INVENTORY_TEXT } from "../../../../src-core/model/inventory-limits.ts";

export const LIBVIRT_ERROR = {
  noSupport: 3,
  operationFailed: 9,
  noDomain: 42,
  authFailed: 45,
  operationInvalid: 55,
  noSnapshot: 72,
  argumentUnsupported: 74,
  agentUnresponsive: 86,
  noBackup: 104,
} as const;

interface Meaning {
  readonly code: ErrorCode;
  readonly hint?: string;
}

const denied: Meaning = {
  code: "source.privilege",
  hint: "Put the account into the group libvirt of the host, or allow it org.libvirt.unix.manage by polkit.",
};
const auth: Meaning = { code: "source.auth" };
const unsupported: Meaning = { code: "source.unsupported" };
const agent: Meaning = {
  code: "source.refused",
  hint: "Install and start qemu-guest-agent in the guest, or export without quiescing.",
};

const MEANINGS: Readonly<Record<number, Meaning>> = {
  3: unsupported,
  29: denied,
  42: { code: "source.no-machine" },
  45: auth,
  67: unsupported,
  68: {
    code: "source.busy",
    hint: "Another job holds the machine: wait for it, or see it on the host with virsh domjobinfo.",
  },
  72: { code: "source.no-snapshot" },
  74: unsupported,
  79: auth,
  84: unsupported,
  86: agent,
  87: { code: "source.busy" },
  88: denied,
  94: auth,
  97: agent,
  109: { code: "source.refused", hint: "Delete the machine's checkpoints, then try again." },
};

/** The error a daemon answered with. @param what the call, for people: "backup of web01" */
export function libvirtError(number: number, message: string | null, what: string): AppError {
  const meaning = MEANINGS[number] ?? { code: "source.refused" };
  const said = message === null || message === "" ? `error ${number}` : clip(message, INVENTORY_TEXT.value);
  return new AppError(meaning.code, `libvirt: ${what}: ${said}`, {
    ...(meaning.hint === undefined ? {} : { hint: meaning.hint }),
    details: { libvirt: number },
  });
}

/** Is it this answer of libvirt's? */
export function isLibvirtError(thrown: unknown, ...numbers: readonly number[]): boolean {
  return thrown instanceof AppError && numbers.includes(Number(thrown.details?.libvirt ?? -1));
}
