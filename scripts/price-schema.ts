/**
 * Writes resources/prices/price-book.schema.json from the schema in src-core/model/price.ts; a unit test fails where the two differ.
 *
 * Usage: node scripts/price-schema.ts && npx biome format --write resources/prices
 */
import { writeFileSync } from "node:fs";
import { z } from "zod";
import { PriceBook } from "../src-core/model/price.ts";

const target = new URL("../resources/prices/price-book.schema.json", import.meta.url);
writeFileSync(target, `${JSON.stringify(z.toJSONSchema(PriceBook), null, 2)}\n`);
console.log(`Wrote ${target.pathname}`);
