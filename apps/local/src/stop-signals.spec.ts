import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { onStopSignals } from './stop-signals.js';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function listener() {
  const [source, first, again] = [new EventEmitter(), vi.fn<() => void>(), vi.fn<() => void>()];
  onStopSignals(source, { first, again });
  return { source, first, again };
}

it.each(['SIGINT', 'SIGTERM', 'SIGHUP'])('treats %s as the request to stop', (signal) => {
  const { source, first, again } = listener();

  source.emit(signal);

  expect(first).toHaveBeenCalledOnce();
  expect(again).not.toHaveBeenCalled();
});

it('treats the copy of a Ctrl-C that npm forwards as the same request', () => {
  const { source, first, again } = listener();

  source.emit('SIGINT');
  vi.advanceTimersByTime(20);
  source.emit('SIGINT');

  expect(first).toHaveBeenCalledOnce();
  expect(again).not.toHaveBeenCalled();
});

it('treats a later signal as the request to stop at once', () => {
  const { source, first, again } = listener();

  source.emit('SIGINT');
  vi.advanceTimersByTime(600);
  source.emit('SIGINT');

  expect(first).toHaveBeenCalledOnce();
  expect(again).toHaveBeenCalledOnce();
});
