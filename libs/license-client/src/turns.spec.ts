import { describe, expect, it } from 'vitest';
import { settle } from '../test/virtual-timing.js';
import { Turns } from './turns.js';

const nothing = () => undefined;

/** A promise that the test resolves. */
function gate() {
  let open: () => void = nothing;
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { passed, open };
}

describe('Turns', () => {
  it('runs one piece of work at a time, even after a failure', async () => {
    const turns = new Turns(nothing);
    const log: string[] = [];
    const work = (name: string, fails: boolean) => async () => {
      log.push(`${name} begins`);
      await Promise.resolve();
      log.push(`${name} ends`);
      if (fails) throw new Error(name);
    };
    await Promise.allSettled([turns.take(work('a', true)), turns.take(work('b', false))]);
    expect(log).toEqual(['a begins', 'a ends', 'b begins', 'b ends']);
    expect(turns.busy).toBe(false);
  });

  it('rejects at once when the caller aborts, and stays busy until the work has stopped', async () => {
    const turns = new Turns(nothing);
    const caller = new AbortController();
    const { passed: stopping, open: stop } = gate();
    let told: unknown;
    const turn = turns.take(async (signal) => {
      await stopping;
      told = signal.reason;
    }, caller.signal);
    await settle();
    const reason = new Error('closed by the user');
    caller.abort(reason);
    await expect(turn).rejects.toBe(reason);
    expect(turns.busy).toBe(true);
    stop();
    await turns.abort(new Error('already stopped'));
    expect(told).toBe(reason);
  });

  it('does not start work that was aborted while it waited', async () => {
    const turns = new Turns(nothing);
    const { passed: first, open: finish } = gate();
    const running = turns.take(() => first);
    await settle();
    let begun = false;
    const waiting = turns.take(async () => {
      begun = true;
    });
    const aborted = turns.abort(new Error('released'));
    finish();
    await aborted;
    await running;
    await expect(waiting).rejects.toThrow('released');
    expect(begun).toBe(false);
  });
});
