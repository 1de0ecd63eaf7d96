import { CircleCheck, CircleX, ShieldQuestion } from "lucide-react";
import { useEffect, useRef } from "react";
import { productText } from "../../../src-core/model/product-text.ts";
import type { ShownCertificate, SourceTest } from "../../../src-core/model/source.ts";
import { Button } from "../../components/button.tsx";
import { CopyButton } from "../../components/copy-button.tsx";
import { ErrorCard } from "../../components/error-card.tsx";
import { Facts } from "../../components/panel.tsx";
import { formatAbsolute } from "../../format/date.ts";
import { plural } from "../../format/plural.ts";
import { fingerprintText } from "./source-words.ts";

/** What a test found: one line a check, with what is missing and what to do; or what kept it from connecting. */
export function TestResult({ test, onTrust }: { test: SourceTest; onTrust?: (fingerprint: string) => void }) {
  const { certificate, error, capabilities } = test;
  const section = useRef<HTMLElement>(null);
  // It may come below what is seen of the dialog, and with it the button that one has to press next.
  useEffect(() => {
    section.current?.scrollIntoView({ block: "nearest" });
  }, []);
  const checks = test.checks.toSorted((a, b) => Number(a.ok) - Number(b.ok));
  const failed = checks.filter(({ ok }) => !ok).length;
  return (
    <section ref={section} aria-label="Result of the test" aria-live="polite" className="grid gap-2">
      {certificate !== null ? (
        <CertificateCard certificate={certificate} {...(onTrust === undefined ? {} : { onTrust })} />
      ) : error !== null ? (
        <ErrorCard title="It could not be connected to" error={error} />
      ) : null}
      {capabilities === null ? null : (
        <p className="flex items-center gap-2 text-sm">
          <CircleCheck aria-hidden className="size-4 text-ok" />
          Connected: {productText(capabilities)}
          {failed === 0 ? null : (
            <span className="ml-auto shrink-0 text-bad">
              {failed} of {plural(checks.length, "check")} failed
            </span>
          )}
        </p>
      )}
      {checks.length === 0 ? null : (
        <ul className="divide-y divide-line/60 rounded-md border border-line">
          {checks.map((check) => (
            <li key={check.id} className="flex gap-2.5 px-3 py-2">
              {check.ok ? (
                <CircleCheck aria-label="works" className="mt-0.5 size-4 shrink-0 text-ok" />
              ) : (
                <CircleX aria-label="does not work" className="mt-0.5 size-4 shrink-0 text-bad" />
              )}
              <div className="min-w-0">
                <p className="font-medium">{check.label}</p>
                <p className="text-xs break-words text-ink-2">{check.message}</p>
                {check.missing.length === 0 ? null : (
                  <p className="mt-0.5 font-mono text-xs break-words text-bad">missing: {check.missing.join(", ")}</p>
                )}
                {check.ok || check.remedy === null ? null : <p className="mt-0.5 text-xs">{check.remedy}</p>}
              </div>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

/** A certificate or host key that nobody has vouched for yet: to be compared, then pinned. */
function CertificateCard(props: { certificate: ShownCertificate; onTrust?: (fingerprint: string) => void }) {
  const { certificate, onTrust } = props;
  const { kind, fingerprint, subject, issuer, validFrom, validTo } = certificate;
  const what = kind === "host-key" ? "host key" : "certificate";
  const valid =
    validTo === null ? null : `${validFrom === null ? "?" : formatAbsolute(validFrom)} – ${formatAbsolute(validTo)}`;
  const rows = [
    { name: "Subject", value: subject },
    { name: "Issuer", value: issuer },
    { name: "Valid", value: valid },
  ].filter((row) => row.value !== null);
  return (
    <section
      aria-label={`The ${what} is not trusted`}
      className="rounded-md border border-warn/45 bg-warn-soft px-3.5 py-3"
    >
      <div className="flex items-start gap-2.5">
        <ShieldQuestion aria-hidden className="mt-0.5 size-4 shrink-0 text-warn" />
        <div className="min-w-0 flex-1">
          <p className="font-semibold">Is this the {what} of your source?</p>
          <p className="text-ink-2">
            Nobody this computer trusts vouches for it. Compare the fingerprint with the one that the source shows
            itself; if they are equal, nobody stands in between.
          </p>
          <p className="my-2 flex items-center gap-2 rounded border border-line bg-raised p-2">
            <output aria-label="SHA-256 fingerprint" className="min-w-0 font-mono text-xs break-all">
              {fingerprintText(fingerprint)}
            </output>
            <CopyButton text={fingerprintText(fingerprint)} label="Copy fingerprint">
              Copy
            </CopyButton>
          </p>
          <Facts rows={rows} />
          {onTrust === undefined ? null : (
            <Button look="primary" className="mt-3" onClick={() => onTrust(fingerprint)}>
              They are equal: trust this {what}
            </Button>
          )}
        </div>
      </div>
    </section>
  );
}
