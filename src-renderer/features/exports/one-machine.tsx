import type { PlannedExport } from "../../../src-core/contract/exports.ts";
import type { MachineForm } from "../../app/export-form.ts";
import { Field, TextInput } from "../../components/field.tsx";
import { PathText } from "../../components/path-text.tsx";
import { Checkbox } from "../../components/toggle.tsx";
import { formatBytes } from "../../format/bytes.ts";

/** Files listed before the rest is counted. */
const FILES_SHOWN = 6;

/** What is chosen about the one machine that is exported: what its files are called, and which disks. */
export function OneMachine(props: {
  machine: MachineForm;
  planned: PlannedExport | undefined;
  disksError: string | undefined;
  onChange: (part: Partial<MachineForm>) => void;
}) {
  const { machine, planned, disksError, onChange } = props;
  return (
    <>
      <Field label="Name of what is made">
        {(ids) => (
          <TextInput
            {...ids}
            className="font-mono text-xs"
            maxLength={100}
            placeholder={planned?.name ?? machine.subject.name}
            value={machine.name}
            onChange={(event) => onChange({ name: event.target.value })}
          />
        )}
      </Field>
      {planned === undefined ? (
        <div className="skeleton h-16" />
      ) : (
        <>
          <DiskChoice machine={machine} disks={planned.disks} error={disksError} onChange={onChange} />
          <Files files={planned.files} />
        </>
      )}
    </>
  );
}

function DiskChoice(props: {
  machine: MachineForm;
  disks: PlannedExport["disks"];
  error: string | undefined;
  onChange: (part: Partial<MachineForm>) => void;
}) {
  const { machine, disks, error, onChange } = props;
  if (disks.length === 0) return null;
  const readable = disks.filter(({ obstacle }) => obstacle === null).map(({ key }) => key);
  const chosen = machine.diskKeys ?? readable;
  const choose = (key: string, wanted: boolean) => {
    const keys = readable.filter((one) => (one === key ? wanted : chosen.includes(one)));
    onChange({ diskKeys: keys.length === readable.length ? null : keys });
  };
  return (
    <fieldset>
      <legend className="mb-1 text-xs font-medium text-ink-2">Disks</legend>
      <div className="grid gap-px overflow-hidden rounded-md border border-line bg-line">
        {disks.map(({ key, label, capacityBytes, usedBytes, obstacle }) => (
          <div key={key} className="bg-raised px-3 py-1.5">
            <Checkbox
              checked={obstacle === null && chosen.includes(key)}
              disabled={obstacle !== null}
              onCheckedChange={(wanted) => choose(key, wanted)}
              label={label}
              hint={obstacle === null ? sizeWords(capacityBytes, usedBytes) : `Cannot be exported: ${obstacle}`}
            />
          </div>
        ))}
      </div>
      {error === undefined ? null : (
        <p role="alert" className="mt-1 text-xs text-bad">
          {error}
        </p>
      )}
    </fieldset>
  );
}

function sizeWords(capacityBytes: number, usedBytes: number | null): string {
  const size = capacityBytes === 0 ? "size not known" : formatBytes(capacityBytes);
  return usedBytes === null ? size : `${size}, ${formatBytes(usedBytes)} used`;
}

function Files({ files }: { files: readonly string[] }) {
  if (files.length === 0) return null;
  return (
    <div>
      <h3 className="mb-1 text-xs font-medium text-ink-2">Files that are made</h3>
      <ul aria-label="Files that are made" className="grid gap-0.5 border-l-2 border-line pl-2.5">
        {files.slice(0, FILES_SHOWN).map((path) => (
          <li key={path} className="min-w-0">
            <PathText path={path} />
          </li>
        ))}
        {files.length > FILES_SHOWN ? (
          <li className="text-xs text-ink-3">and {files.length - FILES_SHOWN} more</li>
        ) : null}
      </ul>
    </div>
  );
}
