/**
 * TLS connections that are made only to whom the user trusts. The certificate is looked at before a single byte of a request goes out,
 * and what was shown is told in full where it is not trusted, so that the user can compare and pin it.
 */
import type { OnReadOpts } from "node:net";
import { checkServerIdentity, getCACertificates, type PeerCertificate, TLSSocket } from "node:tls";
import { buildConnector } from "undici";
import { AppError } from "../../../../src-core/model/error.ts";
import { clip } from "../../../../src-core/model/inventory-limits.ts";
import type { Trust } from "../../../../src-core/model/source.ts";

/** Whom the other end must prove to be: as the source says, or the certificate that an authenticated vCenter names for a host (hex). */
export type Expected = Trust | { readonly kind: "thumbprint"; readonly thumbprint: string };

const CONNECT_MS = 20_000;

let systemRoots: string[] | null = null;

/** Node's own authorities and those that the system's administrator added. */
function rootsOfSystem(): string[] {
  systemRoots ??= [...new Set([...getCACertificates("default"), ...getCACertificates("system")])];
  return systemRoots;
}

/**
 * For a Pool of undici. Proxies of the environment are not looked at.
 * @param onread where and to whom the socket gives what it reads, instead of events
 */
export function trustingConnector(expected: Expected, onread?: OnReadOpts): buildConnector.connector {
  const connect = buildConnector({
    // Judged below, where also the certificate can be told.
    rejectUnauthorized: false,
    // A resumed session shows no certificate.
    maxCachedSessions: 0,
    timeout: CONNECT_MS,
    minVersion: "TLSv1.2",
    ...(onread === undefined ? {} : { onread }),
    ...(expected.kind === "ca" ? { ca: expected.pem } : {}),
    ...(expected.kind === "system" ? { ca: rootsOfSystem() } : {}),
  });
  return (options, callback) => {
    connect(options, (...[error, socket]: [Error, null] | [null, unknown]) => {
      if (error !== null) return callback(error, null);
      if (!(socket instanceof TLSSocket))
        return callback(new AppError("internal.bug", "a connection without TLS"), null);
      const problem = judge(options.hostname, socket, expected);
      if (problem === null) return callback(null, socket);
      socket.destroy();
      callback(problem, null);
    });
  };
}

function judge(host: string, socket: TLSSocket, expected: Expected): AppError | null {
  const shown = socket.getPeerCertificate();
  if (expected.kind === "pinned") {
    return hex(shown.fingerprint256) === hex(expected.fingerprint)
      ? null
      : refusal(
          host,
          shown,
          "it is another than the one that was pinned: either it was renewed, or somebody is in between",
        );
  }
  if (expected.kind === "thumbprint") {
    const wanted = hex(expected.thumbprint);
    const got = wanted.length === 64 ? hex(shown.fingerprint256) : hex(shown.fingerprint);
    return wanted !== "" && got === wanted
      ? null
      : refusal(host, shown, "it is not the one that the vCenter names for this host");
  }
  if (socket.authorized) return null;
  // Verified chain, other name: Node says so with the names that would do.
  const identity = checkServerIdentity(host.replace(/^\[|\]$/g, ""), shown);
  const code = String(socket.authorizationError ?? "");
  return refusal(
    host,
    shown,
    code === "ERR_TLS_CERT_ALTNAME_INVALID" && identity ? identity.message : (REASONS[code] ?? code),
  );
}

const REASONS: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: "it is signed by nobody but itself",
  SELF_SIGNED_CERT_IN_CHAIN: "no known authority signed it",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "no known authority signed it",
  UNABLE_TO_GET_ISSUER_CERT: "no known authority signed it",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "no known authority signed it",
  CERT_HAS_EXPIRED: "it has expired",
  CERT_NOT_YET_VALID: "it is not valid yet: compare the clocks",
};

function refusal(host: string, shown: PeerCertificate, why: string): AppError {
  const fingerprint = hex(shown.fingerprint256);
  const subject = nameOf(shown.subject);
  return new AppError("source.certificate", `The certificate of ${host} is not trusted: ${clip(why, 500)}.`, {
    details: {
      host,
      fingerprint,
      subject,
      issuer: nameOf(shown.issuer),
      validFrom: instant(shown.valid_from),
      validTo: instant(shown.valid_to),
    },
  });
}

function hex(fingerprint: string | undefined): string {
  return (fingerprint ?? "").replaceAll(":", "").toLowerCase();
}

function nameOf(name: PeerCertificate["subject"] | undefined): string {
  const parts = Object.entries(name ?? {}).map(
    ([key, value]) => `${key}=${Array.isArray(value) ? value.join("+") : value}`,
  );
  return clip(parts.join(", "), 500);
}

function instant(text: string | undefined): string | null {
  const at = Date.parse(text ?? "");
  return Number.isNaN(at) ? null : new Date(at).toISOString();
}
