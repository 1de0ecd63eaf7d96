import { useQueries } from "@tanstack/react-query";
import { Eraser } from "lucide-react";
import { useState } from "react";
import type { Source } from "../../../src-core/model/source.ts";
import { api } from "../../app/api-client.ts";
import { Button } from "../../components/button.tsx";
import { plural } from "../../format/plural.ts";
import { LeftoversDialog } from "./leftovers-dialog.tsx";

/** Old enough to be asked for anew when the page is opened again: it costs the source a walk over its machines. */
const FRESH_MS = 5 * 60_000;

/** What exports that ended badly left on connected sources, told once they are looked at; nothing is removed without being shown. */
export function LeftoversNotice({ sources, nowMs }: { sources: readonly Source[]; nowMs: number }) {
  const [open, setOpen] = useState<Source | null>(null);
  // Nothing is ever made in a folder of this computer to read it.
  const asked = sources.filter(({ kind, connection }) => kind !== "local" && connection.state === "connected");
  const answers = useQueries({
    queries: asked.map(({ id }) => api.sources.leftovers.queryOptions({ input: { id }, staleTime: FRESH_MS })),
  });
  // A source that cannot tell says so in its dialog, to those who ask.
  const left = asked.flatMap((source, index) => {
    const count = answers[index]?.data?.length ?? 0;
    return count === 0 ? [] : [{ source, count }];
  });
  return (
    <>
      {left.map(({ source, count }) => (
        <section
          key={source.id}
          role="status"
          aria-label={`Leftovers on ${source.name}`}
          className="mx-4 mt-4 flex items-center gap-3 rounded-lg border border-line bg-sunken px-4 py-2"
        >
          <Eraser aria-hidden className="size-4 shrink-0 text-ink-3" />
          <p className="min-w-0 flex-1">
            {plural(count, "leftover")} of exports that ended badly on{" "}
            <span className="font-medium">{source.name}</span>.{" "}
            <span className="text-ink-2">Nothing is removed before you have seen it.</span>
          </p>
          <Button size="small" onClick={() => setOpen(source)}>
            Look…
          </Button>
        </section>
      ))}
      {open === null ? null : <LeftoversDialog source={open} nowMs={nowMs} onClose={() => setOpen(null)} />}
    </>
  );
}
