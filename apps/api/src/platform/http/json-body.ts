import type { FastifyInstance } from 'fastify';
import { ProblemError } from '../problems/problem.js';

/** More levels than any message has, and few enough for code that walks a body recursively. */
const MAX_LEVELS = 32;

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Reads bodies as RFC 8259 defines JSON between systems. A body that is not UTF-8 is refused. Fastify alone would
 * insert replacement characters, so that two different texts would become equal.
 */
export function readJsonBodies(fastify: FastifyInstance): void {
  const parse = fastify.getDefaultJsonParser('error', 'error');
  fastify.removeContentTypeParser('application/json');
  fastify.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (request, bytes, done) => {
    let text: string;
    try {
      text = utf8.decode(bytes);
    } catch {
      return done(malformed('It is not UTF-8.'));
    }
    return parse(request, text, (error, body: unknown) => {
      if (!error && !hasAtMost(MAX_LEVELS, body)) done(malformed(`It has more than ${MAX_LEVELS} levels.`));
      else done(error, body);
    });
  });
}

function hasAtMost(levels: number, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return levels > 0 && Object.values(value).every((member) => hasAtMost(levels - 1, member));
}

function malformed(detail: string): ProblemError {
  return new ProblemError('malformed_json', { detail });
}
