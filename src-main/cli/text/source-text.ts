/** Sources and what testing them found, for people. */
import { productText } from "../../../src-core/model/product-text.ts";
import type { Leftover, ShownCertificate, Source, SourceTest } from "../../../src-core/model/source.ts";
import { plainText, table } from "./table.ts";

export function sourcesText(sources: readonly Source[]): string[] {
  if (sources.length === 0) return ["No sources. Add one with: hypersdk sources add NAME ADDRESS"];
  const columns = [
    { title: "NAME" },
    { title: "KIND" },
    { title: "STATE" },
    { title: "MACHINES", align: "right" },
    { title: "ADDRESS" },
  ] as const;
  return table(
    columns,
    sources.map(({ name, kind, connection, inventory, address }) => [
      name,
      kind,
      connection.error === null ? connection.state : `${connection.state}: ${connection.error.message}`,
      String(inventory.machineCount),
      address,
    ]),
  );
}

/** One line a check, with what is missing and what to do. */
export function testText({ error, capabilities, checks }: SourceTest): string[] {
  const lines = capabilities === null ? [] : [`connected: ${productText(capabilities)}`];
  for (const check of checks) {
    lines.push(`${check.ok ? "ok     " : "FAILED "} ${check.label}: ${check.message}`);
    if (check.missing.length > 0) lines.push(`        missing: ${check.missing.join(", ")}`);
    if (check.remedy !== null && !check.ok) lines.push(`        ${check.remedy}`);
  }
  if (error !== null) lines.push(`FAILED  ${error.message}`);
  return lines.map(plainText);
}

export function leftoversText(source: string, leftovers: readonly Leftover[]): string[] {
  if (leftovers.length === 0) return [`Nothing is left on ${plainText(source)}.`];
  const columns = [{ title: "KIND" }, { title: "MACHINE" }, { title: "MADE" }, { title: "WHAT" }] as const;
  return table(
    columns,
    leftovers.map(({ kind, machineName, createdAt, description, mark }) => [
      kind,
      machineName,
      createdAt ?? "",
      description === "" ? mark : description,
    ]),
  );
}

export function certificateText(shown: ShownCertificate): string[] {
  const rows = [
    ["SHA-256", shown.fingerprint.match(/../g)?.join(":") ?? shown.fingerprint],
    ["subject", shown.subject],
    ["issuer", shown.issuer],
    ["valid", shown.validTo === null ? null : `${shown.validFrom ?? "?"} to ${shown.validTo}`],
  ] as const;
  const what = shown.kind === "host-key" ? "host key" : "certificate";
  return [
    `The ${what} of the source is not trusted yet:`,
    ...rows.flatMap(([name, value]) => (value === null ? [] : [`  ${name.padEnd(8)} ${plainText(value)}`])),
  ];
}
