import type { Prisma } from './generated/prisma/client.js';

const waiting = new WeakMap<Prisma.TransactionClient, (() => void)[]>();

/**
 * Registers `then` to run once a transaction of `tenantTx` or `systemTx` has committed. Functions run in the order of
 * registration, and never after a rollback. They must not throw, because the commit cannot be undone.
 * @throws Error if the transaction is not one of these two
 */
export function afterCommit(tx: Prisma.TransactionClient, then: () => void): void {
  const list = waiting.get(tx);
  if (!list) throw new Error('afterCommit works only in a transaction of tenantTx or systemTx');
  list.push(then);
}

/** Runs a transaction, and after its commit the functions registered with `afterCommit`. */
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
