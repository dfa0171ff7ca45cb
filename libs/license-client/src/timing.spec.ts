import { describe, expect, it } from 'vitest';
import { VirtualTiming } from '../test/virtual-timing.js';
import { pause, retryDelayMs } from './timing.js';

describe('retryDelayMs', () => {
  it.each([
    [1, 1000],
    [4, 8000],
    [40, 60_000],
  ])('is random between 0 and a ceiling that doubles up to a cap (failure %d)', (failures, ceiling) => {
    const delay = (fraction: number) => retryDelayMs(new VirtualTiming(0, fraction), failures, { capMs: 60_000 });
    expect([delay(0), delay(0.5), delay(1)]).toEqual([0, ceiling / 2, ceiling]);
  });

  it('is added to the wait that the server asked for', () => {
    expect(retryDelayMs(new VirtualTiming(0, 0), 1, { capMs: 60_000, retryAfterSeconds: 30 })).toBe(30_000);
  });
});

describe('pause', () => {
  it('keeps the process alive, because a caller awaits it', async () => {
    const timing = new VirtualTiming();
    const paused = pause(timing, 1000, new AbortController().signal);
    expect(timing.timers.map(({ keepsAlive }) => keepsAlive)).toEqual([true]);
    await timing.advance(1000);
    await expect(paused).resolves.toBeUndefined();
  });

  it.each(['before', 'while'])(
    'rejects with the reason of a signal aborted %s waiting, and leaves no timer',
    async (when) => {
      const timing = new VirtualTiming();
      const controller = new AbortController();
      const reason = new Error('enough');
      if (when === 'before') controller.abort(reason);
      const paused = pause(timing, 1000, controller.signal);
      controller.abort(reason);
      await expect(paused).rejects.toBe(reason);
      expect(timing.timers).toEqual([]);
    },
  );
});
