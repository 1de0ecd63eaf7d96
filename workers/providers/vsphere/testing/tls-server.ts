/** A TLS server of a few lines, with a certificate made by openssl, for answers that no lab gives. */
import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface TlsServer {
  /** `https://127.0.0.1:port`. */
  readonly origin: string;
  /** SHA-256 of its certificate, hex. */
  readonly fingerprint: string;
  readonly server: Server;
  close(): Promise<void>;
}

export async function startTlsServer(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<TlsServer> {
  const folder = mkdtempSync(join(tmpdir(), "hypersdk-tls-"));
  const [key, cert] = [join(folder, "k.pem"), join(folder, "c.pem")];
  const how = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=bodies";
  const where = ["-keyout", key, "-out", cert, "-addext", "subjectAltName=IP:127.0.0.1"];
  execFileSync("openssl", [...how.split(" "), ...where], { stdio: "ignore" });
  const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, answer);
  const fingerprint = new X509Certificate(readFileSync(cert)).fingerprint256.replaceAll(":", "").toLowerCase();
  rmSync(folder, { recursive: true });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `https://127.0.0.1:${port}`,
    fingerprint,
    server,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
