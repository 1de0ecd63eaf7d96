/**
 * Settings, and who may come in: access tokens and browser sessions (only their SHA-256, hex), and which runs the user was
 * told about. Instants are ISO 8601 UTC text.
 */
import type { Migration } from "./migration.ts";

export const access: Migration = {
  name: "003-access",
  sql: `
    CREATE TABLE settings (
      key TEXT PRIMARY KEY,
      value TEXT NOT NULL CHECK (json_valid(value))
    ) STRICT;

    CREATE TABLE tokens (
      id TEXT PRIMARY KEY,
      label TEXT NOT NULL,
      hash TEXT NOT NULL UNIQUE,
      built_in INTEGER NOT NULL CHECK (built_in IN (0, 1)),
      created_at TEXT NOT NULL,
      last_used_at TEXT
    ) STRICT;
    CREATE UNIQUE INDEX tokens_one_built_in ON tokens (built_in) WHERE built_in = 1;

    CREATE TABLE sessions (
      id TEXT PRIMARY KEY,
      hash TEXT NOT NULL UNIQUE,
      -- The token that was used to sign in; revoking it ends the session. Null after sign-in with a one-time code.
      token_id TEXT REFERENCES tokens (id) ON DELETE CASCADE,
      created_at TEXT NOT NULL,
      last_used_at TEXT NOT NULL,
      expires_at TEXT NOT NULL
    ) STRICT;
    CREATE INDEX sessions_expiry ON sessions (expires_at);
    CREATE INDEX sessions_token ON sessions (token_id);

    CREATE TABLE notices (
      run_id TEXT PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,
      at TEXT NOT NULL
    ) STRICT;
  `,
};
