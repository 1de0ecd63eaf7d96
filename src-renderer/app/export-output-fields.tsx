import { ChevronRight } from "lucide-react";
import type { FormatId, FormatInfo } from "../../src-core/model/disk.ts";
import type { ExportOutput, PackageDigest } from "../../src-core/model/export.ts";
import { Field } from "../components/field.tsx";
import { Segmented } from "../components/segmented.tsx";
import { Select } from "../components/select.tsx";
import { Checkbox } from "../components/toggle.tsx";
import { choiceWords, VariantChoices } from "../components/variant-choices.tsx";
import { DIGEST_WORDS, OUTPUT_WORDS } from "../format/export-words.ts";
import type { ExportForm } from "./export-form.ts";
import { FolderField } from "./folder-field.tsx";

interface OutputFieldsProps {
  form: ExportForm;
  formats: readonly FormatInfo[];
  folderError: string | undefined;
  onChange: (part: Partial<ExportForm>) => void;
}

const OUTPUTS = (["ova", "ovf", "disks"] as const).map((value) => ({ value, label: OUTPUT_WORDS[value].label }));
const DIGESTS = (["sha256", "sha1", "sha512"] as const).map((value) => ({ value, label: DIGEST_WORDS[value].label }));
const LEVELS = ["usual", "1", "2", "3", "4", "5", "6", "7", "8", "9"] as const;
type Level = (typeof LEVELS)[number];
const LEVEL_WORDS: Partial<Record<Level, string>> = { usual: "as usual", "1": "1, quickest", "9": "9, smallest" };

/** What is made, and where. */
export function OutputFields({ form, formats, folderError, onChange }: OutputFieldsProps) {
  return (
    <>
      <div className="flex flex-wrap items-start gap-x-4 gap-y-2">
        <div className="grid gap-1">
          <span className="text-xs font-medium text-ink-2">Output</span>
          <Segmented<ExportOutput["kind"]>
            label="Output"
            value={form.output}
            onValueChange={(output) => onChange({ output })}
            options={OUTPUTS}
          />
        </div>
        {form.output === "disks" ? (
          <FormatChoice form={form} formats={formats} onChange={onChange} />
        ) : (
          <PackageChoices form={form} onChange={onChange} />
        )}
        <p className="basis-full text-xs text-ink-3">{OUTPUT_WORDS[form.output].means}</p>
      </div>
      {form.output === "disks" ? <FormatOptions form={form} formats={formats} onChange={onChange} /> : null}
      <FolderField
        label="Target folder"
        value={form.folder}
        onChange={(folder) => onChange({ folder, overwrite: false })}
        error={folderError}
      />
      <Checkbox
        checked={form.overwrite}
        onCheckedChange={(overwrite) => onChange({ overwrite })}
        label="Replace files that are there already"
        hint="The old ones stay until the new ones are complete."
      />
    </>
  );
}

function PackageChoices({ form, onChange }: Pick<OutputFieldsProps, "form" | "onChange">) {
  return (
    <>
      <Field label="Compression" className="w-36">
        {(ids) => (
          <Select<Level>
            {...ids}
            value={LEVELS.find((level) => level === String(form.compressionLevel)) ?? "usual"}
            onValueChange={(level) => onChange({ compressionLevel: level === "usual" ? null : Number(level) })}
            options={LEVELS.map((level) => ({ value: level, label: LEVEL_WORDS[level] ?? level }))}
          />
        )}
      </Field>
      <Field label="Manifest digest" hint={DIGEST_WORDS[form.digest].means} className="min-w-56 flex-1">
        {(ids) => (
          <Select<PackageDigest>
            {...ids}
            value={form.digest}
            onValueChange={(digest) => onChange({ digest })}
            options={DIGESTS}
          />
        )}
      </Field>
    </>
  );
}

type FormatProps = Pick<OutputFieldsProps, "form" | "formats" | "onChange">;

function FormatChoice({ form, formats, onChange }: FormatProps) {
  return (
    <Field label="Format" className="w-56">
      {(ids) => (
        <Select<FormatId>
          {...ids}
          value={form.format}
          // Another format offers other choices.
          onValueChange={(format) => onChange({ format, choices: {} })}
          options={formats
            .filter(({ id, can }) => can.write || id === form.format)
            .map(({ id, label }) => ({ value: id, label }))}
        />
      )}
    </Field>
  );
}

function FormatOptions({ form, formats, onChange }: FormatProps) {
  const info = formats.find(({ id }) => id === form.format);
  if (info === undefined) return null;
  return (
    <details className="group -mt-1">
      <summary className="flex w-fit items-center gap-1 text-sm text-ink-2 hover:text-ink">
        <ChevronRight aria-hidden className="size-4 transition-transform group-open:rotate-90" />
        {info.label} options
        <span className="ml-1 text-xs text-ink-3">{choiceWords(form.choices).join(", ")}</span>
      </summary>
      <VariantChoices info={info} choices={form.choices} onChange={(choices) => onChange({ choices })} />
    </details>
  );
}
