import { expect, it } from "vitest";
import { productText } from "./product-text.ts";

it.each([
  ["VMware vCenter Server 8.0.2 build-22385739", "8.0.2", "VMware vCenter Server 8.0.2 build-22385739"],
  ["QEMU", "9.1.0", "QEMU 9.1.0"],
  ["Folder", "", "Folder"],
  ["", "8.0.2", "8.0.2"],
])("'%s' and '%s'", (product, version, text) => {
  expect(productText({ product, version })).toBe(text);
});
