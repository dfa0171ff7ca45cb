import { describe, expect, it } from 'vitest';
import { afterCommit, committing } from './after-commit.js';
import type { Prisma } from './generated/prisma/client.js';

const tx = () => ({}) as Prisma.TransactionClient;

describe('what is asked for after a commit', () => {
  it('is done then, in order, and not before', async () => {
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

  it('is not done when the commit fails', async () => {
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

  it('cannot be asked for in a transaction that nobody watches', () => {
    expect(() => afterCommit(tx(), () => {})).toThrow(/nobody would run this/);
  });
});
