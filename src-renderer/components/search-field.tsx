/** The search of a page: "/" goes there from anywhere, Escape empties it. */
import { Search, X } from "lucide-react";
import { useEffect, useRef } from "react";
import { IconButton } from "./button.tsx";
import { classNames } from "./class-names.ts";
import { TextInput } from "./field.tsx";

interface SearchFieldProps {
  label: string;
  placeholder: string;
  value: string;
  onChange: (value: string) => void;
  /** Of the whole. */
  className: string;
}

export function SearchField({ label, placeholder, value, onChange, className }: SearchFieldProps) {
  const search = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const typing =
        event.target instanceof HTMLElement && event.target.closest("input, textarea, [role=dialog], [role=menu]");
      if (event.key !== "/" || typing || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      search.current?.focus();
      search.current?.select();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
  return (
    <div className={classNames("relative", className)}>
      <Search aria-hidden className="pointer-events-none absolute top-2 left-2.5 size-4 text-ink-3" />
      <TextInput
        ref={search}
        aria-label={label}
        placeholder={placeholder}
        className="h-8 pr-8 pl-8"
        value={value}
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Escape") onChange("");
        }}
      />
      {value === "" ? (
        <kbd aria-hidden className="absolute top-1.5 right-2 rounded border border-line px-1 text-2xs text-ink-3">
          /
        </kbd>
      ) : (
        <IconButton label="Clear search" className="absolute top-1 right-1 size-6" onClick={() => onChange("")}>
          <X aria-hidden />
        </IconButton>
      )}
    </div>
  );
}
