import { ChevronRight, X } from "lucide-react";
import { useId } from "react";
import type { PlannedTarget } from "../../src-core/contract/runs.ts";
import type { FormatId, FormatInfo } from "../../src-core/model/disk.ts";
import { IconButton } from "../components/button.tsx";
import { Field, TextInput } from "../components/field.tsx";
import { Select } from "../components/select.tsx";
import { Checkbox } from "../components/toggle.tsx";
import { choiceWords, VariantChoices, variantOf } from "../components/variant-choices.tsx";
import { formatBytes } from "../format/bytes.ts";
import { baseName } from "../format/path.ts";
import { type TargetForm, targetErrors, withFormat } from "./convert-form.ts";
import { FolderField } from "./folder-field.tsx";

interface TargetFieldsProps {
  target: TargetForm;
  /** What the program made of it; absent while it has not answered. */
  planned: PlannedTarget | undefined;
  formats: readonly FormatInfo[];
  sourceBytes: number | null;
  /** Which of several outputs this is; null = the only one. */
  number: number | null;
  onChange: (part: Partial<TargetForm>) => void;
  onRemove: () => void;
}

/** One output: its format, its file, and what its format offers. */
export function TargetFields(props: TargetFieldsProps) {
  const { target, planned, formats, number, onChange } = props;
  const id = useId();
  if (target.format === null) return <div className="skeleton h-24" />;
  const errors = targetErrors(target);
  const info = formats.find((format) => format.id === target.format);
  const fields = (
    <>
      <div className="grid grid-cols-[13.5rem_minmax(0,1fr)] items-start gap-3">
        <Field label="Target format">
          {(ids) => (
            <Select<FormatId>
              {...ids}
              value={target.format ?? "qcow2"}
              onValueChange={(format) => onChange(withFormat(target, format, formats))}
              options={formats
                .filter((format) => format.can.write || format.id === target.format)
                .map((format) => ({ value: format.id, label: format.label }))}
            />
          )}
        </Field>
        <Field
          label="File name"
          error={errors.name}
          {...(planned === undefined || planned.companions.length === 0
            ? {}
            : { hint: `With ${planned.companions.map(baseName).join(", ")} beside it.` })}
        >
          {(ids) => (
            <TextInput
              {...ids}
              className="font-mono text-xs"
              value={target.name}
              onChange={(event) => onChange({ name: event.target.value, overwrite: false })}
            />
          )}
        </Field>
      </div>
      <FolderField
        label="Target folder"
        value={target.folder}
        onChange={(folder) => onChange({ folder, overwrite: false })}
        error={errors.folder}
      />
      {planned?.exists === true ? (
        <Checkbox
          checked={target.overwrite}
          onCheckedChange={(overwrite) => onChange({ overwrite })}
          label="Overwrite the existing file"
          hint="The old file stays until the new one is complete."
        />
      ) : null}
      {info === undefined ? null : (
        <details className="group">
          <summary className="flex w-fit items-center gap-1 text-sm text-ink-2 hover:text-ink">
            <ChevronRight aria-hidden className="size-4 transition-transform group-open:rotate-90" />
            {info.label} options
            <span className="ml-1 text-xs text-ink-3">{chosenWords(target, planned)}</span>
          </summary>
          <VariantChoices info={info} choices={target.choices} onChange={(choices) => onChange({ choices })}>
            <DiskFields
              target={target}
              sourceBytes={props.sourceBytes}
              sizeError={errors.size}
              backing={variantOf(info, target.choices)?.backing === true}
              onChange={onChange}
            />
          </VariantChoices>
        </details>
      )}
    </>
  );
  if (number === null) return <div className="grid gap-3">{fields}</div>;
  return (
    <fieldset aria-labelledby={id} className="relative grid gap-3 rounded-md border border-line px-3.5 pt-2.5 pb-3">
      <div className="flex items-center justify-between">
        <h3 id={id} className="text-sm font-semibold">
          Output {number}
        </h3>
        <span className="flex items-center gap-2 text-xs text-ink-3">
          {planned === undefined ? "" : `about ${formatBytes(planned.estimate.likelyBytes)}`}
          <IconButton label={`Remove output ${number}`} onClick={props.onRemove}>
            <X aria-hidden />
          </IconButton>
        </span>
      </div>
      {fields}
    </fieldset>
  );
}

/** What is different from the usual, so that it shows while the choices are folded away. */
function chosenWords({ choices, sizeGib, backing }: TargetForm, planned: PlannedTarget | undefined): string {
  return [
    ...choiceWords(choices, planned?.subformat),
    ...(sizeGib.trim() === "" ? [] : [`${sizeGib} GiB`]),
    ...(backing.trim() === "" ? [] : ["delta"]),
  ].join(", ");
}

interface DiskFieldsProps {
  target: TargetForm;
  sourceBytes: number | null;
  sizeError: string | undefined;
  /** Whether the chosen variant can be a delta. */
  backing: boolean;
  onChange: (part: Partial<TargetForm>) => void;
}

/** What is chosen about this disk rather than about its format. */
function DiskFields({ target, sourceBytes, sizeError, backing, onChange }: DiskFieldsProps) {
  return (
    <>
      <Field
        label="Size of the disk"
        error={sizeError}
        hint={sourceBytes === null ? "In GiB." : `In GiB; empty: as the source, ${formatBytes(sourceBytes)}.`}
      >
        {(ids) => (
          <TextInput
            {...ids}
            type="number"
            min={0}
            step="any"
            placeholder={sourceBytes === null ? "as the source" : String(Number((sourceBytes / 1024 ** 3).toFixed(3)))}
            value={target.sizeGib}
            onChange={(event) => onChange({ sizeGib: event.target.value })}
          />
        )}
      </Field>
      {backing ? (
        <Field
          label="Delta of"
          hint="Path of a disk in a library: only what differs from it is stored."
          className="sm:col-span-2"
        >
          {(ids) => (
            <TextInput
              {...ids}
              className="font-mono text-xs"
              placeholder="stands alone"
              value={target.backing}
              onChange={(event) => onChange({ backing: event.target.value })}
            />
          )}
        </Field>
      ) : null}
    </>
  );
}
