/** A step that brings the database from one version to the next. Never edited once released: add another instead. */
export interface Migration {
  /** "NNN-name", as its file is called. */
  readonly name: string;
  /** One or more SQL statements, run in one transaction together with the new version number. */
  readonly sql: string;
}
