import { useQuery } from "@tanstack/react-query";
import { type ExportForm, formErrors } from "../../../app/export-form.ts";
import { OutputFields } from "../../../app/export-output-fields.tsx";
import { PaceFields, RunningFields } from "../../../app/export-pace-fields.tsx";
import { useSystem } from "../../../app/queries.ts";
import { sourcesQuery } from "../../../app/source-queries.ts";
import { Button } from "../../../components/button.tsx";
import { insertedInFolder, namesRepeat, PlaceholderChips } from "./placeholder-chips.tsx";

/** How machines are exported, as the dialog asks it, into a folder that each run fills in. */
export function ExportFields(props: {
  form: ExportForm;
  sourceIds: readonly string[];
  folderError: string | undefined;
  onChange: (part: Partial<ExportForm>) => void;
}) {
  const { form, sourceIds, folderError, onChange } = props;
  const formats = useSystem()?.formats ?? [];
  const sources = useQuery(sourcesQuery).data ?? [];
  const able = sources.flatMap(({ id, connection }) => (sourceIds.includes(id) ? (connection.capabilities ?? []) : []));
  const repeats = namesRepeat(form.folder, ...form.machines.slice(0, 1).map(({ name }) => name));
  return (
    <>
      <OutputFields form={form} formats={formats} folderError={folderError} onChange={onChange} />
      <PlaceholderChips
        into="the folder"
        onInsert={(text) => onChange({ folder: insertedInFolder(form.folder, text) })}
      />
      {form.folder !== "" && !form.overwrite && repeats ? (
        <div className="flex items-center gap-3 text-xs text-warn">
          <span>Every run would make the same files: the second one fails.</span>
          <Button size="small" onClick={() => onChange({ folder: insertedInFolder(form.folder, "{date}") })}>
            A folder for each day
          </Button>
        </div>
      ) : null}
      <RunningFields
        form={form}
        canPower={able.some(({ power }) => power)}
        canQuiesce={able.some(({ quiesce }) => quiesce)}
        onChange={onChange}
      />
      <PaceFields form={form} errors={formErrors(form)} scheduled onChange={onChange} />
    </>
  );
}
