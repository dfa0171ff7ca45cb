import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { renderHook } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { expect, it, vi } from 'vitest';
import { me, server } from '#test/server';
import { useMay } from './me.ts';

it('a user can do what the API lists; an unknown permission does not compile', async () => {
  server.use(http.get('*/api/v1/auth/me', () => HttpResponse.json({ ...me, permissions: ['user:invite'] })));
  const client = new QueryClient();
  const { result } = renderHook(() => useMay(), {
    wrapper: ({ children }) => <QueryClientProvider client={client}>{children}</QueryClientProvider>,
  });
  await vi.waitFor(() => expect(result.current).not.toBeNull());
  expect(result.current('user:invite')).toBe(true);
  expect(result.current('user:remove')).toBe(false);
  // @ts-expect-error -- misspelt: with `string` a button would stay hidden for ever
  expect(result.current('user:invit')).toBe(false);
});
