import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type History, medianLengthMs, replay, seatsNeeded } from './what-if.js';

const HOUR = 3_600_000;
const history = (parts: Partial<History>): History => ({ from: 0, held: [], refused: [], assumedMs: HOUR, ...parts });
const held = (userId: string, start: number, end: number) => ({ userId, start: start * HOUR, end: end * HOUR });
const refused = (userId: string, at: number) => ({ userId, at: at * HOUR });
const denials = (of: History, seats: number) => {
  const { denialsRemaining, sessionsRefused } = replay(of, seats);
  return { denialsRemaining, sessionsRefused };
};

describe('given two seats held from 8 to 12, and Cy refused at 9', () => {
  const past = history({ held: [held('ada', 8, 12), held('bob', 8, 12)], refused: [refused('cy', 9)] });

  it('then a replay with two seats has the same denial', () => {
    expect(replay(past, 2)).toEqual({ denialsRemaining: 1, sessionsRefused: 0, peak: 2 });
  });
  it('then a third seat would have been enough, and three seats were needed', () => {
    expect(replay(past, 3)).toEqual({ denialsRemaining: 0, sessionsRefused: 0, peak: 3 });
    expect(seatsNeeded(past)).toBe(3);
  });
  it('then with one seat, one of the two sessions would have been refused as well', () => {
    expect(denials(past, 1)).toEqual({ denialsRemaining: 1, sessionsRefused: 1 });
  });
  it('then without any seat, all are refused', () => {
    expect(denials(past, 0)).toEqual({ denialsRemaining: 1, sessionsRefused: 2 });
  });
});

describe('a seat that a refused user gets in the replay', () => {
  const busy = [held('ada', 8, 12), held('bob', 8, 12)];

  it('is held for the assumed time: a user who comes within it is refused, one who comes at its end is not', () => {
    const meets = (at: number) => history({ held: busy, refused: [refused('cy', 9), refused('di', at)] });
    expect(denials(meets(9.9), 3).denialsRemaining).toBe(1);
    expect(denials(meets(10), 3).denialsRemaining).toBe(0);
  });

  it('becomes the seat of the user’s own next session, not a second one', () => {
    const past = history({ held: [held('ada', 8, 9.25), held('cy', 9.25, 14)], refused: [refused('cy', 9)] });
    expect(denials(past, 2)).toEqual({ denialsRemaining: 0, sessionsRefused: 0 });
    expect(seatsNeeded(past)).toBe(2);
  });
});

describe('the replay', () => {
  it('gives a seat to the next user in the moment of its release', () => {
    expect(seatsNeeded(history({ held: [held('ada', 8, 9), held('bob', 9, 10)] }))).toBe(1);
  });

  it('leaves seats to sessions that began before it, even if there are fewer seats', () => {
    const past = history({
      from: 10 * HOUR,
      held: [held('ada', 8, 12), held('bob', 9, 12), held('cy', 10, 11), held('di', 12, 13)],
    });
    expect(replay(past, 1)).toEqual({ denialsRemaining: 0, sessionsRefused: 1, peak: 2 });
  });

  it('of any past needs exactly the seats it returns: no refusal with them, at least one with one seat fewer', () => {
    const moment = fc.integer({ min: 0, max: 1000 });
    const user = fc.constantFrom('ada', 'bob', 'cy', 'di');
    const sessions = fc.array(fc.record({ userId: user, start: moment, length: fc.integer({ min: 1, max: 300 }) }));
    const refusals = fc.array(fc.record({ userId: user, at: moment }), { maxLength: 20 });
    fc.assert(
      fc.property(sessions, refusals, (recorded, missed) => {
        const past = history({
          held: recorded.map(({ userId, start, length }) => ({ userId, start, end: start + length })),
          refused: missed,
          assumedMs: 100,
        });
        const needed = seatsNeeded(past);
        expect(replay(past, needed)).toEqual({ denialsRemaining: 0, sessionsRefused: 0, peak: needed });
        if (needed === 0) return;
        const { denialsRemaining, sessionsRefused, peak } = replay(past, needed - 1);
        expect(denialsRemaining + sessionsRefused).toBeGreaterThan(0);
        expect(peak).toBe(needed - 1);
      }),
    );
  });

  it('of a hundred thousand sessions takes at most seconds', () => {
    const many = Array.from({ length: 100_000 }, (_, i) => ({
      userId: `u${i % 500}`,
      start: i * 10,
      end: i * 10 + 5_000,
    }));
    const started = performance.now();
    expect(seatsNeeded(history({ held: many }))).toBe(500);
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});

describe('the assumed time', () => {
  it('is the median of the recorded lengths', () => {
    expect(medianLengthMs([held('a', 0, 1), held('b', 0, 9), held('c', 1, 3)])).toBe(2 * HOUR);
    expect(medianLengthMs([])).toBeUndefined();
  });
});
