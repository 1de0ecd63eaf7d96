/**
 * Seals secrets for the database. By the system's own means where the shell has them (Electron's safeStorage on top of a keyring), else
 * with AES-256-GCM under the owner-only key file. What is sealed says by its beginning which of the two can open it, and belongs to
 * one owner: a row copied to another source opens nothing.
 */
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { z } from "zod";
import { AppError } from "../../src-core/model/error.ts";
import { SourceSecret } from "../../src-core/model/source.ts";
import { loadKey } from "../files/key-file.ts";
import type { SystemVault } from "../shell/shell.ts";

export interface Vault {
  /** @param owner what the secret belongs to (the id of a source). @throws AppError vault.unavailable */
  seal(owner: string, secret: SourceSecret): string;
  /** @throws AppError vault.unavailable, vault.unreadable */
  open(owner: string, sealed: string): SourceSecret;
}

const SYSTEM = "system1:";
const KEY = "key1:";
const IV_BYTES = 12;
const TAG_BYTES = 16;

const Owned = z.object({ owner: z.string(), secret: SourceSecret });

export function createVault(deps: { system: SystemVault | null; dataFolder: string }): Vault {
  const { system, dataFolder } = deps;
  let key: Buffer | null = null;
  const theKey = () => {
    key ??= loadKey(dataFolder);
    return key;
  };
  return {
    seal(owner, secret) {
      const text = JSON.stringify({ owner, secret } satisfies z.infer<typeof Owned>);
      return system === null ? KEY + encrypt(theKey(), owner, text) : SYSTEM + system.seal(text);
    },
    open(owner, sealed) {
      let opened: unknown;
      try {
        if (sealed.startsWith(KEY)) opened = JSON.parse(decrypt(theKey(), owner, sealed.slice(KEY.length)));
        else if (sealed.startsWith(SYSTEM) && system !== null)
          opened = JSON.parse(system.open(sealed.slice(SYSTEM.length)));
      } catch (cause) {
        if (cause instanceof AppError && cause.code === "vault.unavailable") throw cause;
        // Without the cause, whose message might hold what was opened.
        throw new AppError("vault.unreadable");
      }
      const parsed = Owned.safeParse(opened);
      if (parsed.success && parsed.data.owner === owner) return parsed.data.secret;
      const hint =
        sealed.startsWith(SYSTEM) && system === null ? "It was stored by the window: enter it anew here." : null;
      throw new AppError("vault.unreadable", undefined, hint === null ? {} : { hint });
    },
  };
}

/** base64 of: IV, tag, ciphertext. */
function encrypt(key: Buffer, owner: string, text: string): string {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv("aes-256-gcm", key, iv).setAAD(Buffer.from(owner));
  const body = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), body]).toString("base64");
}

function decrypt(key: Buffer, owner: string, sealed: string): string {
  const bytes = Buffer.from(sealed, "base64");
  const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(owner)).setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
  return decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES), undefined, "utf8") + decipher.final("utf8");
}
