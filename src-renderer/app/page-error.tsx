import { useRouter } from "@tanstack/react-router";
import { Button } from "../components/button.tsx";
import { ErrorCard } from "../components/error-card.tsx";
import { toErrorData } from "./error-data.ts";
import { PageHeader } from "./page-header.tsx";

/** Shown in place of a page that could not be drawn; the rest of the program goes on. */
export function PageError({ error, reset }: { error: unknown; reset: () => void }) {
  const router = useRouter();
  const data = toErrorData(error);
  const stack = error instanceof Error ? error.stack : undefined;
  return (
    <>
      <PageHeader title="This page failed" />
      <main id="content" tabIndex={-1} className="grid gap-3 p-4">
        <ErrorCard
          error={stack === undefined ? data : { ...data, details: { ...data.details, stack } }}
          actions={
            <Button
              size="small"
              onClick={() => {
                reset();
                void router.invalidate();
              }}
            >
              Try again
            </Button>
          }
        />
        <p className="text-ink-2">Work in progress is not affected: it runs outside this page.</p>
      </main>
    </>
  );
}
