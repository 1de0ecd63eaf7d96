/** The OpenAPI 3.1 document of the REST port, made from the contract. */
import { STATUS_CODES } from "node:http";
import { OpenAPIGenerator, type OpenAPIGeneratorGenerateOptions } from "@orpc/openapi";
import { ZodToJsonSchemaConverter } from "@orpc/zod/zod4";
import { contract } from "../../src-core/contract/contract.ts";
import { ExtentPage } from "../../src-core/contract/library.ts";
import { ConvertPlan, PlannedTarget } from "../../src-core/contract/runs.ts";
import { Calibration, FolderListing, SystemInfo } from "../../src-core/contract/system.ts";
import {
  AllocationMap,
  CheckFinding,
  CheckReport,
  DiskInfo,
  DiskSummary,
  Fact,
  FormatInfo,
} from "../../src-core/model/disk.ts";
import { AppErrorData } from "../../src-core/model/error-data.ts";
import { AppEvent } from "../../src-core/model/event.ts";
import { InventoryNode, MachineDetail, MachineDisk } from "../../src-core/model/inventory.ts";
import { Library, LibraryDisk, LibraryItem } from "../../src-core/model/library.ts";
import { MachineRow, SavedView } from "../../src-core/model/machine-view.ts";
import { Attempt, JobRequest, LogLine, Progress, Run, RunSummary, Sample, Task } from "../../src-core/model/run.ts";
import { Settings, TokenInfo } from "../../src-core/model/settings.ts";
import { Leftover, ProbeCheck, ShownCertificate, Source, SourceTest, Trust } from "../../src-core/model/source.ts";
import { TargetOptions, TargetVariant } from "../../src-core/model/target.ts";
import {
  CheckResult,
  CompareResult,
  ConvertOutput,
  ConvertResult,
  EngineInfo,
  VerifyMode,
  VerifyResult,
} from "../../src-core/model/task.ts";
import { TaskEvent } from "../../src-core/model/task-event.ts";

/** Shared with the coercion of query parameters, so that both read the contract alike. */
export const schemaConverters = [new ZodToJsonSchemaConverter()];

/** Schemas that get a name in the document; each under the name of its type. */
const named = {
  AppError: AppErrorData,
  AllocationMap,
  AppEvent,
  Attempt,
  Calibration,
  CheckFinding,
  CheckReport,
  CheckResult,
  CompareResult,
  ConvertOutput,
  ConvertPlan,
  ConvertResult,
  DiskInfo,
  DiskSummary,
  EngineInfo,
  ExtentPage,
  Fact,
  FolderListing,
  FormatInfo,
  InventoryNode,
  Leftover,
  Library,
  LibraryDisk,
  LibraryItem,
  LogLine,
  MachineDetail,
  MachineDisk,
  MachineRow,
  PlannedTarget,
  ProbeCheck,
  Progress,
  Run,
  RunSummary,
  Sample,
  SavedView,
  Settings,
  ShownCertificate,
  Source,
  SourceTest,
  SystemInfo,
  TargetOptions,
  TargetVariant,
  Task,
  TaskEvent,
  TokenInfo,
  Trust,
  VerifyMode,
  VerifyResult,
};

const commonSchemas: NonNullable<OpenAPIGeneratorGenerateOptions["commonSchemas"]> = {
  ...Object.fromEntries(Object.entries(named).map(([name, schema]) => [name, { schema, strategy: "output" as const }])),
  JobRequest: { schema: JobRequest, strategy: "input" },
};

/** The document, for the port at `serverUrl` ("http://127.0.0.1:8080"). */
export async function openApiDocument(serverUrl: string, version: string) {
  const generator = new OpenAPIGenerator({ schemaConverters });
  const document = await generator.generate(contract, {
    info: {
      title: "HyperSDK Desktop",
      version,
      description:
        "Every call needs `Authorization: Bearer TOKEN`; address and token of a running program are named by service.json in its " +
        "data folder. This document and its page can be read without one. Errors have the body of the schemas below: `data.code` " +
        "is stable, `data.message` is for people, `data.hint` says what to do next.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: `${serverUrl}/api/v1` }],
    security: [{ bearer: [] }],
    components: {
      securitySchemes: {
        bearer: {
          type: "http",
          scheme: "bearer",
          description: "An access token, from the token file or from POST /tokens.",
        },
      },
    },
    commonSchemas,
    // Every answer of this port is a declared one, so the generic alternative is left out.
    customErrorResponseBodySchema: (definitions, status) => ({
      oneOf: definitions.map(([code, message, , data]) => ({
        type: "object",
        title: code,
        description: message,
        properties: {
          defined: { type: "boolean" },
          code: { const: code },
          status: { const: status },
          message: { type: "string", default: message },
          data,
        },
        required: ["defined", "code", "status", "message", "data"],
      })),
    }),
  });
  for (const path of Object.values(document.paths ?? {})) {
    for (const operation of [path?.get, path?.post, path?.patch, path?.delete]) {
      for (const [status, response] of Object.entries(operation?.responses ?? {})) {
        // The generator has only the number to say.
        if ("description" in response) response.description = STATUS_CODES[status] ?? status;
      }
    }
  }
  const events = document.paths?.["/events"]?.get;
  if (events !== undefined) {
    const id = { type: "string" as const, pattern: "^\\d{1,15}$" };
    events.parameters = [
      { in: "header", name: "Last-Event-ID", required: false, schema: id, description: "Id of the last event seen." },
      {
        in: "query",
        name: "after",
        required: false,
        schema: id,
        description: "The same for clients that cannot set the header; 0 replays all that is kept.",
      },
    ];
  }
  return document;
}
