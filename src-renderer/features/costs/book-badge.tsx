import { BookText, TriangleAlert } from "lucide-react";
import type { PriceBookInfo } from "../../../src-core/model/price-book-state.ts";
import { classNames } from "../../components/class-names.ts";
import { ageWords, isDoubtful, readWords } from "./book-words.ts";

/** How old the prices are, on every tab; opens what they rest on. */
export function BookBadge({ info, onOpen }: { info: PriceBookInfo; onOpen: () => void }) {
  const doubtful = isDoubtful(info);
  return (
    <button
      type="button"
      onClick={onOpen}
      title="Sources, signature and your own terms"
      className={classNames(
        "flex min-w-0 items-center gap-1.5 truncate rounded max-md:max-w-40 px-1.5 py-0.5 text-xs hover:underline",
        doubtful ? "bg-warn-soft text-warn" : "text-ink-2",
      )}
    >
      {doubtful ? (
        <TriangleAlert aria-hidden className="size-3.5 shrink-0" />
      ) : (
        <BookText aria-hidden className="size-3.5 shrink-0" />
      )}
      <span className="truncate">
        {readWords(info)} <span className="max-lg:hidden">({ageWords(info)})</span>
      </span>
    </button>
  );
}
