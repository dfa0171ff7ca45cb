import { createMemoryHistory } from '@tanstack/react-router';
import { render } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { App } from '#app';
import { forgetToken } from '#session/access-token';
import { me, server } from './server.ts';

/** Renders a page for a user with these permissions. Serves only what the frame requests; other requests get 404. Specs
 *  serve what their page requests. */
export function renderApp(
  path: string,
  { permissions, signedIn = true }: { permissions: string[]; signedIn?: boolean },
) {
  forgetToken();
  if (signedIn) localStorage.setItem('signed-in', 'yes');
  server.use(
    http.get('*/api/v1/auth/me', () => HttpResponse.json({ ...me, permissions })),
    ...(signedIn ? [] : [http.post('*/api/v1/auth/refresh', () => HttpResponse.json({}, { status: 401 }))]),
    http.post('*/api/v1/auth/logout', () => new HttpResponse(null, { status: 204 })),
    http.get('*/api/v1/stream', () => new HttpResponse(null, { status: 403 })),
    http.get('*/api/v1/*', () => HttpResponse.json({ code: 'not_found', title: 'Not found' }, { status: 404 })),
  );
  const history = createMemoryHistory({ initialEntries: [path] });
  const view = render(<App history={history} />);
  return { ...view, history, user: userEvent.setup() };
}
