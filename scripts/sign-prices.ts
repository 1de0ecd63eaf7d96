/**
 * Signs a price book: writes NAME.sig beside it. For maintainers, who keep the private key (PKCS #8 PEM) out of the repository.
 *
 *   node scripts/sign-prices.ts --key-file FILE [--key 2026-1] [resources/prices/price-book.json]
 *
 * The book is checked first: a broken one is not signed. Sign last: formatting the file changes its bytes.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { bookFaults } from "../src-core/cost/book-check.ts";
import { parseDocument } from "../src-core/cost/document.ts";
import { PriceBook } from "../src-core/model/price.ts";
import { checkSignature, signatureOf } from "../src-main/services/book-signature.ts";

const { values, positionals } = parseArgs({
  options: { "key-file": { type: "string" }, key: { type: "string", default: "2026-1" } },
  allowPositionals: true,
});
const keyFile = values["key-file"];
if (keyFile === undefined) throw new Error("Say --key-file FILE.");
const [path = "resources/prices/price-book.json"] = positionals;
const bytes = readFileSync(path);
const book = parseDocument(PriceBook, bytes.toString("utf8"), path, "book.invalid");
const faults = bookFaults(book, null, Date.now());
if (faults.length > 0) throw new Error(faults.join("\n"));
const signature = signatureOf(bytes, readFileSync(keyFile, "utf8"), values.key);
checkSignature(bytes, signature, path);
writeFileSync(`${path}.sig`, signature);
console.log(`Signed ${path}, serial ${book.serial}, with the key ${values.key}.`);
