import type { ReactNode } from "react";
import type { FormatInfo } from "../../src-core/model/disk.ts";
import type { CompressionMethod, TargetOptions, TargetVariant } from "../../src-core/model/target.ts";
import { formatBytes } from "../format/bytes.ts";
import { Field, TextInput } from "./field.tsx";
import { Select } from "./select.tsx";
import { Checkbox } from "./toggle.tsx";

/** What can be chosen of a format's lists; sizes and parents are a disk's own. */
export type FormatChoices = Omit<TargetOptions, "virtualSizeBytes" | "backingPath">;

/** The variant that is chosen, or the format's usual one. */
export function variantOf(info: FormatInfo, choices: FormatChoices): TargetVariant | undefined {
  return info.variants.find(({ id }) => id === choices.subformat) ?? info.variants[0];
}

interface VariantChoicesProps {
  info: FormatInfo;
  choices: FormatChoices;
  onChange: (choices: FormatChoices) => void;
  /** Further fields of the same grid. */
  children?: ReactNode;
}

/** What can be chosen about a format, as the engine describes it: only what there is a choice of. */
export function VariantChoices({ info, choices, onChange, children }: VariantChoicesProps) {
  const variant = variantOf(info, choices);
  if (variant === undefined) return null;
  const choose = (part: Partial<FormatChoices>) => onChange({ ...choices, ...part });
  return (
    <div className="mt-2 grid items-start gap-3 sm:grid-cols-2">
      {info.variants.length < 2 ? null : (
        <Field label="Variant">
          {(ids) => (
            <Select
              {...ids}
              value={variant.id}
              // Another variant offers other choices.
              onValueChange={(subformat) => onChange({ subformat })}
              options={info.variants.map(({ id, label }) => ({ value: id, label }))}
            />
          )}
        </Field>
      )}
      <SizeChoices variant={variant} choices={choices} choose={choose} />
      <CompressionChoice variant={variant} choices={choices} choose={choose} />
      {children}
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
  choices: FormatChoices;
  choose: (part: Partial<FormatChoices>) => void;
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
    <div className="grid grid-cols-[minmax(0,1fr)_6rem] items-start gap-2">
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

/** What is different from the usual, so that it shows while the choices are folded away. `usual`: the variant's own id. */
export function choiceWords(choices: FormatChoices, usual?: string): string[] {
  return [
    choices.subformat ?? (usual || undefined),
    choices.blockBytes === undefined ? undefined : formatBytes(choices.blockBytes),
    choices.compression === undefined || choices.compression.method === "none" ? undefined : choices.compression.method,
    choices.sectorBytes === undefined ? undefined : `${choices.sectorBytes}-byte sectors`,
    choices.preallocation === "metadata" ? "preallocated tables" : undefined,
  ].filter((word) => word !== undefined);
}
