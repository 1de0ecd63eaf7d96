/** The price book and what is known about it: one answer for all tabs. */
import { api } from "../../app/api-client.ts";

export const bookInfoQuery = api.cost.book.queryOptions();
export const bookQuery = api.cost.bookDocument.queryOptions();
export const overridesQuery = api.cost.overrides.queryOptions();

/** To be asked anew when another book or other terms are taken. */
export const bookQueries = [bookInfoQuery, bookQuery, overridesQuery] as const;
