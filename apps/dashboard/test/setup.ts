import '@testing-library/jest-dom/vitest';
import { cleanup, configure } from '@testing-library/react';
import { afterAll, afterEach, beforeAll, vi } from 'vitest';
import { startI18n } from '#i18n/i18n';
import { forgetToken } from '#session/access-token';
import { clearToasts } from '#ui/toast';
import { server } from './server.ts';

// The first test of a file loads the code of its page, which takes long on a busy machine.
configure({ asyncUtilTimeout: 15_000 });

// The specs of the server run without a window, and call a real server.
if (typeof window !== 'undefined') {
  beforeAll(async () => {
    // The testing library sets it once, when it is loaded. The files of a process load it once.
    Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
    server.listen({ onUnhandledRequest: 'error' });
    await startI18n('en');
  });
  afterEach(() => {
    cleanup();
    server.resetHandlers();
    localStorage.clear();
    sessionStorage.clear();
    clearToasts();
    forgetToken();
    vi.useRealTimers();
  });
  afterAll(() => server.close());

  // Browser features that jsdom lacks.
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
