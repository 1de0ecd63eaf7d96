/** Offers by one text, for state and addresses. */
import type { OfferKey } from "../../../src-core/cost/offer.ts";

/** "aws/us-east-1/deep-archive/zones" */
export function offerId({ provider, region, class: storageClass, redundancy }: OfferKey): string {
  return [provider, region, storageClass, redundancy].join("/");
}

/** Null where it is none: kept by an older version, or typed by hand. */
export function offerKey(id: string): OfferKey | null {
  const [provider, region, storageClass, redundancy, ...more] = id.split("/");
  if (!provider || !region || !storageClass || !redundancy || more.length > 0) return null;
  return { provider, region, class: storageClass, redundancy };
}
