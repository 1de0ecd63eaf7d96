import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AppError } from "../../src-core/model/error.ts";
import { CODE_LIFE_MS, createSessions, SESSION_IDLE_MS, SESSION_LIFE_MS } from "./sessions.ts";
import { type Ground, newGround } from "./testing/ground.ts";
import { createTokens } from "./tokens.ts";

let ground: Ground;
beforeEach(() => {
  ground = newGround();
});
afterEach(() => ground.remove());

const openTokens = () => createTokens({ db: ground.db, dataFolder: ground.folder, now: ground.now });
const fileToken = () => readFileSync(join(ground.folder, "token"), "utf8").trim();
const dump = () =>
  JSON.stringify([
    ground.db.all(ground.db.sql.selectFrom("tokens").selectAll()),
    ground.db.all(ground.db.sql.selectFrom("sessions").selectAll()),
  ]);

describe("a database that cannot be written", () => {
  it("locks nobody out who may come in", () => {
    const full = (): never => {
      throw new AppError("io.write");
    };
    let run = ground.db.run;
    const db = { ...ground.db, run: (query: Parameters<typeof run>[0]) => run(query) };
    const tokens = createTokens({ db, dataFolder: ground.folder, now: ground.now });
    const sessions = createSessions({ db, tokens, now: ground.now });
    const { cookie, session } = sessions.signInWithCode(sessions.createCode().code) ?? {};
    ground.clockMs += 3_600_000;
    run = full;
    expect(tokens.verify(fileToken())).toMatchObject({ builtIn: true });
    expect(sessions.verify(cookie ?? "")).toMatchObject({ id: session?.id });
    expect(() => sessions.use(session?.id ?? "")).not.toThrow();
  });
});

describe("tokens", () => {
  it("keeps the installation's token over restarts", () => {
    openTokens();
    const token = fileToken();
    expect(token).toMatch(/^[\w-]{43}$/);
    expect(openTokens().verify(token)).toMatchObject({ builtIn: true });
    expect(fileToken()).toBe(token);
  });

  it("makes a new one when the file is lost or not ours, and the old one opens nothing", () => {
    openTokens();
    const lost = fileToken();
    rmSync(join(ground.folder, "token"));
    const tokens = openTokens();
    expect(tokens.verify(fileToken())).not.toBeNull();
    expect(tokens.verify(lost)).toBeNull();
    writeFileSync(join(ground.folder, "token"), "planted-by-somebody-else-planted-by-somebody");
    expect(openTokens().verify("planted-by-somebody-else-planted-by-somebody")).toBeNull();
  });

  it("does not take a script's token for the installation's own", () => {
    const made = openTokens().create("script");
    writeFileSync(join(ground.folder, "token"), made.token);
    const tokens = openTokens();
    expect(fileToken()).not.toBe(made.token);
    expect(tokens.list().filter((info) => info.builtIn)).toHaveLength(1);
  });

  it("stores no token", () => {
    const tokens = openTokens();
    const { token } = tokens.create("script");
    expect(dump()).not.toContain(token);
    expect(dump()).not.toContain(fileToken());
  });

  it("tells a token once, lists it without it, and revokes it", () => {
    const tokens = openTokens();
    const revoked: string[] = [];
    tokens.onRevoked((id) => revoked.push(id));
    const { token, info } = tokens.create("script");
    expect(tokens.verify(token)?.id).toBe(info.id);
    expect(JSON.stringify(tokens.list())).not.toContain(token);
    tokens.revoke(info.id);
    expect(tokens.verify(token)).toBeNull();
    expect(revoked).toEqual([info.id]);
    expect(() => tokens.revoke(info.id)).toThrow(expect.objectContaining({ code: "request.not-found" }));
  });

  it("notes the last use at most once a minute", () => {
    const tokens = openTokens();
    const { token, info } = tokens.create("script");
    const lastUse = () => tokens.list().find(({ id }) => id === info.id)?.lastUsedAt;
    expect(lastUse()).toBeNull();
    tokens.verify(token);
    const first = lastUse();
    ground.clockMs += 59_999;
    tokens.verify(token);
    expect(lastUse()).toBe(first);
    ground.clockMs += 1;
    tokens.verify(token);
    expect(lastUse()).toBe(new Date(ground.clockMs).toISOString());
  });
});

