/** Secrets sealed by the system's keyring through Electron's safeStorage. Call once Electron is ready. */
import { safeStorage } from "electron";
import type { SystemVault } from "../shell.ts";

/** Null where safeStorage would only disguise: no keyring, or on Linux the password that is the same everywhere ("basic_text"). */
export function systemVault(): SystemVault | null {
  if (!safeStorage.isEncryptionAvailable()) return null;
  if (process.platform === "linux" && ["basic_text", "unknown"].includes(safeStorage.getSelectedStorageBackend())) {
    return null;
  }
  return {
    seal: (text) => safeStorage.encryptString(text).toString("base64"),
    open: (sealed) => safeStorage.decryptString(Buffer.from(sealed, "base64")),
  };
}
