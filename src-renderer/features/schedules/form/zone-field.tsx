import { useId, useMemo } from "react";
import { Field, TextInput } from "../../../components/field.tsx";

/** A time zone: typed with what is known offered, this computer's first. */
export function ZoneField(props: {
  zone: string;
  home: string;
  error: string | undefined;
  onChange: (zone: string) => void;
}) {
  const { zone, home, error, onChange } = props;
  const listId = useId();
  const zones = useMemo(
    () => [home, "UTC", ...Intl.supportedValuesOf("timeZone").filter((one) => one !== home && one !== "UTC")],
    [home],
  );
  return (
    <Field label="Time zone" error={error} hint={zone === home ? "This computer's." : `This computer's is ${home}.`}>
      {(ids) => (
        <>
          <TextInput
            {...ids}
            list={listId}
            value={zone}
            onChange={(event) => onChange(event.target.value)}
            // A list of suggestions shows what fits what is there: emptied, it shows all.
            onFocus={(event) => event.target.select()}
          />
          <datalist id={listId}>
            {zones.map((one) => (
              <option key={one} value={one} />
            ))}
          </datalist>
        </>
      )}
    </Field>
  );
}
