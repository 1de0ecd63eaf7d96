import { useEffect, useState } from "react";
import type { Settings } from "../../../src-core/model/settings.ts";
import type { VerifyMode } from "../../../src-core/model/task.ts";
import { FolderField } from "../../app/folder-field.tsx";
import { Button } from "../../components/button.tsx";
import { Field, TextInput } from "../../components/field.tsx";
import { Panel } from "../../components/panel.tsx";
import { Select } from "../../components/select.tsx";

interface WorkPanelProps {
  settings: Settings;
  onChange: (part: Partial<Settings>) => void;
}

const MODES: readonly { value: VerifyMode["mode"]; label: string }[] = [
  { value: "full", label: "Every byte" },
  { value: "sample", label: "A random sample" },
  { value: "none", label: "Not at all" },
];

/** How work is done when nothing else is said. */
export function WorkPanel({ settings, onChange }: WorkPanelProps) {
  return (
    <Panel title="Work">
      <div className="grid gap-4">
        <div className="grid grid-cols-2 gap-4">
          <Field label="Tasks at the same time" hint="1 to 16. Each reads and writes at full speed.">
            {(ids) => (
              <Select
                {...ids}
                value={String(settings.concurrency)}
                onValueChange={(value) => onChange({ concurrency: Number(value) })}
                options={Array.from({ length: 16 }, (_, n) => ({ value: String(n + 1), label: String(n + 1) }))}
              />
            )}
          </Field>
          <div className="flex gap-3">
            <Field label="Verify results" className="flex-1" hint="Proposed for new conversions.">
              {(ids) => (
                <Select<VerifyMode["mode"]>
                  {...ids}
                  value={settings.defaultVerify.mode}
                  options={MODES}
                  onValueChange={(mode) =>
                    onChange({ defaultVerify: mode === "sample" ? { mode, fraction: 0.05, seed: 0 } : { mode } })
                  }
                />
              )}
            </Field>
            {settings.defaultVerify.mode === "sample" ? (
              <SamplePercent
                fraction={settings.defaultVerify.fraction}
                onChange={(fraction) => onChange({ defaultVerify: { mode: "sample", fraction, seed: 0 } })}
              />
            ) : null}
          </div>
        </div>
        <TargetFolder
          saved={settings.defaultTargetFolder}
          onSave={(defaultTargetFolder) => onChange({ defaultTargetFolder })}
        />
      </div>
    </Panel>
  );
}

function SamplePercent({ fraction, onChange }: { fraction: number; onChange: (fraction: number) => void }) {
  const [text, setText] = useState(String(Math.round(fraction * 100)));
  const percent = Number(text);
  const valid = percent >= 1 && percent <= 100;
  return (
    <Field label="Percent" className="w-24" error={valid ? undefined : "1 to 100"}>
      {(ids) => (
        <TextInput
          {...ids}
          type="number"
          min={1}
          max={100}
          value={text}
          onChange={(event) => setText(event.target.value)}
          onBlur={() => {
            if (valid && percent !== Math.round(fraction * 100)) onChange(percent / 100);
          }}
        />
      )}
    </Field>
  );
}

function TargetFolder({ saved, onSave }: { saved: string | null; onSave: (folder: string | null) => void }) {
  const [text, setText] = useState(saved ?? "");
  useEffect(() => setText(saved ?? ""), [saved]);
  const changed = text.trim() !== (saved ?? "");
  return (
    <div className="flex items-start gap-2">
      <FolderField
        className="flex-1"
        label="Default target folder"
        value={text}
        onChange={setText}
        placeholder="beside the source"
        hint="Empty: a new disk is put beside its source."
      />
      <Button
        className="mt-5"
        disabled={!changed}
        aria-label="Save target folder"
        onClick={() => onSave(text.trim() === "" ? null : text.trim())}
      >
        Save
      </Button>
    </div>
  );
}
