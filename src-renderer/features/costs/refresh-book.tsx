/** Reads the price lists that need no key and takes the book they make; one that makes no sense is refused, and the present one stays. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { RefreshCw, Square } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { LISTED_PROVIDERS, type ListedProvider } from "../../../src-core/model/price-reading.ts";
import { client } from "../../app/api-client.ts";
import { toErrorData } from "../../app/error-data.ts";
import { announce } from "../../components/announcer.tsx";
import { Button } from "../../components/button.tsx";
import { ErrorCard } from "../../components/error-card.tsx";
import { Checkbox } from "../../components/toggle.tsx";
import { useNow } from "../../components/use-now.ts";
import { formatDuration } from "../../format/duration.ts";
import { renewBook } from "./book-queries.ts";

const LISTS: Record<ListedProvider, string> = { aws: "Amazon S3", azure: "Azure Blob", oci: "Oracle (OCI)" };

export function RefreshBook() {
  const queries = useQueryClient();
  const [chosen, setChosen] = useState<readonly ListedProvider[]>(LISTED_PROVIDERS);
  const stop = useRef<AbortController | null>(null);
  // Who goes elsewhere no longer waits for it.
  useEffect(() => () => stop.current?.abort(), []);
  const refresh = useMutation({
    mutationFn: () => {
      stop.current = new AbortController();
      return client.cost.refresh({ providers: [...chosen] }, { signal: stop.current.signal });
    },
    onSuccess: ({ serial }) => announce(`Price book ${serial} is in use`),
    // What was refused is told with the book as well.
    onSettled: () => renewBook(queries),
  });
  const stopped = refresh.error !== null && stop.current?.signal.aborted === true;
  return (
    <form
      aria-label="Refresh the price book"
      className="grid gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        refresh.mutate();
      }}
    >
      <h3 className="font-semibold">Refresh</h3>
      <p className="text-ink-2">
        From the price lists that providers publish without a key. All other prices stay as they are. Amazon's files are
        large: minutes.
      </p>
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        {LISTED_PROVIDERS.map((provider) => (
          <Checkbox
            key={provider}
            label={LISTS[provider]}
            disabled={refresh.isPending}
            checked={chosen.includes(provider)}
            onCheckedChange={(on) =>
              setChosen(LISTED_PROVIDERS.filter((each) => (each === provider ? on : chosen.includes(each))))
            }
          />
        ))}
        {refresh.isPending ? (
          <>
            <Elapsed since={refresh.submittedAt} />
            <Button type="button" onClick={() => stop.current?.abort()}>
              <Square aria-hidden />
              Stop
            </Button>
          </>
        ) : (
          <Button type="submit" disabled={chosen.length === 0}>
            <RefreshCw aria-hidden />
            Read the lists
          </Button>
        )}
      </div>
      {refresh.data === undefined ? null : <p>Book {refresh.data.serial} was made of them and is in use.</p>}
      {stopped ? <p>Stopped. The book in use stays.</p> : null}
      {refresh.error === null || stopped ? null : (
        <ErrorCard title="The prices were not taken; the book in use stays" error={toErrorData(refresh.error)} />
      )}
    </form>
  );
}

function Elapsed({ since }: { since: number }) {
  const now = useNow(1000);
  return <span className="tabular-nums text-ink-2">Reading for {formatDuration(Math.max(0, now - since))}</span>;
}
