import type { FastifyInstance } from 'fastify';
import { ProblemError } from '../problems/problem.js';
import { sendProblem } from '../problems/problem.filter.js';

/** Answers OPTIONS with 204, and a method that an existing path does not have with 405. Both list the methods of the
 *  path in `Allow` (RFC 9110, sections 9.3.7 and 15.5.6). Must be called before the routes are added. */
export function answerOtherMethods(fastify: FastifyInstance): void {
  const routes: { path: RegExp; methods: string[] }[] = [];
  fastify.addHook('onRoute', ({ url, method }) => {
    if (url !== '*') routes.push({ path: patternOf(url), methods: [method].flat() });
  });
  fastify.addHook('onRequest', (request, reply, done) => {
    if (!request.is404) return done();
    const path = request.url.split('?', 1)[0]!;
    const allowed = new Set(routes.flatMap((route) => (route.path.test(path) ? route.methods : [])));
    if (allowed.size === 0) return done();
    const allow = [...allowed].toSorted().join(', ');
    if (request.method === 'OPTIONS') return reply.status(204).header('allow', allow).send();
    sendProblem(
      new ProblemError('method_not_allowed', { detail: `Allowed here: ${allow}.`, headers: { allow } }),
      request,
      reply,
    );
  });
}

/** Returns a pattern for `/users/:id` or `/docs/*`, as the router reads them. */
function patternOf(url: string): RegExp {
  const source = url
    .replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll(/:\w+/g, '[^/]+')
    .replaceAll('*', '.*');
  return new RegExp(`^${source}$`);
}
