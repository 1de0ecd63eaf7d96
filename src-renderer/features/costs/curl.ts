/** The same question for a shell: asked of this program's REST port, with the token read from its file and through a pipe. */

/** One argument of a POSIX shell. */
export function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** `url` and `tokenFile` of the running program; `path` below /api/v1. */
export function curlText(url: string, tokenFile: string, path: string, body: unknown): string {
  return [
    `printf 'Authorization: Bearer %s' "$(cat ${shellQuoted(tokenFile)})" |`,
    "  curl -sS --fail-with-body -H @- -H 'Content-Type: application/json' \\",
    `    -d ${shellQuoted(JSON.stringify(body))} \\`,
    `    ${shellQuoted(`${url}/api/v1${path}`)}`,
  ].join("\n");
}
