/**
 * safeStorage: a keyring where STAND_IN_KEYRING says so, which the same desktop can open again at the next start; else what Electron
 * has on a Linux without one.
 */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";
import { honest } from "./honesty.ts";

const key = createHash("sha256").update("the keyring of the stand-in's desktop").digest();

export const safeStorage = honest("safeStorage", "SafeStorage", {
  isEncryptionAvailable: (): boolean => true,
  getSelectedStorageBackend: (): "basic_text" | "gnome_libsecret" =>
    process.env.STAND_IN_KEYRING === "true" ? "gnome_libsecret" : "basic_text",
  encryptString(plainText: string): Buffer {
    const iv = randomBytes(16);
    const cipher = createCipheriv("aes-256-cbc", key, iv);
    return Buffer.concat([Buffer.from("v11"), iv, cipher.update(plainText, "utf8"), cipher.final()]);
  },
  decryptString(encrypted: Buffer): string {
    if (encrypted.subarray(0, 3).toString() !== "v11") throw new Error("Error while decrypting the ciphertext.");
    const decipher = createDecipheriv("aes-256-cbc", key, encrypted.subarray(3, 19));
    return decipher.update(encrypted.subarray(19), undefined, "utf8") + decipher.final("utf8");
  },
});
