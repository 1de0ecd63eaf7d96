import { expect, it } from "vitest";
import { findBySecret, newSecret, secretHash } from "./secret.ts";

it("secrets have 256 bits, never twice the same", () => {
  const made = new Set(Array.from({ length: 1_000 }, newSecret));
  expect(made.size).toBe(1_000);
  for (const secret of made) expect(Buffer.from(secret, "base64url")).toHaveLength(32);
});

it("an entry is found by its secret only, and a broken entry harms nobody", () => {
  const secrets = [newSecret(), newSecret(), newSecret()];
  const entries = [...secrets.map((secret, id) => ({ id, hash: secretHash(secret) })), { id: 9, hash: "short" }];
  for (const [id, secret] of secrets.entries()) expect(findBySecret(entries, secret)?.id).toBe(id);
  expect(findBySecret(entries, newSecret())).toBeNull();
  expect(findBySecret(entries, "")).toBeNull();
  // The hash itself opens nothing: who reads the database has no key.
  expect(findBySecret(entries, secretHash(secrets[0] ?? ""))).toBeNull();
});

it("looks at every entry, wherever the right one stands", () => {
  const secret = newSecret();
  let looked = 0;
  const entries = Array.from({ length: 50 }, (_, id) => {
    const hash = secretHash(id === 0 ? secret : newSecret());
    return {
      id,
      get hash() {
        looked += 1;
        return hash;
      },
    };
  });
  expect(findBySecret(entries, secret)?.id).toBe(0);
  expect(looked).toBe(50);
});
