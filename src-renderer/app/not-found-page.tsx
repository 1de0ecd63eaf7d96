import { Link } from "@tanstack/react-router";
import { MapPinOff } from "lucide-react";
import { EmptyState } from "../components/empty-state.tsx";
import { PageHeader } from "./page-header.tsx";

export function NotFoundPage() {
  return (
    <>
      <PageHeader title="Not found" />
      <main id="content" tabIndex={-1} className="min-h-0 flex-1">
        <EmptyState
          icon={<MapPinOff />}
          title="There is no such page"
          action={
            <Link to="/library" className="font-medium text-accent underline">
              Go to the library
            </Link>
          }
        >
          The address may be old or mistyped.
        </EmptyState>
      </main>
    </>
  );
}
