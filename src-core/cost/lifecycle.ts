/**
 * Lifecycle rules as each provider takes them, ready to apply.
 *
 * They move data to the class and drop uploads that broke off. They never expire objects: what a restore point needs is known to the
 * repository alone, and a rule that deletes by age would break chains.
 */
import type { LifecycleRules } from "../model/cost-answer.ts";
import type { LifecycleAsk } from "../model/cost-question.ts";
import { AppError } from "../model/error.ts";
import type { Offer } from "./offer.ts";

const NAME = "hypersdk";

export function lifecycleRules(offer: Offer, ask: LifecycleAsk): LifecycleRules {
  for (const days of [ask.moveAfterDays ?? 1, ask.abortAfterDays]) {
    if (!Number.isInteger(days) || days < 1 || days > 3_650) {
      throw new AppError("request.invalid", `${days} is not a number of days from 1 to 3650.`);
    }
  }
  switch (offer.provider.id) {
    case "aws":
      return awsRules(offer, ask);
    case "r2":
      return {
        ...s3Rules(offer, ask),
        apply:
          "aws s3api put-bucket-lifecycle-configuration --endpoint-url https://ACCOUNT.r2.cloudflarestorage.com --bucket BUCKET --lifecycle-configuration file://lifecycle.json",
      };
    case "wasabi":
      return {
        ...s3Rules(offer, { ...ask, moveAfterDays: null }),
        apply:
          "aws s3api put-bucket-lifecycle-configuration --endpoint-url https://s3.REGION.wasabisys.com --bucket BUCKET --lifecycle-configuration file://lifecycle.json",
        notes: oneClass(offer, ask),
      };
    case "azure":
      return azureRules(offer, ask);
    case "gcs":
      return gcsRules(offer, ask);
    case "b2":
      return {
        apply: "b2 bucket update --lifecycle-rule RULE BUCKET",
        rules: [{ fileNamePrefix: ask.prefix, daysFromStartingToCancelingUnfinishedLargeFiles: ask.abortAfterDays }],
        notes: oneClass(offer, ask),
      };
    case "oci":
      return ociRules(offer, ask);
    default:
      throw new AppError("request.invalid", `No lifecycle rules are known for ${offer.provider.label}.`);
  }
}

function oneClass(offer: Offer, { moveAfterDays }: LifecycleAsk): string[] {
  return moveAfterDays === null ? [] : [`${offer.provider.label} has one class: nothing is moved.`];
}

function s3Rules(
  { class: { apiName } }: Offer,
  { prefix, moveAfterDays, abortAfterDays }: LifecycleAsk,
): LifecycleRules {
  const move = moveAfterDays === null ? {} : { Transitions: [{ Days: moveAfterDays, StorageClass: apiName }] };
  return {
    apply:
      "aws s3api put-bucket-lifecycle-configuration --bucket BUCKET --lifecycle-configuration file://lifecycle.json",
    rules: {
      Rules: [
        {
          ID: NAME,
          Status: "Enabled",
          Filter: { Prefix: prefix },
          ...move,
          AbortIncompleteMultipartUpload: { DaysAfterInitiation: abortAfterDays },
        },
      ],
    },
    notes: ["Applying it replaces all lifecycle rules of the bucket: merge it with those that are there."],
  };
}

function awsRules(offer: Offer, ask: LifecycleAsk): LifecycleRules {
  const { apiName, label } = offer.class;
  const infrequent = apiName === "STANDARD_IA" || apiName === "ONEZONE_IA";
  if (infrequent && ask.moveAfterDays !== null && ask.moveAfterDays < 30) {
    throw new AppError("request.invalid", `S3 moves objects to ${label} after 30 days at the earliest.`, {
      hint: "Say 30 days or more, or upload to the class at once.",
    });
  }
  if (apiName === "STANDARD" && ask.moveAfterDays !== null) {
    throw new AppError("request.invalid", "No lifecycle rule moves objects to S3 Standard.");
  }
  return s3Rules(offer, ask);
}

