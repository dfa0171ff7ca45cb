import type { Prisma } from './generated/prisma/client.js';

const waiting = new WeakMap<Prisma.TransactionClient, (() => void)[]>();

/** Runs `then` once a transaction of `tenantTx` or `systemTx` is committed, in the order of asking; never, when it is rolled
 *  back. It must not throw: nothing can be undone any more.
 *  @throws Error when the transaction is none of these */
export function afterCommit(tx: Prisma.TransactionClient, then: () => void): void {
  const list = waiting.get(tx);
  if (!list) throw new Error('nobody would run this after the commit of such a transaction');
  list.push(then);
}

/** A transaction that runs what `afterCommit` was asked for. */
export async function committing<T>(
  begin: (work: (tx: Prisma.TransactionClient) => Promise<T>) => Promise<T>,
  work: (tx: Prisma.TransactionClient) => Promise<T>,
): Promise<T> {
  const list: (() => void)[] = [];
  const result = await begin((tx) => {
    waiting.set(tx, list);
    return work(tx);
  });
  for (const then of list) then();
  return result;
}
