import { describe, expect, it } from 'vitest';
import { DeniedError } from './errors.js';
import { EventHub } from './event-hub.js';

const denied = { error: new DeniedError('no', { code: 'forbidden' }) };

describe('EventHub', () => {
  const warnings: string[] = [];
  const hub = () => new EventHub({ debug: () => undefined, warn: (message) => warnings.push(message) });

  it('calls every listener until it is unsubscribed, in either way', () => {
    const events = hub();
    const told: string[] = [];
    const first = () => told.push('first');
    const unsubscribe = events.on('denied', () => told.push('second'));
    events.on('denied', first);
    events.emit('denied', denied);
    unsubscribe();
    events.emit('denied', denied);
    events.off('denied', first);
    events.emit('denied', denied);
    expect(told).toEqual(['second', 'first', 'first']);
  });

  it('continues after a listener that throws or rejects, and logs the error', async () => {
    const events = hub();
    const told: string[] = [];
    events.on('denied', () => {
      throw new Error('broken listener');
    });
    events.on('denied', () => Promise.reject(new Error('rejecting listener')));
    events.on('denied', () => told.push('third'));
    expect(() => events.emit('denied', denied)).not.toThrow();
    await Promise.resolve();
    expect(told).toEqual(['third']);
    expect(warnings).toHaveLength(2);
  });

  it('still calls all listeners of an event when one of them unsubscribes another', () => {
    const events = hub();
    const told: string[] = [];
    const second = () => told.push('second');
    events.on('denied', () => events.off('denied', second));
    events.on('denied', second);
    events.emit('denied', denied);
    events.emit('denied', denied);
    expect(told).toEqual(['second']);
  });
});
