/** Bare HTTP to the lab, as little of a client as can be: for tests that look at single answers. */
import type { IncomingHttpHeaders } from "node:http";
import { request } from "node:https";
import type { VsphereLab } from "./vsphere-lab.ts";

export interface LabAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** False: the connection ended before the body did. */
  readonly whole: boolean;
}

export interface LabRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The PEM to trust; the vCenter's authority by default. */
  readonly ca?: string;
}

/** One request on a connection of its own. Rejects only when no answer came at all. */
export function labGet(lab: VsphereLab, url: string, options: LabRequest = {}): Promise<LabAnswer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      url,
      {
        method: options.method ?? "GET",
        headers: { ...options.headers },
        ca: options.ca ?? [lab.caPem, lab.hostCertificatePem],
        agent: false,
      },
      (incoming) => {
        const chunks: Buffer[] = [];
        outgoing.off("error", reject).on("error", () => answer(false));
        const answer = (whole: boolean) =>
          resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: Buffer.concat(chunks), whole });
        incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
        incoming.once("end", () => answer(incoming.complete));
        incoming.once("error", () => answer(false));
      },
    );
    outgoing.on("error", reject);
    outgoing.end(options.body);
  });
}

/** A SOAP call; `inner` is what stands in the body. */
export function labSoap(lab: VsphereLab, inner: string, cookie = "", action = "urn:vim25/7.0"): Promise<LabAnswer> {
  return labGet(lab, `${lab.url}/sdk`, {
    method: "POST",
    headers: { soapaction: `"${action}"`, "content-type": "text/xml", ...(cookie === "" ? {} : { cookie }) },
    body: `<?xml version="1.0"?><e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>${inner}</e:Body></e:Envelope>`,
  });
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

/** Logs in and gives the cookie to send back, byte for byte. Throws with the answer when it is refused. */
export async function labLogin(lab: VsphereLab, username = lab.username, password = lab.password): Promise<string> {
  const content = await labSoap(
    lab,
    `<RetrieveServiceContent xmlns="urn:vim25"><_this type="ServiceInstance">ServiceInstance</_this></RetrieveServiceContent>`,
  );
  const manager = /<sessionManager type="SessionManager">([^<]+)/.exec(content.body.toString())?.[1] ?? "";
  const answer = await labSoap(
    lab,
    `<Login xmlns="urn:vim25"><_this type="SessionManager">${manager}</_this><userName>${escaped(username)}</userName><password>${escaped(password)}</password></Login>`,
  );
  const cookie = /^(vmware_soap_session=[^;]+)/.exec(answer.headers["set-cookie"]?.[0] ?? "")?.[1];
  if (cookie === undefined) throw new Error(`The lab refused the login: ${answer.body.toString()}`);
  return cookie;
}

/** The address of a file of a datastore. */
export function labFile(lab: VsphereLab, path: string, datastore = "datastore1", base = lab.url): string {
  const query = `dcPath=${encodeURIComponent(lab.datacenterPath)}&dsName=${encodeURIComponent(datastore)}`;
  return `${base}/folder/${path.split("/").map(encodeURIComponent).join("/")}?${query}`;
}
