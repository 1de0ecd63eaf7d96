import { Link, type LinkProps } from "@tanstack/react-router";
import { SearchX } from "lucide-react";
import { EmptyState } from "../components/empty-state.tsx";

/** In place of one thing that is not there: it was removed, or its address is wrong. */
export function Gone({ title, to, all }: { title: string; to: NonNullable<LinkProps["to"]>; all: string }) {
  return (
    <EmptyState
      icon={<SearchX />}
      title={title}
      action={
        <Link to={to} className="font-medium text-accent underline">
          {all}
        </Link>
      }
    >
      It may have been removed.
    </EmptyState>
  );
}
