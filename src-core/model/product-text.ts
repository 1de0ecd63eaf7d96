/** What a source is, for people: its product, with the version where the product's name does not hold it already. */
export function productText({ product, version }: { readonly product: string; readonly version: string }): string {
  return product.includes(version) ? product : `${product} ${version}`.trim();
}
