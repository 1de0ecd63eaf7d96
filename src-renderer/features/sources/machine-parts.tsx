import { CircleCheck, HardDrive, Network, OctagonX, TriangleAlert } from "lucide-react";
import type { MachineDetail, MachineDisk, MachineNic } from "../../../src-core/model/inventory.ts";
import { PathText } from "../../components/path-text.tsx";
import { BytesText } from "../../components/quantity.tsx";
import { Tag } from "../../components/tag.tsx";

const MODES: Partial<Record<MachineDisk["mode"], string>> = {
  "independent-persistent": "independent",
  "independent-nonpersistent": "independent, not persistent",
  "raw-physical": "physical RDM",
  "raw-virtual": "virtual RDM",
  shared: "shared",
};

/** Disks with the files that each is read through. */
export function Disks({ disks }: { disks: readonly MachineDisk[] }) {
  if (disks.length === 0) return <p className="text-ink-2">It has no disks.</p>;
  return (
    <ul className="grid gap-3">
      {disks.map((disk) => (
        <li key={disk.key} className="rounded-md border border-line px-3 py-2.5">
          <div className="flex items-center gap-2">
            <HardDrive aria-hidden className="size-4 shrink-0 text-ink-3" />
            <span className="min-w-0 truncate font-medium" title={disk.label}>
              {disk.label}
            </span>
            <span className="ml-auto shrink-0">
              {disk.capacityBytes === 0 ? (
                <span className="text-ink-3">size not known</span>
              ) : (
                <BytesText bytes={disk.capacityBytes} />
              )}
            </span>
          </div>
          <p className="mt-1 flex flex-wrap items-center gap-1.5 text-xs text-ink-2">
            {disk.controller}
            {disk.usedBytes === null ? null : (
              <span>
                · <BytesText bytes={disk.usedBytes} /> used
              </span>
            )}
            {disk.thin === null ? null : <Tag>{disk.thin ? "thin" : "thick"}</Tag>}
            {MODES[disk.mode] === undefined ? null : <Tag tone="warn">{MODES[disk.mode]}</Tag>}
          </p>
          <ol aria-label="Files, the one written to first" className="mt-2 grid gap-1 border-l-2 border-line pl-2.5">
            {(disk.chain.length === 0 && disk.path !== null ? [{ path: disk.path, format: null }] : disk.chain).map(
              (file) => (
                <li key={file.path} className="flex items-center gap-2">
                  <PathText path={file.path} className="flex-1" />
                  {file.format === null ? null : <span className="shrink-0 text-2xs text-ink-3">{file.format}</span>}
                </li>
              ),
            )}
          </ol>
        </li>
      ))}
    </ul>
  );
}

export function Nics({ nics }: { nics: readonly MachineNic[] }) {
  if (nics.length === 0) return <p className="text-ink-2">No network adapters are known.</p>;
  return (
    <ul className="grid gap-2">
      {nics.map((nic) => (
        <li
          key={`${nic.label} ${nic.mac}`}
          className="flex items-start gap-2.5 rounded-md border border-line px-3 py-2"
        >
          <Network aria-hidden className="mt-0.5 size-4 shrink-0 text-ink-3" />
          <div className="min-w-0">
            <p className="font-medium">
              {nic.label} {nic.connected ? null : <Tag>not connected</Tag>}
            </p>
            <p className="text-xs break-words text-ink-2">
              {[nic.network, nic.model].filter((one) => one !== null).join(" · ")}
            </p>
            {nic.mac === null ? null : <p className="font-mono text-xs text-ink-2">{nic.mac}</p>}
          </div>
        </li>
      ))}
    </ul>
  );
}

/** What stands in an export's way, the worst first, each with what to do about it. */
export function Obstacles(props: { obstacles: MachineDetail["obstacles"]; disks: readonly MachineDisk[] }) {
  const { obstacles, disks } = props;
  if (obstacles.length === 0) {
    return (
      <p className="flex items-center gap-2">
        <CircleCheck aria-hidden className="size-4 text-ok" />
        Nothing stands in the way of an export.
      </p>
    );
  }
  const sorted = obstacles.toSorted((a, b) => Number(b.severity === "blocking") - Number(a.severity === "blocking"));
  return (
    <ul className="grid gap-2">
      {sorted.map((obstacle) => {
        const blocking = obstacle.severity === "blocking";
        const disk = disks.find(({ key }) => key === obstacle.diskKey);
        return (
          <li
            key={`${obstacle.code} ${obstacle.diskKey} ${obstacle.message}`}
            className={`flex items-start gap-2.5 rounded-md border px-3 py-2 ${blocking ? "border-bad/45 bg-bad-soft" : "border-warn/45 bg-warn-soft"}`}
          >
            {blocking ? (
              <OctagonX aria-hidden className="mt-0.5 size-4 shrink-0 text-bad" />
            ) : (
              <TriangleAlert aria-hidden className="mt-0.5 size-4 shrink-0 text-warn" />
            )}
            <div className="min-w-0">
              <p className="font-medium">
                {blocking ? (disk === undefined ? "Cannot be exported" : `${disk.label} is left out`) : "Good to know"}
              </p>
              <p className="break-words">{obstacle.message}</p>
              <p className="mt-0.5 text-ink-2">{obstacle.remedy}</p>
            </div>
          </li>
        );
      })}
    </ul>
  );
}
