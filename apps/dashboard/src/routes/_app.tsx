import { createFileRoute, redirect } from '@tanstack/react-router';
import { currentToken, renewToken } from '../session/access-token.ts';
import { meQuery } from '../session/me.ts';
import { AppFrame } from '../shell/app-frame.tsx';

/** The pages of who is signed in; everybody else signs in first and comes back. */
export const Route = createFileRoute('/_app')({
  beforeLoad: async ({ location }) => {
    if (currentToken() === undefined && !(await renewToken()))
      throw redirect({ to: '/sign-in', search: { redirect: location.href } });
  },
  loader: ({ context }) => context.queryClient.ensureQueryData(meQuery),
  component: AppFrame,
});
