import { formatCount } from "../../format/bytes.ts";

/** Why a typed number cannot be taken; null where it can. */
export function numberFault(text: string, limits: { min: number; max: number; fractions: boolean }): string | null {
  const trimmed = text.trim();
  if (!/^-?(\d+\.?\d*|\.\d+)$/.test(trimmed)) return "A number, such as 12.";
  const value = Number(trimmed);
  if (!limits.fractions && !Number.isInteger(value)) return "A whole number.";
  if (value < limits.min || value > limits.max) return `From ${formatCount(limits.min)} to ${formatCount(limits.max)}.`;
  return null;
}
