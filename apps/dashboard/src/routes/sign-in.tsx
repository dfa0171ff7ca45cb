import { createFileRoute } from '@tanstack/react-router';
import { SignInPage } from '../features/sign-in/sign-in-page.tsx';

interface SignInSearch {
  /** Where to go on: a path of this site, nothing else. */
  redirect?: string;
  /** A problem code, of a provider's sign-in say. */
  error?: string;
}

export const Route = createFileRoute('/sign-in')({
  validateSearch: ({ redirect, error }: Record<string, unknown>): SignInSearch => ({
    ...(typeof redirect === 'string' && /^\/(?![/\\])/.test(redirect) && { redirect }),
    ...(typeof error === 'string' && { error }),
  }),
  component: SignInPage,
});
