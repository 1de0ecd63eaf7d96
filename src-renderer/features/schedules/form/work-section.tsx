import { Segmented } from "../../../components/segmented.tsx";
import { ConvertWork } from "./convert-work.tsx";
import { DiskPathField } from "./disk-path-field.tsx";
import { ExportFields } from "./export-fields.tsx";
import type { SectionProblems } from "./field-problems.ts";
import { MachinePicker } from "./machine-picker.tsx";
import { RuleFields } from "./rule-fields.tsx";
import { RestProblems } from "./section.tsx";
import { WORK_KINDS, type WorkForm } from "./work-form.ts";

/** Fields that have their message beside them. */
const SHOWN = [
  "work.request.sourcePath",
  "work.request.path",
  "work.request.aPath",
  "work.request.bPath",
  "work.request.sourceId",
  "work.request.machineId",
  "work.request.folder",
  "work.options.folder",
  "work.rule.sourceIds",
];

/** What it does. */
export function WorkFields(props: { work: WorkForm; problems: SectionProblems; onChange: (work: WorkForm) => void }) {
  const { work, problems, onChange } = props;
  return (
    <>
      <Segmented
        label="What it does"
        value={work.kind}
        onValueChange={(kind) => onChange({ ...work, kind })}
        options={WORK_KINDS}
        className="justify-self-start"
      />
      <KindFields {...props} />
      <RestProblems problems={problems} shown={SHOWN} />
    </>
  );
}

function KindFields({ work, problems, onChange }: Parameters<typeof WorkFields>[0]) {
  const setExport = (part: Partial<WorkForm["export"]>) => onChange({ ...work, export: { ...work.export, ...part } });
  const folderError = problems.at("work.request.folder") ?? problems.at("work.options.folder");
  switch (work.kind) {
    case "convert":
      return <ConvertWork work={work} problems={problems} onChange={onChange} />;
    case "check":
      return (
        <DiskPathField
          label="Disk to check"
          value={work.path}
          error={problems.at("work.request.path")}
          onChange={(path) => onChange({ ...work, path })}
        />
      );
    case "compare":
      return (
        <>
          <DiskPathField
            label="This disk"
            value={work.aPath}
            error={problems.at("work.request.aPath")}
            onChange={(aPath) => onChange({ ...work, aPath })}
          />
          <DiskPathField
            label="With this one"
            value={work.bPath}
            error={problems.at("work.request.bPath")}
            onChange={(bPath) => onChange({ ...work, bPath })}
          />
        </>
      );
    case "export": {
      const wrong = problems.at("work.request.machineId") ?? problems.at("work.request.sourceId");
      return (
        <>
          <MachinePicker
            machines={work.export.machines}
            error={wrong === undefined ? undefined : "Choose at least one machine."}
            onChange={(machines) => setExport({ machines })}
          />
          <ExportFields
            form={work.export}
            sourceIds={work.export.machines.map(({ subject }) => subject.sourceId)}
            folderError={folderError}
            onChange={setExport}
          />
        </>
      );
    }
    case "selection":
      return (
        <>
          <RuleFields
            rule={work.rule}
            problems={problems}
            onChange={(part) => onChange({ ...work, rule: { ...work.rule, ...part } })}
          />
          <ExportFields
            form={work.export}
            sourceIds={work.rule.sourceIds}
            folderError={folderError}
            onChange={setExport}
          />
        </>
      );
  }
}
