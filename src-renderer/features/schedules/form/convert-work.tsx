import { Plus } from "lucide-react";
import { MAX_TARGETS } from "../../../../src-core/model/task.ts";
import { fieldErrors, withAnother, without, withTarget } from "../../../app/convert-form.ts";
import { useSystem } from "../../../app/queries.ts";
import { TargetFields } from "../../../app/target-fields.tsx";
import { Button } from "../../../components/button.tsx";
import { VerifyChoice } from "../../../components/verify-choice.tsx";
import { DiskPathField } from "./disk-path-field.tsx";
import type { SectionProblems } from "./field-problems.ts";
import { insertedInName, namesRepeat, PlaceholderChips } from "./placeholder-chips.tsx";
import { type WorkForm, withSource } from "./work-form.ts";

/** A conversion, as the dialog asks it, with names that each run fills in. */
export function ConvertWork(props: { work: WorkForm; problems: SectionProblems; onChange: (work: WorkForm) => void }) {
  const { work, problems, onChange } = props;
  const formats = useSystem()?.formats ?? [];
  const { convert } = work;
  const set = (next: typeof convert) => onChange({ ...work, convert: next });
  const first = formats.find(({ id }) => id === convert.targets[0]?.format)?.extensions[0] ?? "qcow2";
  return (
    <>
      <DiskPathField
        label="Disk to convert"
        value={work.path}
        error={problems.at("work.request.sourcePath")}
        onChange={(path) => onChange(withSource(work, path, first))}
      />
      {convert.targets.map((target, index) => (
        <div key={target.id} className="grid gap-2">
          <TargetFields
            target={target.format === null ? { ...target, format: "qcow2" } : target}
            planned={undefined}
            formats={formats}
            sourceBytes={null}
            number={convert.targets.length > 1 ? index + 1 : null}
            onChange={(part) => set(withTarget(convert, target.id, part))}
            onRemove={() => set(without(convert, target.id))}
          />
          <PlaceholderChips
            into="the file name"
            onInsert={(text) => set(withTarget(convert, target.id, { name: insertedInName(target.name, text) }))}
          />
          {target.name !== "" && !target.overwrite && namesRepeat(target.name, target.folder) ? (
            <div className="flex items-center gap-3 text-xs text-warn">
              <span>Every run would make this same file: the second one fails.</span>
              <Button size="small" onClick={() => set(withTarget(convert, target.id, { overwrite: true }))}>
                Replace it each time
              </Button>
            </div>
          ) : null}
        </div>
      ))}
      <Button
        size="small"
        look="quiet"
        className="-ml-2.5 justify-self-start"
        disabled={convert.targets.length >= MAX_TARGETS}
        onClick={() => {
          const more = withAnother(convert);
          const [folder = ""] = convert.targets.map((target) => target.folder);
          set({
            ...more,
            targets: more.targets.map((target) =>
              target.format === null ? { ...target, format: "qcow2" as const, folder } : target,
            ),
          });
        }}
      >
        <Plus aria-hidden />
        Add another output
      </Button>
      <VerifyChoice
        mode={convert.verify}
        samplePercent={convert.samplePercent}
        onChange={(part) => set({ ...convert, ...part })}
        error={fieldErrors(convert).samplePercent}
      />
    </>
  );
}
