/**
 * Exact decimal arithmetic for money and quantities.
 *
 * Sums, differences and products are exact. A quotient that does not end (a thirty-first of a month) is kept to {@link PLACES} places;
 * nothing else is rounded before it is shown.
 */
import { BigNumber } from "bignumber.js";

/** Places of a quotient that does not end. */
const PLACES = 30;

/** Our own constructor: settings of the library's shared one are not ours to change. */
const Exact = BigNumber.clone({ DECIMAL_PLACES: PLACES, ROUNDING_MODE: BigNumber.ROUND_HALF_UP, EXPONENTIAL_AT: 1e9 });

export type Amount = BigNumber;

export const ZERO: Amount = new Exact(0);
export const ONE: Amount = new Exact(1);

/** From a decimal string, a whole number, or a big one. */
export function exact(value: string | number | bigint): Amount {
  return new Exact(typeof value === "bigint" ? value.toString() : value);
}

/** All digits, without exponent. */
export function digits(amount: Amount): string {
  return amount.toFixed();
}

/** For people: halves go up. `places` 2 are cents. */
export function shown(amount: Amount | string, places = 2): string {
  return (typeof amount === "string" ? exact(amount) : amount).toFixed(places, BigNumber.ROUND_HALF_UP);
}

/** For people, where cents would hide a small price: so many digits that count. */
export function significant(amount: Amount, count: number): string {
  return amount.isZero() ? "0" : amount.precision(count, BigNumber.ROUND_HALF_UP).toFixed();
}

/** The next whole number, or itself. What a quotient that does not end leaves in its last places is no unit more. */
export function roundedUp(amount: Amount): Amount {
  return amount.decimalPlaces(PLACES - 10, BigNumber.ROUND_HALF_UP).integerValue(BigNumber.ROUND_CEIL);
}
