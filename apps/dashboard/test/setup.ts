import '@testing-library/jest-dom/vitest';
import { cleanup, configure } from '@testing-library/react';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { startI18n } from '../src/i18n/i18n.ts';
import { server } from './server.ts';

// The specs of the server run without a window, and call a real API.
if (typeof window !== 'undefined') {
  // A page is imported when it is first shown, which on a busy machine takes longer than the second that is meant for
  // what is there already.
  configure({ asyncUtilTimeout: 5000 });

  beforeAll(async () => {
    server.listen({ onUnhandledRequest: 'error' });
    await startI18n('en');
  });
  afterEach(() => {
    cleanup();
    server.resetHandlers();
    localStorage.clear();
  });
  afterAll(() => server.close());

  // What jsdom has not.
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
