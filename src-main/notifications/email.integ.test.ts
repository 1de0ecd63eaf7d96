/** Mails to a real SMTP server: with TLS of both kinds, without, with accounts, and with servers that misbehave. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { type AddressInfo, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { EmailTarget } from "../../src-core/model/notification.ts";
import { testMessage } from "../../src-core/schedule/notice-words.ts";
import { sendEmail } from "./email.ts";

const PASSWORD = "correct horse";
let cert: string;
let key: string;
/** Somebody's whom nobody trusts. */
let stranger: { cert: string; key: string };
let servers: (SMTPServer | Server)[] = [];

function certificate(folder: string, name: string): { cert: string; key: string } {
  const [keyFile, certFile] = [join(folder, `${name}.key`), join(folder, `${name}.pem`)];
  const files = ["-keyout", keyFile, "-out", certFile];
  const names = ["-subj", `/CN=${name}`, "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"];
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"];
  execFileSync("openssl", ["req", "-x509", "-nodes", "-days", "2", ...curve, ...files, ...names], { stdio: "pipe" });
  return { cert: readFileSync(certFile, "utf8"), key: readFileSync(keyFile, "utf8") };
}

beforeAll(() => {
  const folder = mkdtempSync(join(tmpdir(), "hypersdk-mail-"));
  ({ cert, key } = certificate(folder, "mail"));
  stranger = certificate(folder, "stranger");
  rmSync(folder, { recursive: true });
  setDefaultCACertificates([...getCACertificates("default"), cert]);
});
afterEach(async () => {
  await Promise.all(servers.map((server) => new Promise<void>((done) => server.close(() => done()))));
  servers = [];
});

interface Mail {
  text: string;
  from: string;
  to: string[];
  user: string | undefined;
  secure: boolean;
}

async function serve(options: SMTPServerOptions): Promise<{ port: number; mails: Mail[] }> {
  const mails: Mail[] = [];
  const server = new SMTPServer({
    cert,
    key,
    authOptional: true,
    onAuth(auth, _session, done) {
      if (auth.username === "ops" && auth.password === PASSWORD) done(null, { user: "ops" });
      // A server that tells the password back must not bring it into a log.
      else done(new Error(`No account with the password ${auth.password}`));
    },
    onRcptTo({ address }, _session, done) {
      done(address.startsWith("unknown") ? new Error("no such person") : null);
    },
    onData(stream, session, done) {
      let text = "";
      stream.on("data", (part) => {
        text += part;
      });
      stream.on("end", () => {
        const { mailFrom, rcptTo } = session.envelope;
        const from = mailFrom === false ? "" : mailFrom.address;
        mails.push({ text, from, to: rcptTo.map((one) => one.address), user: session.user, secure: session.secure });
        done();
      });
    },
    ...options,
  });
  server.on("error", () => {});
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", () => done()));
  return { port: (server.server.address() as AddressInfo).port, mails };
}

const parcel = { id: "msg-1", event: "failure", at: "2026-03-01T12:00:00.000Z", message: testMessage("Ops") } as const;
const send = (port: number, target: Partial<EmailTarget>, password: string | null = null) =>
  sendEmail(
    EmailTarget.parse({
      host: "127.0.0.1",
      port,
      from: "HyperSDK <from@example.com>",
      to: ["a@example.com"],
      ...target,
    }),
    password,
    parcel,
    new AbortController().signal,
  );
