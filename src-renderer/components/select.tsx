import { classNames } from "./class-names.ts";
import { CONTROL } from "./field.tsx";

interface SelectProps<T extends string> {
  value: T;
  onValueChange: (value: T) => void;
  options: readonly { value: T; label: string }[];
  id?: string;
  /** The name, when no label names it. */
  label?: string;
  className?: string;
  "aria-describedby"?: string | undefined;
  "aria-invalid"?: true | undefined;
}

/** A list to choose one from: the browser's own element (typing, touch and screen readers work), drawn by styles.css. */
export function Select<T extends string>({ value, onValueChange, options, label, className, ...rest }: SelectProps<T>) {
  return (
    <select
      {...rest}
      aria-label={label}
      value={value}
      onChange={(event) => {
        const option = options.find((o) => o.value === event.target.value);
        if (option !== undefined) onValueChange(option.value);
      }}
      className={classNames(CONTROL, "picker", className)}
    >
      {options.map((option) => (
        <option key={option.value} value={option.value}>
          {option.label}
        </option>
      ))}
    </select>
  );
}
