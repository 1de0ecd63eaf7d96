/** Four to six round amounts from 0 to at least `highest`: steps of 1, 2 or 5 of a power of ten. */
export function moneyTicks(highest: number): number[] {
  const wanted = Math.max(highest, 0.01) / 4;
  const power = 10 ** Math.floor(Math.log10(wanted));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= wanted) ?? 10) * power;
  const count = Math.ceil(Math.max(highest, 0.01) / step - 1e-9);
  // A product, not a sum: what is added up step by step drifts.
  return Array.from({ length: count + 1 }, (_, at) => Number((at * step).toPrecision(12)));
}
