import { RadioGroup } from "radix-ui";
import { useId } from "react";
import type { VerifyMode } from "../../src-core/model/task.ts";
import { TextInput } from "./field.tsx";

type Mode = VerifyMode["mode"];

interface VerifyChoiceProps {
  mode: Mode;
  samplePercent: number;
  onChange: (change: { verify?: Mode; samplePercent?: number }) => void;
  error?: string | undefined;
}

const CHOICES: readonly { mode: Mode; label: string; words: string }[] = [
  {
    mode: "full",
    label: "Every byte",
    words:
      "The target is read back and compared with the source in full. Takes about as long as a second read of both.",
  },
  {
    mode: "sample",
    label: "A random sample",
    words: "A stated share, spread over the whole disk. Finds damage that is spread out, may miss a single bad spot.",
  },
  { mode: "none", label: "Not at all", words: "Fastest. Nothing proves that the target is right." },
];

/** How the result is proven. */
export function VerifyChoice({ mode, samplePercent, onChange, error }: VerifyChoiceProps) {
  const id = useId();
  return (
    <fieldset>
      <legend className="mb-1 text-xs font-medium text-ink-2">Verify the result</legend>
      <RadioGroup.Root
        value={mode}
        onValueChange={(value) => {
          const choice = CHOICES.find((c) => c.mode === value);
          if (choice !== undefined) onChange({ verify: choice.mode });
        }}
        aria-label="Verify the result"
        className="grid gap-px overflow-hidden rounded-md border border-line bg-line"
      >
        {CHOICES.map((choice) => (
          <div key={choice.mode} className="flex items-start gap-2.5 bg-raised px-3 py-2">
            <RadioGroup.Item
              id={`${id}-${choice.mode}`}
              value={choice.mode}
              aria-describedby={`${id}-${choice.mode}-note`}
              className="mt-0.5 grid size-4 shrink-0 place-items-center rounded-full border border-line-strong data-[state=checked]:border-accent"
            >
              <RadioGroup.Indicator className="size-2 rounded-full bg-accent" />
            </RadioGroup.Item>
            <div className="min-w-0 flex-1">
              <label htmlFor={`${id}-${choice.mode}`}>{choice.label}</label>
              <p id={`${id}-${choice.mode}-note`} className="text-xs text-ink-3">
                {choice.words}
              </p>
              {choice.mode === "sample" && mode === "sample" ? (
                <div className="mt-1.5 flex items-center gap-2 text-sm">
                  <TextInput
                    type="number"
                    min={1}
                    max={100}
                    aria-label="Sample percent"
                    aria-invalid={error === undefined ? undefined : true}
                    className="w-20"
                    value={Number.isNaN(samplePercent) ? "" : samplePercent}
                    onChange={(event) => onChange({ samplePercent: event.target.valueAsNumber })}
                  />
                  <span>% of the disk</span>
                  {error === undefined ? null : <span className="text-xs text-bad">{error}</span>}
                </div>
              ) : null}
            </div>
          </div>
        ))}
      </RadioGroup.Root>
    </fieldset>
  );
}
