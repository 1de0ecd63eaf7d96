/** /api/docs: the OpenAPI document to read and try out, with Swagger UI's own files and no script from anywhere else. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { AppError } from "../../src-core/model/error.ts";
import type { StaticFiles } from "../files/static-files.ts";
import { sendFile } from "./pages.ts";
import { PAGE_POLICY } from "./respond.ts";

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>HyperSDK Desktop: REST API</title>
<link rel="stylesheet" href="/api/docs/swagger-ui.css">
<link rel="icon" href="/api/docs/favicon-32x32.png">
</head>
<body>
<div id="api"></div>
<script src="/api/docs/swagger-ui-bundle.js"></script>
<script src="/api/docs/start.js"></script>
</body>
</html>
`;

const START = `SwaggerUIBundle({
  url: "/api/openapi.json",
  dom_id: "#api",
  validatorUrl: null,
  deepLinking: true,
  presets: [SwaggerUIBundle.presets.apis],
});
`;

/** What of the package is shown; the rest of it stays where it is. */
const SHOWN = new Set(["/swagger-ui.css", "/swagger-ui-bundle.js", "/favicon-32x32.png"]);

/** Answers the paths below /api/docs; `name` is what follows. @throws AppError request.not-found */
export function serveDocs(
  swagger: StaticFiles | null,
  name: string,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const own = (type: string, text: string) => {
    response.setHeader("Content-Security-Policy", PAGE_POLICY);
    response.writeHead(200, { "Content-Type": `${type}; charset=utf-8`, "Content-Length": Buffer.byteLength(text) });
    response.end(request.method === "HEAD" ? undefined : text);
  };
  const file = SHOWN.has(name) ? swagger?.get(name) : undefined;
  if (name === "" || name === "/") own("text/html", PAGE);
  else if (name === "/start.js") own("text/javascript", START);
  else if (file !== undefined) sendFile(file, request, response);
  else throw new AppError("request.not-found");
}
