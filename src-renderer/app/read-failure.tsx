import { Button } from "../components/button.tsx";
import { ErrorCard } from "../components/error-card.tsx";
import { toErrorData } from "./error-data.ts";

interface ReadFailureProps {
  title: string;
  error: unknown;
  onRetry: () => unknown;
  /** The place it stands in has room around it already. */
  bare?: boolean;
}

/** In place of what could not be read: why, and a way to try again. */
export function ReadFailure({ title, error, onRetry, bare = false }: ReadFailureProps) {
  const card = (
    <ErrorCard
      title={title}
      error={toErrorData(error)}
      actions={
        <Button size="small" onClick={() => void onRetry()}>
          Try again
        </Button>
      }
    />
  );
  return bare ? card : <div className="p-4">{card}</div>;
}