describe("sessions", () => {
  const open = () => {
    const tokens = openTokens();
    return { tokens, sessions: createSessions({ db: ground.db, tokens, now: ground.now }) };
  };

  it("a code opens one session, once, for ten minutes", () => {
    const { sessions } = open();
    const { code } = sessions.createCode();
    expect(sessions.signInWithCode(`${code}x`)).toBeNull();
    const made = sessions.signInWithCode(code);
    expect(sessions.verify(made?.cookie ?? "")?.id).toBe(made?.session.id);
    expect(sessions.signInWithCode(code)).toBeNull();

    const late = sessions.createCode();
    ground.clockMs += CODE_LIFE_MS;
    expect(sessions.signInWithCode(late.code)).toBeNull();
  });

  it("survives a restart without its cookie being stored", () => {
    const made = open().sessions.signInWithCode("none");
    expect(made).toBeNull();
    const before = open().sessions;
    const cookie = before.signInWithCode(before.createCode().code)?.cookie ?? "";
    expect(dump()).not.toContain(cookie);
    expect(open().sessions.verify(cookie)).not.toBeNull();
  });

  it("ends after a week without use, and after thirty days in any case", () => {
    const { sessions } = open();
    const idle = sessions.signInWithCode(sessions.createCode().code);
    ground.clockMs += SESSION_IDLE_MS - 1;
    expect(sessions.isLive(idle?.session.id ?? "")).toBe(true);
    ground.clockMs += 1;
    expect(sessions.verify(idle?.cookie ?? "")).toBeNull();
    expect(sessions.isLive(idle?.session.id ?? "")).toBe(false);

    const used = sessions.signInWithCode(sessions.createCode().code);
    const day = 24 * 3_600_000;
    for (let days = 0; days < SESSION_LIFE_MS / day - 1; days += 1) {
      ground.clockMs += day;
      expect(sessions.verify(used?.cookie ?? ""), `day ${days}`).not.toBeNull();
    }
    ground.clockMs += day;
    expect(sessions.verify(used?.cookie ?? "")).toBeNull();
  });

  it("in use over one long connection goes on, until it is over", () => {
    const { sessions } = open();
    const id = sessions.signInWithCode(sessions.createCode().code)?.session.id ?? "";
    for (let half = 0; half < 6; half += 1) {
      ground.clockMs += SESSION_IDLE_MS / 2;
      sessions.use(id);
    }
    ground.clockMs += SESSION_IDLE_MS;
    expect(() => sessions.use(id)).toThrow(expect.objectContaining({ code: "auth.invalid" }));
    expect(() => sessions.use("made up")).toThrow(expect.objectContaining({ code: "auth.invalid" }));
  });

  it("ends when signed out, and when the token it was opened with is revoked", () => {
    const { tokens, sessions } = open();
    const ended: string[] = [];
    sessions.onEnded((id) => ended.push(id));
    const { token, info } = tokens.create("script");
    expect(sessions.signInWithToken(`${token}x`)).toBeNull();
    const byToken = sessions.signInWithToken(token);
    const byCode = sessions.signInWithCode(sessions.createCode().code);
    tokens.revoke(info.id);
    expect(sessions.verify(byToken?.cookie ?? "")).toBeNull();
    expect(sessions.verify(byCode?.cookie ?? "")).not.toBeNull();
    sessions.signOut(byCode?.session.id ?? "");
    sessions.signOut(byCode?.session.id ?? "");
    expect(sessions.verify(byCode?.cookie ?? "")).toBeNull();
    expect(ended).toEqual([byToken?.session.id, byCode?.session.id]);
  });

  it("keeps a bounded number of unused codes", () => {
    const { sessions } = open();
    const first = sessions.createCode().code;
    for (let count = 0; count < 100; count += 1) sessions.createCode();
    expect(sessions.signInWithCode(first)).toBeNull();
  });
});
