import { expect, it } from 'vitest';
import { selfTimes } from './profile.js';

const frame = (id: number, functionName: string, url: string) => ({
  id,
  callFrame: { functionName, url, lineNumber: 9 },
});

it('sums the samples by function and by package, per request and as a share of the time that was not idle', () => {
  const profile = {
    nodes: [
      frame(1, '(idle)', ''),
      frame(2, 'send', 'file:///srv/node_modules/fastify/lib/reply.js'),
      frame(3, 'send', 'file:///srv/node_modules/fastify/lib/reply.js'),
      frame(4, 'acquire', 'file:///srv/apps/api/dist/modules/seats.js'),
      frame(5, 'run', 'node:async_hooks'),
    ],
    samples: [1, 2, 3, 4, 5],
    timeDeltas: [500, 200, 100, 150, 50],
  };
  const times = selfTimes(profile, 10);
  expect(times.idle).toBe(0.5);
  expect(times.functions[0]).toEqual({ name: 'send  fastify/lib/reply.js:10', us: 30, share: 0.6 });
  expect(times.packages.map(({ name, us }) => [name, us])).toEqual([
    ['fastify', 30],
    ['apps/api', 15],
    ['node', 5],
  ]);
});