const failure = async (...args: Parameters<typeof send>) => {
  try {
    await send(...args);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("it was sent");
};

describe("a mail", () => {
  it("goes out by TLS with an account, to everybody, and says what the notice says", async () => {
    const { port, mails } = await serve({ secure: true });
    const target = {
      security: "tls",
      username: "ops",
      to: ["a@example.com", "B <b@example.com>"],
    } satisfies Partial<EmailTarget>;
    expect(await send(port, target, PASSWORD)).toBeNull();
    const [mail] = mails;
    expect(mail).toMatchObject({
      from: "from@example.com",
      to: ["a@example.com", "b@example.com"],
      user: "ops",
      secure: true,
    });
    expect(mail?.text).toContain(`Subject: ${parcel.message.title}`);
    expect(mail?.text).toContain(parcel.message.body);
    expect(mail?.text).toContain("Message-ID: <msg-1@example.com>");
    expect(mail?.text).toContain("Auto-Submitted: auto-generated");
  });

  it("goes out by STARTTLS", async () => {
    const { port, mails } = await serve({ secure: false });
    await send(port, { security: "starttls", username: "ops" }, PASSWORD);
    expect(mails).toMatchObject([{ user: "ops", secure: true }]);
  });

  it("is not sent where the server offers no STARTTLS though it should", async () => {
    const { port, mails } = await serve({ secure: false, hideSTARTTLS: true, disabledCommands: ["STARTTLS"] });
    expect(await failure(port, { security: "starttls", username: "ops" }, PASSWORD)).toMatch(/does not offer STARTTLS/);
    expect(mails).toEqual([]);
  });

  it("is not sent to a server that nobody vouches for", async () => {
    const { port, mails } = await serve({ secure: true, ...stranger });
    expect(await failure(port, { security: "tls" })).toMatch(/self-signed certificate/);
    expect(mails).toEqual([]);
  });

  it("is not sent by TLS to a server that speaks none, or the other way round", async () => {
    const plain = await serve({ secure: false });
    expect(await failure(plain.port, { security: "tls" })).toMatch(/^127\.0\.0\.1:\d+: .*(SSL|wrong version)/i);
  });

  it("goes out without TLS where that is asked for", async () => {
    const { port, mails } = await serve({ secure: false });
    await send(port, { security: "none" });
    expect(mails).toMatchObject([{ secure: false, user: undefined }]);
  });

  it("says that the account was refused, and tells no password, not even from the answer", async () => {
    const { port } = await serve({ secure: true });
    const said = await failure(port, { security: "tls", username: "ops" }, "wrong secret");
    expect(said).toMatch(/refused the user name or the password .*535/);
    expect(said).not.toContain("wrong secret");
    expect(said).toContain("•••");
  });

  it("says for whom it was refused: all, or some", async () => {
    const { port, mails } = await serve({ secure: true });
    const security = "tls" as const;
    expect(await failure(port, { security, to: ["unknown@example.com"] })).toMatch(/no such person/);
    expect(await send(port, { security, to: ["unknown@example.com", "a@example.com"] })).toMatch(
      /^Sent, but .* refused it for unknown@example\.com\.$/,
    );
    expect(mails.map(({ to }) => to)).toEqual([["a@example.com"]]);
  });

  it("cannot be made to carry lines of its own by a name", async () => {
    const { port, mails } = await serve({ secure: true });
    const message = { ...parcel.message, title: "Nights\r\nBcc: evil@example.com\r\n\r\nbody" };
    const target = EmailTarget.parse({
      host: "127.0.0.1",
      port,
      security: "tls",
      from: "a@example.com",
      to: ["b@example.com"],
    });
    await sendEmail(target, null, { ...parcel, message }, new AbortController().signal);
    expect(mails[0]?.to).toEqual(["b@example.com"]);
    expect(mails[0]?.text).not.toMatch(/^Bcc:/m);
  });

  it("says that nobody listens there, and that a server says nothing", { timeout: 40_000 }, async () => {
    const silent = createServer(() => {});
    servers.push(silent);
    await new Promise<void>((done) => silent.listen(0, "127.0.0.1", () => done()));
    const { port } = silent.address() as AddressInfo;
    expect(await failure(port, { security: "none" })).toMatch(/said nothing for 15 seconds; if it expects TLS/);
    await new Promise((done) => silent.close(done));
    servers = [];
    expect(await failure(port, { security: "none" })).toMatch(/ECONNREFUSED/);
  });

  it("is given up at the end of the program", async () => {
    const silent = createServer(() => {});
    servers.push(silent);
    await new Promise<void>((done) => silent.listen(0, "127.0.0.1", () => done()));
    const { port } = silent.address() as AddressInfo;
    const ending = new AbortController();
    const target = EmailTarget.parse({ host: "127.0.0.1", port, security: "none", from: "a@b.c", to: ["a@b.c"] });
    const sending = sendEmail(target, null, parcel, ending.signal);
    setTimeout(() => ending.abort(), 200);
    await expect(sending).rejects.toThrow();
  });
});