const AZURE_ACTIONS: Record<string, string> = { Cool: "tierToCool", Cold: "tierToCold", Archive: "tierToArchive" };

function azureRules(
  { class: { apiName, label } }: Offer,
  { prefix, moveAfterDays, abortAfterDays }: LifecycleAsk,
): LifecycleRules {
  const action = AZURE_ACTIONS[apiName];
  if (moveAfterDays !== null && action === undefined) {
    throw new AppError("request.invalid", `No lifecycle rule of Azure moves blobs to ${label} by age.`);
  }
  const baseBlob =
    moveAfterDays === null || action === undefined
      ? null
      : { [action]: { daysAfterModificationGreaterThan: moveAfterDays } };
  return {
    apply:
      "az storage account management-policy create --account-name ACCOUNT --resource-group GROUP --policy @policy.json",
    rules: {
      rules:
        baseBlob === null
          ? []
          : [
              {
                enabled: true,
                name: NAME,
                type: "Lifecycle",
                definition: {
                  actions: { baseBlob },
                  // A prefix of Azure begins with the container.
                  filters: { blobTypes: ["blockBlob"], ...(prefix === "" ? {} : { prefixMatch: [prefix] }) },
                },
              },
            ],
    },
    notes: [
      "Applying it replaces the whole policy of the account: merge it with the one that is there.",
      `Azure drops uncommitted blocks by itself after a week${abortAfterDays === 7 ? "" : `; ${abortAfterDays} days cannot be set`}.`,
    ],
  };
}

function gcsRules(
  { class: { apiName } }: Offer,
  { prefix, moveAfterDays, abortAfterDays }: LifecycleAsk,
): LifecycleRules {
  const only = prefix === "" ? {} : { matchesPrefix: [prefix] };
  const warmer = ["STANDARD", "NEARLINE", "COLDLINE", "ARCHIVE"];
  const from = warmer.slice(0, Math.max(0, warmer.indexOf(apiName)));
  if (moveAfterDays !== null && from.length === 0) {
    throw new AppError("request.invalid", "No lifecycle rule of Google moves objects to Standard.");
  }
  const move = {
    action: { type: "SetStorageClass", storageClass: apiName },
    condition: { age: moveAfterDays, matchesStorageClass: from, ...only },
  };
  return {
    apply: "gcloud storage buckets update gs://BUCKET --lifecycle-file=lifecycle.json",
    rules: {
      rule: [
        ...(moveAfterDays === null ? [] : [move]),
        { action: { type: "AbortIncompleteMultipartUpload" }, condition: { age: abortAfterDays, ...only } },
      ],
    },
    notes: ["Applying it replaces all lifecycle rules of the bucket: merge it with those that are there."],
  };
}

function ociRules(
  { class: { apiName, label } }: Offer,
  { prefix, moveAfterDays, abortAfterDays }: LifecycleAsk,
): LifecycleRules {
  const action = { InfrequentAccess: "INFREQUENT_ACCESS", Archive: "ARCHIVE" }[apiName];
  if (moveAfterDays !== null && action === undefined) {
    throw new AppError("request.invalid", `No lifecycle rule of Oracle moves objects to ${label}.`);
  }
  const only = prefix === "" ? {} : { objectNameFilter: { inclusionPrefixes: [prefix] } };
  const days = (timeAmount: number) => ({ timeAmount, timeUnit: "DAYS", isEnabled: true });
  return {
    apply: "oci os object-lifecycle-policy put --bucket-name BUCKET --items file://items.json",
    rules: [
      ...(moveAfterDays === null
        ? []
        : [{ name: `${NAME}-move`, action, target: "objects", ...days(moveAfterDays), ...only }]),
      { name: `${NAME}-abort`, action: "ABORT", target: "multipart-uploads", ...days(abortAfterDays) },
    ],
    notes: ["Applying it replaces the whole policy of the bucket: merge it with the one that is there."],
  };
}
