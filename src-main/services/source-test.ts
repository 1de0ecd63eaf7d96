/** What a try to connect came to, as it is shown: with the certificate to compare where the other end is not trusted yet. */
import type { AppErrorData } from "../../src-core/model/error.ts";
import type { ShownCertificate, SourceTest } from "../../src-core/model/source.ts";
import type { FromSession } from "../../src-core/model/source-session.ts";

export function sourceTest(tested: Extract<FromSession, { type: "tested" }>): SourceTest {
  const { error, capabilities, checks } = tested;
  const ok = error === null && checks.every((check) => check.ok);
  return { ok, certificate: certificateOf(error), error, capabilities, checks };
}

function certificateOf(error: AppErrorData | null): ShownCertificate | null {
  if (error === null || (error.code !== "source.certificate" && error.code !== "source.host-key")) return null;
  const text = (name: string) => {
    const value = error.details?.[name];
    return typeof value === "string" ? value : null;
  };
  const fingerprint = text("fingerprint");
  if (fingerprint === null || !/^[0-9a-f]{64}$/.test(fingerprint)) return null;
  return {
    kind: error.code === "source.host-key" ? "host-key" : "certificate",
    fingerprint,
    subject: text("subject"),
    issuer: text("issuer"),
    validFrom: text("validFrom"),
    validTo: text("validTo"),
  };
}
