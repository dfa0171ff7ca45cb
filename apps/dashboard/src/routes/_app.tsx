import { createFileRoute, redirect } from '@tanstack/react-router';
import { currentToken, renewToken } from '#session/access-token';
import { AppFrame } from '#shell/app-frame';

/** The pages of who is signed in; everybody else signs in first and comes back. */
export const Route = createFileRoute('/_app')({
  beforeLoad: async ({ context, location }) => {
    if (currentToken() === undefined && !(await renewToken()))
      throw redirect({ to: '/sign-in', search: { redirect: location.href } });
    return { queryClient: await context.queries.client() };
  },
  loader: async ({ context }) => {
    const { meQuery } = await import('#session/me');
    await context.queryClient.ensureQueryData(meQuery);
  },
  component: AppFrame,
});
