import type { FormatInfo } from "../../../src-core/model/disk.ts";
import type { CompressionMethod, TargetVariant } from "../../../src-core/model/target.ts";
import { Field, TextInput } from "../../components/field.tsx";
import { Select } from "../../components/select.tsx";
import { Checkbox } from "../../components/toggle.tsx";
import { formatBytes } from "../../format/bytes.ts";
import type { TargetForm } from "./convert-form.ts";

interface VariantChoicesProps {
  info: FormatInfo;
  target: TargetForm;
  sourceBytes: number | null;
  sizeError: string | undefined;
  onChange: (part: Partial<TargetForm>) => void;
}

/** What can be chosen about a format, as the engine describes it: only what there is a choice of. */
export function VariantChoices({ info, target, sourceBytes, sizeError, onChange }: VariantChoicesProps) {
  const { choices } = target;
  const variant = info.variants.find(({ id }) => id === choices.subformat) ?? info.variants[0];
  if (variant === undefined) return null;
  const choose = (part: Partial<TargetForm["choices"]>) => onChange({ choices: { ...choices, ...part } });
  return (
    <div className="mt-2 grid gap-3 sm:grid-cols-2">
      {info.variants.length < 2 ? null : (
        <Field label="Variant">
          {(ids) => (
            <Select
              {...ids}
              value={variant.id}
              // Another variant offers other choices.
              onValueChange={(subformat) => onChange({ choices: { subformat } })}
              options={info.variants.map(({ id, label }) => ({ value: id, label }))}
            />
          )}
        </Field>
      )}
      <SizeChoices variant={variant} choices={choices} choose={choose} />
      <CompressionChoice variant={variant} choices={choices} choose={choose} />
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
      {variant.backing ? (
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
      {variant.preallocation.includes("metadata") ? (
        <div className="sm:col-span-2">
          <Checkbox
            checked={choices.preallocation === "metadata"}
            onCheckedChange={(on) => choose({ preallocation: on ? "metadata" : "off" })}
            label="Make all tables at once"
            hint="The guest's first writes are quicker, the file is a little larger."
          />
        </div>
      ) : null}
    </div>
  );
}

interface PartProps {
  variant: TargetVariant;
  choices: TargetForm["choices"];
  choose: (part: Partial<TargetForm["choices"]>) => void;
}

function SizeChoices({ variant, choices, choose }: PartProps) {
  const { blockBytes, sectorBytes } = variant;
  return (
    <>
      {blockBytes === null || blockBytes.choices.length < 2 ? null : (
        <Field label="Block size" hint="Unit in which space is taken.">
          {(ids) => (
            <Select
              {...ids}
              value={String(choices.blockBytes ?? blockBytes.usual)}
              onValueChange={(bytes) => choose({ blockBytes: Number(bytes) })}
              options={blockBytes.choices.map((bytes) => ({
                value: String(bytes),
                label: bytes === blockBytes.usual ? `${formatBytes(bytes)} (usual)` : formatBytes(bytes),
              }))}
            />
          )}
        </Field>
      )}
      {sectorBytes.length < 2 ? null : (
        <Field label="Sector size" hint="As the guest sees it.">
          {(ids) => (
            <Select
              {...ids}
              value={String(choices.sectorBytes ?? sectorBytes[0])}
              onValueChange={(bytes) => choose({ sectorBytes: Number(bytes) })}
              options={sectorBytes.map((bytes, index) => ({
                value: String(bytes),
                label: index === 0 ? `${bytes} bytes (usual)` : `${bytes} bytes`,
              }))}
            />
          )}
        </Field>
      )}
    </>
  );
}

const METHOD_WORDS: Record<CompressionMethod, string> = {
  none: "none",
  zlib: "zlib (read everywhere)",
  zstd: "zstd (quicker and smaller)",
};

function CompressionChoice({ variant, choices, choose }: PartProps) {
  const { compression } = variant;
  const method = choices.compression?.method ?? compression[0]?.method ?? "none";
  const levels = compression.find((offered) => offered.method === method)?.levels ?? null;
  const only = compression.length < 2;
  if (only && levels === null) return null;
  return (
    <div className="grid grid-cols-[minmax(0,1fr)_6rem] gap-2">
      <Field label="Compression">
        {(ids) => (
          <Select<CompressionMethod>
            {...ids}
            value={method}
            onValueChange={(chosen) => choose({ compression: { method: chosen } })}
            options={compression.map((offered) => ({ value: offered.method, label: METHOD_WORDS[offered.method] }))}
          />
        )}
      </Field>
      {levels === null ? null : (
        <Field label="Level" hint={`${levels.min} to ${levels.max}`}>
          {(ids) => (
            <TextInput
              {...ids}
              type="number"
              min={levels.min}
              max={levels.max}
              step={1}
              placeholder={String(levels.usual)}
              value={choices.compression?.level ?? ""}
              onChange={(event) => {
                const level = event.target.valueAsNumber;
                choose({
                  compression: Number.isNaN(level) ? { method } : { method, level: Math.max(1, Math.round(level)) },
                });
              }}
            />
          )}
        </Field>
      )}
    </div>
  );
}
