import { useId, useMemo } from "react";
import { useLibraryItems } from "../../../app/queries.ts";
import { Field, TextInput } from "../../../components/field.tsx";
import { matchesAll, searchWords } from "../../../format/matches.ts";

/** Suggestions offered at once. */
const OFFERED = 60;

/** A disk of a library: its path, typed with what the libraries hold offered. */
export function DiskPathField(props: {
  label: string;
  value: string;
  error?: string | undefined;
  onChange: (path: string) => void;
}) {
  const { label, value, error, onChange } = props;
  const listId = useId();
  const { items } = useLibraryItems();
  const paths = useMemo(() => items.flatMap((item) => item.disks.map(({ path }) => path)), [items]);
  const offered = useMemo(() => {
    const words = searchWords(value);
    return paths.filter((path) => path !== value && matchesAll(path.toLowerCase(), words)).slice(0, OFFERED);
  }, [paths, value]);
  return (
    <Field label={label} error={error} hint="A disk of a library; type a part of its path.">
      {(ids) => (
        <>
          <TextInput
            {...ids}
            list={listId}
            className="font-mono text-xs"
            value={value}
            onChange={(event) => onChange(event.target.value)}
          />
          <datalist id={listId}>
            {offered.map((path) => (
              <option key={path} value={path} />
            ))}
          </datalist>
        </>
      )}
    </Field>
  );
}
