import { z } from 'zod';

/**
 * The URL of a Redis server or a Redis Cluster. A cluster is given by several of its nodes, or by one with
 * `?cluster=true`. Nodes are separated by commas. A comma in a password does not separate nodes.
 */
export const RedisUrl = z
  .string()
  .refine((text) => nodesIn(text).every((node) => URL.canParse(node)), { message: 'Invalid URL', abort: true })
  .refine((text) => !isCluster(text) || agree(redisNodes(text)), {
    message: 'the nodes of a cluster must share protocol, user and password, and use database 0',
  });

/** Returns the URL of the server, or those of the given cluster nodes. */
export function redisNodes(url: string): URL[] {
  return nodesIn(url).map((node) => new URL(node));
}

/** Whether the URL is that of a Redis Cluster. */
export function isCluster(url: string): boolean {
  const nodes = redisNodes(url);
  return nodes.length > 1 || nodes[0]!.searchParams.get('cluster') === 'true';
}

function nodesIn(text: string): string[] {
  return text.split(/\s*,\s*(?=rediss?:\/\/)/);
}

/** Whether nodes share protocol, user and password, and use database 0. A cluster has no other database. */
function agree(nodes: URL[]): boolean {
  const [first] = nodes.map(({ protocol, username, password }) => JSON.stringify([protocol, username, password]));
  return nodes.every(
    ({ protocol, username, password, pathname }) =>
      JSON.stringify([protocol, username, password]) === first && ['', '/', '/0'].includes(pathname),
  );
}
