/** The price book: how old, who signed it, where each price was read, what changed; another one from a file; the user's own terms. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { FileInput } from "lucide-react";
import { useState } from "react";
import type { PriceBook } from "../../../src-core/model/price.ts";
import type { PriceBookInfo } from "../../../src-core/model/price-book-state.ts";
import { api } from "../../app/api-client.ts";
import { toErrorData } from "../../app/error-data.ts";
import { announce } from "../../components/announcer.tsx";
import { Button } from "../../components/button.tsx";
import { ErrorCard } from "../../components/error-card.tsx";
import { Field, TextInput } from "../../components/field.tsx";
import { Facts } from "../../components/panel.tsx";
import { Sheet } from "../../components/sheet.tsx";
import { Tag } from "../../components/tag.tsx";
import { Checkbox } from "../../components/toggle.tsx";
import { formatPrice } from "../../format/money.ts";
import { renewBook } from "./book-queries.ts";
import { ageWords, bookWarnings, readWords } from "./book-words.ts";
import { Discounts } from "./discounts.tsx";
import { RefreshBook } from "./refresh-book.tsx";

const ORIGINS: Record<PriceBookInfo["origin"], string> = {
  shipped: "came with the program",
  imported: "from a file",
  refreshed: "put together from price lists",
  given: "given",
};

export function BookSheet({ info, book, onClose }: { info: PriceBookInfo; book: PriceBook; onClose: () => void }) {
  const warnings = bookWarnings(info);
  return (
    <Sheet title="Price book" description={`${readWords(info)}; ${ageWords(info)}.`} onClose={onClose}>
      <div className="grid gap-5">
        {warnings.length === 0 ? null : (
          <ul className="grid gap-1 rounded-md border border-warn/40 bg-warn-soft px-3 py-2">
            {warnings.map((text) => (
              <li key={text}>{text}</li>
            ))}
          </ul>
        )}
        <Facts
          rows={[
            { name: "Serial", value: `${info.serial}, ${ORIGINS[info.origin]}` },
            { name: "Made", value: info.generatedAt.slice(0, 10) },
            { name: "Good until", value: info.expiresAt.slice(0, 10) },
            {
              name: "Signature",
              value: info.signature.state === "good" ? `good (key ${info.signature.key ?? ""})` : "none",
            },
            { name: "Currency", value: info.currency },
            {
              name: "Knows",
              value: info.providers
                .map(
                  ({ label, regions, classes }) => `${label}: ${classes.length} classes in ${regions.length} regions`,
                )
                .join("; "),
            },
          ]}
        />
        <Discounts book={book} />
        <RefreshBook />
        <ImportBook />
        <Changes info={info} />
        <Sources info={info} />
      </div>
    </Sheet>
  );
}

function ImportBook() {
  const queries = useQueryClient();
  const [path, setPath] = useState("");
  const [unsigned, setUnsigned] = useState(false);
  const take = useMutation(
    api.cost.importBook.mutationOptions({
      onSuccess: async ({ serial }) => {
        announce(`Price book ${serial} is in use`);
        setPath("");
        await renewBook(queries);
      },
    }),
  );
  return (
    <form
      aria-label="Another price book"
      className="grid gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        take.mutate({ path: path.trim(), unsigned });
      }}
    >
      <h3 className="font-semibold">Another price book</h3>
      <div className="flex items-end gap-2">
        <Field
          label="File on the program's computer"
          className="flex-1"
          hint="Its signature lies beside it as NAME.sig."
        >
          {(ids) => (
            <TextInput
              {...ids}
              className="font-mono"
              placeholder="/path/to/price-book.json"
              value={path}
              onChange={(event) => setPath(event.target.value)}
            />
          )}
        </Field>
        <Button type="submit" disabled={path.trim() === ""} busy={take.isPending} className="mb-5">
          <FileInput aria-hidden />
          Take it
        </Button>
      </div>
      <Checkbox checked={unsigned} onCheckedChange={setUnsigned} label="I vouch for it: take it without a signature" />
      {take.error === null ? null : (
        <ErrorCard title="The book was not taken; the one in use stays" error={toErrorData(take.error)} />
      )}
    </form>
  );
}

/** What got dearer since the book before. */
function Changes({ info }: { info: PriceBookInfo }) {
  const diff = useQuery({
    ...api.cost.bookDiff.queryOptions({ input: {} }),
    enabled: info.previousSerial !== null,
  });
  if (info.previousSerial === null) return null;
  return (
    <section aria-label="Changes">
      <h3 className="mb-1 font-semibold">Since book {info.previousSerial}</h3>
      {diff.error !== null ? (
        <ErrorCard error={toErrorData(diff.error)} />
      ) : diff.data === undefined ? (
        <div className="skeleton h-16" />
      ) : diff.data.changes.length === 0 ? (
        <p className="text-ink-2">No price is another.</p>
      ) : (
        <table className="w-full text-xs">
          <caption className="sr-only">Prices that changed</caption>
          <tbody>
            {diff.data.changes.map(({ path, label, above, kind, from, to, percent }) => (
              <tr key={`${path} ${above}`} className="border-b border-line/60">
                <th scope="row" className="py-1 text-left font-normal" title={path}>
                  {label}
                </th>
                <td className="py-1">
                  <Tag tone={kind === "dearer" ? "bad" : kind === "cheaper" ? "ok" : "plain"}>{kind}</Tag>
                </td>
                <td className="py-1 text-right tabular-nums">
                  {formatPrice(from, info.currency)} → {formatPrice(to, info.currency)}
                  {percent === null ? "" : ` (${percent} %)`}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function Sources({ info }: { info: PriceBookInfo }) {
  return (
    <section aria-label="Sources of the price book">
      <h3 className="mb-1 font-semibold">Sources</h3>
      <ul className="grid gap-1.5">
        {info.sources.map(({ id, title, url, readAt, kind, note }) => (
          <li key={id}>
            <a href={url} target="_blank" rel="noreferrer" className="underline">
              {title}
            </a>
            , read {readAt} <Tag tone={kind === "unconfirmed" ? "warn" : "plain"}>{kind}</Tag>
            {note === undefined ? null : <span className="block text-xs text-ink-2">{note}</span>}
          </li>
        ))}
      </ul>
    </section>
  );
}
