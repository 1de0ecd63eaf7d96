/** Addresses of vCenters and hosts as people type them. */
import { AppError } from "../../../src-core/model/error.ts";

/**
 * `https://host[:port]` of "host", "host:port" or a whole address; a path such as /sdk or /ui is left out.
 * @throws AppError source.unreachable for what is none
 */
export function originOf(address: string): string {
  const text = address.trim();
  try {
    const url = new URL(text.includes("://") ? text : `https://${text}`);
    if (url.protocol === "https:" && url.hostname !== "" && url.username === "" && url.password === "")
      return url.origin;
  } catch {
    // Told below.
  }
  throw new AppError(
    "source.unreachable",
    `'${text.replace(/\/\/[^/@]*@/, "//…@").slice(0, 200)}' is not the address of a vCenter or host`,
    {
      hint: "Write https://host or https://host:port, without user name and password.",
    },
  );
}
