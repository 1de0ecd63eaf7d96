/** Money and other exact decimals as people read them. Amounts come as decimal strings and never become floats. */
import { type Amount, exact, shown, significant } from "../../src-core/cost/decimal.ts";

const ofCurrency = new Map<string, Intl.NumberFormat>();

function currencyFormat(currency: string): Intl.NumberFormat {
  const known = ofCurrency.get(currency);
  if (known !== undefined) return known;
  const format = new Intl.NumberFormat("en", { style: "currency", currency, currencyDisplay: "narrowSymbol" });
  ofCurrency.set(currency, format);
  return format;
}

/** What the formatter takes exactly: it reads the digits, and no float stands between. */
type Digits = Intl.StringNumericLiteral;

/** "1234.5" → "$1,234.50", halves up; what is above zero and below a cent is "<$0.01", null is "unknown". */
export function formatMoney(amount: string | null, currency: string): string {
  if (amount === null) return "unknown";
  const value = exact(amount);
  if (value.gt(0) && value.lt("0.01")) return `<${currencyFormat(currency).format(0.01)}`;
  return currencyFormat(currency).format(shown(value) as Digits);
}

/** With its sign: "+$3.00", "−$3.00", "±$0.00". */
export function formatDifference(amount: string | null, currency: string): string {
  if (amount === null) return "unknown";
  const value = exact(amount);
  const sign = value.isZero() ? "±" : value.lt(0) ? "−" : "+";
  return `${sign}${formatMoney(value.abs().toFixed(), currency)}`;
}

/** A price with all the digits of the price page: "0.0036" → "$0.0036". */
export function formatPrice(price: string | null, currency: string): string {
  if (price === null) return "unknown";
  const places = Math.min(20, price.split(".")[1]?.length ?? 0);
  return new Intl.NumberFormat("en", {
    style: "currency",
    currency,
    currencyDisplay: "narrowSymbol",
    minimumFractionDigits: places,
    maximumFractionDigits: places,
  }).format(price as Digits);
}

/** A quantity with six digits that count: "465.661287307739257812" → "465.661". Whole numbers keep all digits. */
export function formatQuantity(quantity: string): string {
  const value = exact(quantity);
  const text = value.isInteger() || value.abs().gte(1e6) ? shown(value, 0) : significant(value, 6);
  return new Intl.NumberFormat("en", { maximumFractionDigits: 20 }).format(text as Digits);
}

/** For the axis of a chart alone: "$1.2K". */
export function formatAxisMoney(value: number, currency: string): string {
  return new Intl.NumberFormat("en", {
    style: "currency",
    currency,
    currencyDisplay: "narrowSymbol",
    notation: "compact",
    maximumFractionDigits: Math.abs(value) < 10 ? 2 : 1,
    minimumFractionDigits: Math.abs(value) < 10 && !Number.isInteger(value) ? 2 : 0,
  }).format(value);
}

/** For drawing alone: how long a bar is. */
export function drawn(amount: string | Amount | null): number {
  if (amount === null) return 0;
  return (typeof amount === "string" ? exact(amount) : amount).toNumber();
}
