import type { LoggedError } from './log-line.js';

const REDACTED = '[redacted]';
const SECRET_NAME =
  /authorization|cookie|passw|passphrase|secret|credential|token|otpauth|api_?key|private_?key|license_?key|(^|_)keys?$|Key$|(device|user|recovery|auth\w*|verification)_?codes?$/i;
/** Tokens by their prefixes, JSON Web Tokens, credentials of HTTP authentication, passwords and secrets in URLs,
 *  private keys. */
const SECRET_TEXT = [
  /(?:c(?:st|rt|pr|ev|iv|ak|dc)|whsec)_[\w+/=-]{6,}/g,
  /eyJ[\w-]{5,}\.[\w-]+(?:\.[\w-]*)?/g,
  /(?<=\b(?:bearer|basic) )[\w.~+/=-]{6,}/gi,
  /(?<=:\/\/[^\s/:@]*:)[^\s/@]+(?=@)/g,
  /(?<=[?&#](?:code|state|token|secret|password)=)[^&\s"']+/gi,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
];
const MAX_DEPTH = 6;
const MAX_ITEMS = 100;
const MAX_TEXT = 8192;

/** Returns the text, shortened to MAX_TEXT, without secrets that can be recognized by their form. */
export function redactedText(text: string): string {
  return SECRET_TEXT.reduce((rest, pattern) => rest.replace(pattern, REDACTED), text.slice(0, MAX_TEXT));
}

/** Returns the value as plain JSON, without secrets that can be recognized by their name or form. */
export function redacted(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return redactedText(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return typeof value === 'function' ? undefined : value;
  if (value instanceof Error) return redactedError(value, depth);
  if (value instanceof Date) return value.toISOString();
  if (ArrayBuffer.isView(value)) return '[binary]';
  if (depth >= MAX_DEPTH) return '[nested]';
  if (Array.isArray(value)) return value.slice(0, MAX_ITEMS).map((item) => redacted(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, MAX_ITEMS)
      .map(([name, item]) => [name, SECRET_NAME.test(name) ? REDACTED : redacted(item, depth + 1)]),
  );
}

/** Keeps only the known fields of an error: others may contain requests and rows. */
function redactedError(error: Error & { code?: unknown }, depth: number): LoggedError | string {
  if (depth >= MAX_DEPTH) return '[nested]';
  const inner = (cause: unknown) =>
    cause instanceof Error ? redactedError(cause, depth + 1) : redactedText(String(cause));
  return {
    type: error.name,
    message: redactedText(error.message),
    ...(error.stack ? { stack: redactedText(error.stack) } : {}),
    ...(typeof error.code === 'string' ? { code: error.code } : {}),
    ...(error.cause === undefined ? {} : { cause: inner(error.cause) }),
    ...(error instanceof AggregateError ? { errors: error.errors.slice(0, MAX_ITEMS).map(inner) } : {}),
  };
}
