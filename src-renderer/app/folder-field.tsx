import { FolderOpen } from "lucide-react";
import { useState } from "react";
import { Button } from "../components/button.tsx";
import { Field, TextInput } from "../components/field.tsx";
import { client } from "./api-client.ts";
import { FolderBrowser } from "./folder-browser.tsx";
import { useSystem } from "./queries.ts";
import { toastError } from "./toast-error.ts";

interface FolderFieldProps {
  label: string;
  value: string;
  onChange: (path: string) => void;
  placeholder?: string;
  error?: string | undefined;
  hint?: string;
  autoFocus?: boolean;
  className?: string;
}

/** A folder of the program's computer: typed, or chosen in the system's dialog (window) or the page's own (browser). */
export function FolderField({
  label,
  value,
  onChange,
  placeholder,
  error,
  hint,
  autoFocus,
  className,
}: FolderFieldProps) {
  const system = useSystem();
  const [browsing, setBrowsing] = useState(false);
  const browse = async () => {
    if (system?.can.pickFolder !== true) {
      setBrowsing(true);
      return;
    }
    try {
      const { path } = await client.system.pickFolder();
      if (path !== null) onChange(path);
    } catch (problem) {
      toastError(problem);
    }
  };
  return (
    <Field
      label={label}
      error={error}
      {...(hint === undefined ? {} : { hint })}
      {...(className === undefined ? {} : { className })}
    >
      {(ids) => (
        <div className="flex gap-2">
          <TextInput
            {...ids}
            className="font-mono text-xs"
            value={value}
            placeholder={placeholder}
            autoFocus={autoFocus}
            onChange={(event) => onChange(event.target.value)}
          />
          <Button onClick={browse}>
            <FolderOpen aria-hidden />
            Browse…
          </Button>
          <FolderBrowser
            open={browsing}
            start={value}
            onClose={() => setBrowsing(false)}
            onChoose={(path) => {
              setBrowsing(false);
              onChange(path);
            }}
          />
        </div>
      )}
    </Field>
  );
}
