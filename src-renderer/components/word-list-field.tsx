import { X } from "lucide-react";
import { type ReactNode, useId, useState } from "react";
import { Field, TextInput } from "./field.tsx";

/** Suggestions offered at once; a list of thousands would hold the page up. */
const OFFERED = 100;

/** A list of words: typed and taken by Enter, comma or leaving the field; Backspace in an empty field takes the last one back. */
export function WordListField(props: {
  label: string;
  hint?: ReactNode;
  error?: string | undefined;
  placeholder?: string;
  words: readonly string[];
  /** What is known, to choose from while typing. */
  known?: readonly string[];
  onChange: (words: string[]) => void;
}) {
  const { label, hint, error, placeholder, words, known = [], onChange } = props;
  const listId = useId();
  const [text, setText] = useState("");
  const take = (typed: string) => {
    const added = typed
      .split(",")
      .map((word) => word.trim())
      .filter((word) => word !== "" && !words.includes(word));
    setText("");
    if (added.length > 0) onChange([...words, ...new Set(added)]);
  };
  const offered = known.filter((word) => !words.includes(word)).slice(0, OFFERED);
  return (
    <Field label={label} error={error} {...(hint === undefined ? {} : { hint })}>
      {(ids) => (
        <div className="grid gap-1">
          <TextInput
            {...ids}
            list={offered.length === 0 ? undefined : listId}
            placeholder={placeholder}
            value={text}
            onChange={(event) => {
              const typed = event.target.value;
              if (typed.includes(",") || offered.includes(typed)) take(typed);
              else setText(typed);
            }}
            onBlur={() => take(text)}
            onKeyDown={(event) => {
              if (event.key === "Enter") {
                event.preventDefault();
                take(text);
              } else if (event.key === "Backspace" && text === "" && words.length > 0) onChange(words.slice(0, -1));
            }}
          />
          <datalist id={listId}>
            {offered.map((word) => (
              <option key={word} value={word} />
            ))}
          </datalist>
          {words.length === 0 ? null : (
            <ul aria-label={`${label}, chosen`} className="flex flex-wrap gap-1">
              {words.map((word) => (
                <li
                  key={word}
                  className="inline-flex h-6 max-w-full items-center gap-1 rounded border border-accent/40 bg-accent-soft pl-2 text-xs text-accent"
                >
                  <span className="truncate">{word}</span>
                  <button
                    type="button"
                    aria-label={`Remove ${word}`}
                    className="grid size-5 place-items-center rounded hover:bg-raised"
                    onClick={() => onChange(words.filter((one) => one !== word))}
                  >
                    <X aria-hidden className="size-3" />
                  </button>
                </li>
              ))}
            </ul>
          )}
        </div>
      )}
    </Field>
  );
}
