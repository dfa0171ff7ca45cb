import { createFileRoute, redirect } from '@tanstack/react-router';
import { lazy } from 'react';
import { currentToken, renewToken } from '#session/access-token';
import { AppFrame } from '#shell/app-frame';

const CommandPalette = lazy(async () => ({
  default: (await import('#features/palette/command-palette')).CommandPalette,
}));

/** The pages for signed-in users. All others are sent to the sign-in page, and return here after signing in. */
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
  component: () => <AppFrame palette={CommandPalette} />,
});
