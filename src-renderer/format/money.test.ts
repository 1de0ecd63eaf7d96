import { describe, expect, test } from "vitest";
import { formatAxisMoney, formatDifference, formatMoney, formatPrice, formatQuantity } from "./money.ts";

describe("money", () => {
  test.each([
    ["0", "$0.00"],
    ["1234.5", "$1,234.50"],
    // As a float this is 1.00499999999999989…, and would round down.
    ["1.005", "$1.01"],
    ["0.005", "<$0.01"],
    ["0.0000001", "<$0.01"],
    ["90071992547409931.23", "$90,071,992,547,409,931.23"],
    [null, "unknown"],
  ])("%s is %s", (amount, text) => {
    expect(formatMoney(amount, "USD")).toBe(text);
  });

  test("another currency has its own sign", () => {
    expect(formatMoney("2", "EUR")).toBe("€2.00");
  });

  test.each([
    ["3", "+$3.00"],
    ["-3.456", "−$3.46"],
    ["0", "±$0.00"],
    [null, "unknown"],
  ])("a difference of %s is %s", (amount, text) => {
    expect(formatDifference(amount, "USD")).toBe(text);
  });

  test.each([
    ["0.0036", "$0.0036"],
    ["0.000027397", "$0.000027397"],
    ["10.00", "$10.00"],
    [null, "unknown"],
  ])("a price of %s is %s", (price, text) => {
    expect(formatPrice(price, "USD")).toBe(text);
  });

  test.each([
    ["465.661287307739257812", "465.661"],
    ["12345678", "12,345,678"],
    ["0.000012345678", "0.0000123457"],
    ["1234567.89", "1,234,568"],
    ["0", "0"],
  ])("a quantity of %s is %s", (quantity, text) => {
    expect(formatQuantity(quantity)).toBe(text);
  });

  test("an axis is short", () => {
    expect(formatAxisMoney(1250, "USD")).toBe("$1.3K");
    expect(formatAxisMoney(0.05, "USD")).toBe("$0.05");
    expect(formatAxisMoney(0.2, "USD")).toBe("$0.20");
    expect(formatAxisMoney(0, "USD")).toBe("$0");
  });
});
