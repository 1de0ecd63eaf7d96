import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import type { AllocationMap } from "../../../src-core/model/disk.ts";
import { api } from "../../app/api-client.ts";
import { ReadFailure } from "../../app/read-failure.tsx";
import { Panel } from "../../components/panel.tsx";
import { BytesText } from "../../components/quantity.tsx";
import { exactBytes, formatBytes, formatCount, formatPercent } from "../../format/bytes.ts";
import { AllocationPicture } from "./allocation-picture.tsx";
import { usePictureColours } from "./picture-colours.ts";

const SLICES = 1024;

const STATES = [
  { key: "dataBytes", word: "Data", swatch: "bg-accent-fill", meaning: "stored in this image" },
  { key: "zeroBytes", word: "Zero", swatch: "bg-zero", meaning: "known to read as zeros, takes no space" },
  { key: "holeBytes", word: "Hole", swatch: "hatch", meaning: "not allocated: reads from the parent, else zeros" },
] as const;

/** Where the disk has data, zeros and holes: picture, legend with exact totals, and the figures as a table. */
export function AllocationPanel({ path, actions }: { path: string; actions?: ReactNode }) {
  const query = useQuery(api.disks.map.queryOptions({ input: { path, slices: SLICES } }));
  return (
    <Panel
      title="Allocation"
      actions={actions}
      note={
        query.data === undefined
          ? undefined
          : `${formatCount(query.data.extentCount)} ${query.data.extentCount === 1 ? "extent" : "extents"}, ${scatterWords(query.data)}${formatBytes(query.data.slices[0]?.lengthBytes ?? 0)} a slice`
      }
    >
      {query.error !== null ? (
        <ReadFailure bare title="The allocation could not be read" error={query.error} onRetry={query.refetch} />
      ) : query.data === undefined ? (
        <div role="status" aria-label="Reading the allocation" className="grid gap-2">
          <div className="skeleton h-28" />
          <div className="skeleton h-16" />
        </div>
      ) : query.data.virtualSizeBytes === 0 ? (
        <p className="text-ink-2">The disk is empty: its virtual size is 0 bytes.</p>
      ) : (
        <Allocation map={query.data} />
      )}
    </Panel>
  );
}

/** How much the data is scattered. */
function scatterWords({ dataExtentCount, totals }: AllocationMap): string {
  return dataExtentCount === 0 ? "" : `data in runs of ${formatBytes(totals.dataBytes / dataExtentCount)} on average, `;
}

function Allocation({ map }: { map: AllocationMap }) {
  const colours = usePictureColours();
  return (
    <>
      <AllocationPicture map={map} colours={colours} />
      <table className="mt-1 w-full max-w-3xl text-left">
        <caption className="sr-only">Allocation in total</caption>
        <thead className="sr-only">
          <tr>
            <th scope="col">State</th>
            <th scope="col">Share</th>
            <th scope="col">Size</th>
            <th scope="col">Exactly</th>
            <th scope="col">Meaning</th>
          </tr>
        </thead>
        <tbody>
          {STATES.map(({ key, word, swatch, meaning }) => (
            <tr key={key} className="border-t border-line/60">
              <th scope="row" className="py-1 pr-4 font-medium">
                <span className="flex items-center gap-2">
                  <span aria-hidden className={`size-3 rounded-[2px] border border-line ${swatch}`} />
                  {word}
                </span>
              </th>
              <td className="pr-4 text-right">{formatPercent(map.totals[key], map.virtualSizeBytes)}</td>
              <td className="pr-4 text-right">
                <BytesText bytes={map.totals[key]} />
              </td>
              <td className="pr-4 text-right font-mono text-xs text-ink-2">{exactBytes(map.totals[key])}</td>
              <td className="text-xs text-ink-3 max-lg:hidden">{meaning}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <SliceTable map={map} />
    </>
  );
}

const COLUMNS = [
  { name: "Start", key: "start" },
  { name: "Length", key: "lengthBytes" },
  { name: "Data", key: "dataBytes" },
  { name: "Zero", key: "zeroBytes" },
  { name: "Hole", key: "holeBytes" },
] as const;

/** The picture as figures, in bytes; drawn only when asked for. */
function SliceTable({ map }: { map: AllocationMap }) {
  const [open, setOpen] = useState(false);
  return (
    <details className="mt-3" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary className="w-fit text-xs text-ink-2 hover:text-ink">All slices as a table</summary>
      {open ? (
        <table className="mt-2 w-full max-w-3xl text-right font-mono text-xs">
          <thead className="text-ink-2">
            <tr>
              {COLUMNS.map(({ name }) => (
                <th key={name} scope="col" className="px-3 py-1 font-medium">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {map.slices.map((slice) => (
              <tr key={slice.start} className="border-t border-line/60">
                {COLUMNS.map(({ name, key }) => (
                  <td key={name} className="px-3 py-0.5">
                    {formatCount(slice[key])}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      ) : null}
    </details>
  );
}
