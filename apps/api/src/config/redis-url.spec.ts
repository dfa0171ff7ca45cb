import { expect, it } from 'vitest';
import { isCluster, redisNodes, RedisUrl } from './redis-url.js';

it.each([
  ['redis://127.0.0.1:6379', false, ['127.0.0.1:6379']],
  ['redis://:a,b@redis.test/2?family=6', false, ['redis.test']],
  ['redis://redis.test:6379?cluster=false', false, ['redis.test:6379']],
  ['rediss://user:secret@clustercfg.test:6380?cluster=true', true, ['clustercfg.test:6380']],
  [
    'redis://:a,b@one.test:1, redis://:a,b@two.test:2,redis://:a,b@[::1]:3',
    true,
    ['one.test:1', 'two.test:2', '[::1]:3'],
  ],
])('%s: whether it is a cluster is %s, and its hosts are %j', (url, cluster, hosts) => {
  expect(RedisUrl.parse(url)).toBe(url);
  expect(isCluster(url)).toBe(cluster);
  expect(redisNodes(url).map(({ host }) => host)).toEqual(hosts);
});

it.each([
  ['', 'Invalid URL'],
  ['localhost', 'Invalid URL'],
  ['redis://one.test:1,two.test:2', 'Invalid URL'],
  ['redis://one.test:1,redis://:secret@two.test:2', 'must share protocol, user and password'],
  ['redis://one.test:1,rediss://two.test:2', 'must share protocol, user and password'],
  ['redis://one.test:1/1?cluster=true', 'use database 0'],
])('"%s" is refused: %s', (url, why) => {
  const { error } = RedisUrl.safeParse(url);
  expect(error?.issues.map(({ message }) => message)).toEqual([expect.stringContaining(why)]);
});
