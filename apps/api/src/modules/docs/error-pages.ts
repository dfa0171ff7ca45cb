import { type ProblemCode, problemCodes } from '@coditect/contracts/problem';
import { problemHelp } from '@coditect/contracts/problem-help';
import type { OpenAPIObject } from '@nestjs/swagger';
import { METHODS } from './openapi.js';

/** Returns the HTML page of one code: what it means, what to do, and which operations return it. */
export function errorPage(code: ProblemCode, document: OpenAPIObject): string {
  const { status, title } = problemCodes[code];
  const { meaning, remedy } = problemHelp[code];
  const operations = operationsWith(code, document);
  const list = operations.map(
    ({ method, path, summary }) => `<li><code>${method} ${path}</code> ${prose(summary)}</li>`,
  );
  return page(
    `${code} – errors`,
    `<p><a href="/docs/errors">All errors</a> · <a href="/docs">API reference</a></p>
    <h1><code>${code}</code></h1>
    <p class="status">HTTP ${status} · ${prose(title)}</p>
    <h2>What it means</h2><p>${prose(meaning)}</p>
    <h2>What to do</h2><p>${prose(remedy)}</p>
    ${list.length > 0 ? `<h2>Where it occurs</h2><ul>${list.join('')}</ul>` : ''}`,
  );
}

/** Returns the HTML page that lists all codes by status. */
export function errorList(): string {
  const rows = Object.entries(problemCodes)
    .toSorted(([, a], [, b]) => a.status - b.status)
    .map(
      ([code, { status, title }]) =>
        `<tr><td>${status}</td><td><a href="/docs/errors/${code}"><code>${code}</code></a></td><td>${prose(title)}</td></tr>`,
    );
  return page(
    'Errors',
    `<p><a href="/docs">API reference</a></p><h1>Errors</h1>
    <p>Every refusal is <code>application/problem+json</code> (RFC 9457). Switch on <code>code</code>: it never changes its meaning.</p>
    <table><thead><tr><th>Status</th><th>Code</th><th>Title</th></tr></thead><tbody>${rows.join('')}</tbody></table>`,
  );
}

/** Returns the HTML page of the API reference: Swagger UI with its own files only, and no inline script. */
export function referencePage(): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>CODITECT License API</title><link rel="stylesheet" href="/docs/assets/swagger-ui.css"></head>
<body><div id="reference"></div>
<script src="/docs/assets/swagger-ui-bundle.js"></script><script src="/docs/reference.js"></script></body></html>`;
}

export const REFERENCE_SCRIPT = `window.ui = SwaggerUIBundle({
  url: '/api/v1/openapi.json',
  dom_id: '#reference',
  deepLinking: true,
  filter: true,
  persistAuthorization: false,
  docExpansion: 'list',
  defaultModelsExpandDepth: 0,
});
`;

function operationsWith(code: ProblemCode, document: OpenAPIObject) {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const { summary = '', responses = {} } = item[method] ?? {};
      // The name of a shared response is the list of its codes.
      const codes = Object.values(responses).flatMap((response) =>
        response && '$ref' in response ? (response.$ref.split('/').at(-1)?.split('.') ?? []) : [],
      );
      return codes.includes(code) ? [{ method: method.toUpperCase(), path, summary }] : [];
    }),
  );
}

/** Converts plain text with \`code\` in it to HTML. */
function prose(text: string): string {
  const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return escaped.replaceAll(/`([^`]+)`/g, '<code>$1</code>');
}

function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} – CODITECT License API</title><link rel="stylesheet" href="/docs/pages.css"></head>
<body><main>${body}</main></body></html>`;
}

export const PAGES_STYLE = `:root { color-scheme: light dark; --line: light-dark(#d8dee6, #333b46); --soft: light-dark(#57606a, #9aa4b0); }
body { font: 16px/1.6 system-ui, sans-serif; margin: 0; background: light-dark(#fff, #0f1419); color: light-dark(#1b222b, #e4e9ef); }
main { max-width: 46rem; margin: 0 auto; padding: 2rem 1rem 4rem; }
h1 { font-size: 1.6rem; overflow-wrap: anywhere; }
h2 { font-size: 1.1rem; margin-top: 2rem; }
a { color: light-dark(#0b57d0, #8ab4f8); }
code { font: 0.95em ui-monospace, monospace; overflow-wrap: anywhere; }
.status { color: var(--soft); }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: 0.35rem 0.6rem 0.35rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
`;
