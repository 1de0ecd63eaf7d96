/** The price book and what is known about it: one answer for all tabs. */
import type { QueryClient } from "@tanstack/react-query";
import { api } from "../../app/api-client.ts";

export const bookInfoQuery = api.cost.book.queryOptions();
export const bookQuery = api.cost.bookDocument.queryOptions();
export const overridesQuery = api.cost.overrides.queryOptions();

/** Asks anew, once another book or other terms are taken. */
export async function renewBook(queries: QueryClient): Promise<void> {
  const kept = [bookInfoQuery, bookQuery, overridesQuery];
  await Promise.all(kept.map(({ queryKey }) => queries.invalidateQueries({ queryKey })));
}
