import { beforeAll, describe, expect, it } from "vitest";
import { contract } from "../../src-core/contract/contract.ts";
import { ERROR_CATALOGUE } from "../../src-core/model/error.ts";
import { openApiDocument } from "./openapi.ts";

interface Operation {
  operationId: string;
  summary: string;
  responses: Record<string, { content?: Record<string, { schema: unknown }> }>;
  parameters?: { name: string; in: string; required?: boolean }[];
}
type Document = {
  openapi: string;
  servers: { url: string }[];
  security: unknown;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, unknown>; securitySchemes: Record<string, { scheme: string }> };
};

let document: Document;
beforeAll(async () => {
  document = (await openApiDocument("http://127.0.0.1:8080", "1.2.3")) as unknown as Document;
});

const calls = Object.entries(contract).flatMap(([area, entries]) =>
  Object.entries(entries).map(([call, entry]) => ({ name: `${area}.${call}`, definition: entry["~orpc"] })),
);

function refsIn(node: unknown): string[] {
  if (Array.isArray(node)) return node.flatMap(refsIn);
  if (typeof node !== "object" || node === null) return [];
  return Object.entries(node).flatMap(([key, value]) =>
    key === "$ref" && typeof value === "string" ? [value] : refsIn(value),
  );
}

describe("the OpenAPI document", () => {
  it("is 3.1, names its server and asks for a bearer token", () => {
    expect(document.openapi).toMatch(/^3\.1\./);
    expect(document.servers).toEqual([{ url: "http://127.0.0.1:8080/api/v1" }]);
    expect(document.security).toEqual([{ bearer: [] }]);
    expect(document.components.securitySchemes.bearer?.scheme).toBe("bearer");
  });

  it.each(calls)("$name: has its route, and a schema for each error it declares", ({ name, definition }) => {
    const { method, path } = definition.route;
    const operation = document.paths[String(path)]?.[String(method).toLowerCase()];
    expect(operation?.operationId).toBe(name);
    expect(operation?.summary).toBeTruthy();
    const errors = Object.entries(definition.errorMap as Record<string, { status: number; message: string }>);
    expect(errors.length).toBeGreaterThanOrEqual(8);
    for (const [code, { status, message }] of errors) {
      expect(ERROR_CATALOGUE, code).toHaveProperty([code], expect.objectContaining({ status, message }));
      const schema = operation?.responses[status]?.content?.["application/json"]?.schema as { oneOf?: object[] };
      const variant = (schema.oneOf ?? [schema]).find((entry) => "title" in entry && entry.title === code);
      expect(variant, `${status} ${code}`).toMatchObject({
        properties: { code: { const: code }, status: { const: status } },
      });
    }
    const success = Object.keys(operation?.responses ?? {}).filter((status) => status.startsWith("2"));
    expect(success).toEqual([String(definition.route.successStatus ?? 200)]);
    for (const parameter of String(path).matchAll(/\{(\w+)\}/g)) {
      expect(operation?.parameters).toContainEqual(
        expect.objectContaining({ name: parameter[1], in: "path", required: true }),
      );
    }
  });

  it("offers the digests of a package's manifest, and none for disks alone", () => {
    const start = document.paths["/exports"]?.post as { requestBody?: unknown } | undefined;
    const digest = { enum: ["sha256", "sha1", "sha512"], description: expect.stringContaining("left out: sha256") };
    expect(start?.requestBody).toMatchObject({
      content: {
        "application/json": {
          schema: {
            properties: {
              output: {
                anyOf: [
                  { properties: { kind: { const: "ova" }, digest } },
                  { properties: { kind: { const: "ovf" }, digest } },
                  { properties: expect.toSatisfy((own: object) => !("digest" in own)) },
                ],
              },
            },
          },
        },
      },
    });
  });

  it("has no operation that the contract does not have", () => {
    const documented = Object.values(document.paths).flatMap((path) => Object.values(path).map((o) => o.operationId));
    expect(documented.sort()).toEqual(calls.map(({ name }) => name).sort());
  });

  it("has no dangling reference, and uses every named schema", () => {
    const refs = new Set(refsIn(document));
    for (const ref of refs) {
      const name = ref.replace("#/components/schemas/", "");
      expect(document.components.schemas, ref).toHaveProperty([name]);
    }
    const names = Object.keys(document.components.schemas);
    expect(names.filter((name) => !refs.has(`#/components/schemas/${name}`))).toEqual([]);
  });

  it("describes the event stream and how to resume it", () => {
    const stream = document.paths["/events"]?.get;
    expect(stream?.responses[200]?.content).toHaveProperty(["text/event-stream"]);
    expect(stream?.parameters?.map(({ name }) => name)).toEqual(["Last-Event-ID", "after"]);
  });
});
