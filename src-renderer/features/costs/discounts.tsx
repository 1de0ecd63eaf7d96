/** The user's own discounts, kept apart from the book and applied on top of it. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import type { PriceBook, PriceOverrides } from "../../../src-core/model/price.ts";
import { api } from "../../app/api-client.ts";
import { toErrorData } from "../../app/error-data.ts";
import { announce } from "../../components/announcer.tsx";
import { Button, IconButton } from "../../components/button.tsx";
import { ErrorCard } from "../../components/error-card.tsx";
import { Field, TextInput } from "../../components/field.tsx";
import { Select } from "../../components/select.tsx";
import { overridesQuery, renewBook } from "./book-queries.ts";
import { numberFault } from "./number-text.ts";

type Discount = PriceOverrides["discounts"][number];

export function Discounts({ book }: { book: PriceBook }) {
  const queries = useQueryClient();
  const overrides = useQuery(overridesQuery);
  const save = useMutation(
    api.cost.setOverrides.mutationOptions({
      onSuccess: async () => {
        announce("Your terms are in force");
        await renewBook(queries);
      },
    }),
  );
  const { data } = overrides;
  const keep = (discounts: Discount[]) => {
    if (data !== undefined) save.mutate({ ...data, discounts });
  };
  return (
    <section aria-label="Your discounts" className="grid gap-2">
      <h3 className="font-semibold">Your discounts</h3>
      <p className="text-ink-2">
        On top of the book, on this computer alone. Of several on one price the most exact counts.
      </p>
      {overrides.error !== null ? <ErrorCard error={toErrorData(overrides.error)} /> : null}
      {data === undefined ? (
        overrides.error === null ? (
          <div className="skeleton h-8" />
        ) : null
      ) : (
        <>
          <ul className="grid gap-1">
            {data.discounts.map((discount, at) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: two discounts may be equal in everything
              <li key={at} className="flex items-center gap-2 rounded-md border border-line px-3 py-1">
                <span className="min-w-0 flex-1 truncate">
                  <strong>{discount.percent} %</strong> on {nameOf(book, discount.provider)},{" "}
                  {discount.region ?? "all regions"}, {discount.meter ?? "everything"}
                  {discount.note === "" ? "" : `: ${discount.note}`}
                </span>
                <IconButton
                  label={`Remove the discount of ${discount.percent} %`}
                  disabled={save.isPending}
                  onClick={() => keep(data.discounts.filter((_, other) => other !== at))}
                >
                  <Trash2 aria-hidden />
                </IconButton>
              </li>
            ))}
          </ul>
          <NewDiscount book={book} busy={save.isPending} onAdd={(discount) => keep([...data.discounts, discount])} />
        </>
      )}
      {save.error === null ? null : <ErrorCard title="Your terms were not changed" error={toErrorData(save.error)} />}
    </section>
  );
}

const nameOf = (book: PriceBook, id: string) => book.providers.find((each) => each.id === id)?.label ?? id;

function NewDiscount(props: { book: PriceBook; busy: boolean; onAdd: (discount: Discount) => void }) {
  const { book, busy, onAdd } = props;
  const [provider, setProvider] = useState(book.providers[0]?.id ?? "");
  const [region, setRegion] = useState("");
  const [meter, setMeter] = useState("");
  const [percent, setPercent] = useState("");
  const [note, setNote] = useState("");
  const known = book.providers.find(({ id }) => id === provider);
  const fault = percent === "" ? null : numberFault(percent, { min: 0, max: 100, fractions: true });
  return (
    <form
      aria-label="Add a discount"
      className="grid grid-cols-2 items-start gap-2 md:grid-cols-[1fr_1fr_1fr_6rem_1fr_auto]"
      onSubmit={(event) => {
        event.preventDefault();
        onAdd({
          provider,
          ...(region === "" ? {} : { region }),
          ...(meter === "" ? {} : { meter }),
          percent: Number(percent),
          note: note.trim(),
        });
        setPercent("");
        setNote("");
      }}
    >
      <Field label="Provider">
        {(ids) => (
          <Select
            {...ids}
            value={provider}
            onValueChange={(id) => {
              setProvider(id);
              setRegion("");
              setMeter("");
            }}
            options={book.providers.map(({ id, label }) => ({ value: id, label }))}
          />
        )}
      </Field>
      <Field label="Region">
        {(ids) => (
          <Select
            {...ids}
            value={region}
            onValueChange={setRegion}
            options={[
              { value: "", label: "All" },
              ...(known?.regions ?? []).map(({ id, label }) => ({ value: id, label })),
            ]}
          />
        )}
      </Field>
      <Field label="On">
        {(ids) => (
          <Select
            {...ids}
            value={meter}
            onValueChange={setMeter}
            options={[
              { value: "", label: "Everything" },
              ...(known?.meters ?? []).map(({ id, label }) => ({ value: id, label })),
            ]}
          />
        )}
      </Field>
      <Field label="Percent" error={fault ?? undefined}>
        {(ids) => (
          <TextInput
            {...ids}
            inputMode="decimal"
            value={percent}
            onChange={(event) => setPercent(event.target.value)}
          />
        )}
      </Field>
      <Field label="Note">
        {(ids) => <TextInput {...ids} maxLength={200} value={note} onChange={(event) => setNote(event.target.value)} />}
      </Field>
      <Button type="submit" className="mt-5" busy={busy} disabled={percent.trim() === "" || fault !== null}>
        <Plus aria-hidden />
        Add
      </Button>
    </form>
  );
}
