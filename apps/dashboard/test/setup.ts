import '@testing-library/jest-dom/vitest';
import { cleanup } from '@testing-library/react';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { startI18n } from '../src/i18n/i18n.ts';
import { server } from './server.ts';

beforeAll(async () => {
  server.listen({ onUnhandledRequest: 'error' });
  if (typeof window !== 'undefined') await startI18n('en');
});
afterEach(() => {
  cleanup();
  server.resetHandlers();
  globalThis.localStorage?.clear();
});
afterAll(() => server.close());

// What jsdom has not. The specs of the server have no window at all.
if (typeof window !== 'undefined') {
  window.matchMedia ??= (query) =>
    ({ matches: false, media: query, addEventListener() {}, removeEventListener() {} }) as unknown as MediaQueryList;
  window.scrollTo = () => {};
  globalThis.ResizeObserver ??= class {
    observe() {}
    unobserve() {}
    disconnect() {}
  };
  Object.assign(Element.prototype, { scrollIntoView() {}, hasPointerCapture: () => false });
}
