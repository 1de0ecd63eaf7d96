import { Link } from "@tanstack/react-router";

/** In place of a choice of machines where none could come from anywhere. */
export function NoSources() {
  return (
    <p className="text-ink-2">
      There is no source yet that machines could come from.{" "}
      <Link to="/sources" className="text-accent underline">
        Add one
      </Link>{" "}
      first.
    </p>
  );
}
