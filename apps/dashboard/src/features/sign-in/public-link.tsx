import { Link, type LinkProps } from '@tanstack/react-router';
import { Button } from '#ui/button';

/** A secondary link of a public page. */
export const PublicLink = ({ to, children }: Pick<LinkProps, 'to'> & { children: string }) => (
  <Link
    to={to}
    className="inline-flex min-h-6 items-center justify-self-center text-sm text-link underline-offset-4 hover:underline"
  >
    {children}
  </Link>
);

/** The link that continues when nothing else is left to do. */
export const NextButton = ({ to, children }: Pick<LinkProps, 'to'> & { children: string }) => (
  <Button asChild className="w-full">
    <Link to={to}>{children}</Link>
  </Button>
);
