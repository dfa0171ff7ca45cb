import { Link, type LinkProps } from '@tanstack/react-router';
import { Button } from '#ui/button';

/** A way on from one of these pages that is not the main one. */
export const PublicLink = ({ to, children }: Pick<LinkProps, 'to'> & { children: string }) => (
  <Link
    to={to}
    className="inline-flex min-h-6 items-center justify-self-center text-sm text-link underline-offset-4 hover:underline"
  >
    {children}
  </Link>
);

/** The way on, when there is nothing else left to do. */
export const NextButton = ({ to, children }: Pick<LinkProps, 'to'> & { children: string }) => (
  <Button asChild className="w-full">
    <Link to={to}>{children}</Link>
  </Button>
);
