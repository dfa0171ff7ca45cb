import { describe, expect, it } from 'vitest';
import { afterCommit, committing } from './after-commit.js';
import type { Prisma } from './generated/prisma/client.js';

const tx = () => ({}) as Prisma.TransactionClient;

describe('given work registered with afterCommit', () => {
  it('then it runs after the commit, in order', async () => {
    const done: string[] = [];
    const result = await committing(
      async (work) => {
        const answer = await work(tx());
        done.push('commit');
        return answer;
      },
      async (own) => {
        for (const name of ['one', 'two']) afterCommit(own, () => done.push(name));
        return 'answer';
      },
    );
    expect(result).toBe('answer');
    expect(done).toEqual(['commit', 'one', 'two']);
  });

  it('when the commit fails, then it does not run', async () => {
    const done: string[] = [];
    const failing = committing(
      async (work) => {
        await work(tx());
        throw new Error('no commit');
      },
      async (own) => afterCommit(own, () => done.push('one')),
    );
    await expect(failing).rejects.toThrow('no commit');
    expect(done).toEqual([]);
  });

  it('when the transaction is not one of tenantTx or systemTx, then registering throws', () => {
    expect(() => afterCommit(tx(), () => {})).toThrow(/only in a transaction/);
  });
});
