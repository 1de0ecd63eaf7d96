/** Rows of migrations/003-access.ts as kysely types them. */

interface SettingRow {
  key: string;
  value: string;
}

interface TokenRow {
  id: string;
  label: string;
  hash: string;
  built_in: number;
  created_at: string;
  last_used_at: string | null;
}

interface SessionRow {
  id: string;
  hash: string;
  token_id: string | null;
  created_at: string;
  last_used_at: string;
  expires_at: string;
}

interface NoticeRow {
  run_id: string;
  at: string;
}

export interface AccessTables {
  settings: SettingRow;
  tokens: TokenRow;
  sessions: SessionRow;
  notices: NoticeRow;
}
