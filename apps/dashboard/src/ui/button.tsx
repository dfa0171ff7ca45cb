import { cva, type VariantProps } from 'class-variance-authority';
import { LoaderCircle } from 'lucide-react';
import { Slot } from 'radix-ui';
import type { ComponentProps } from 'react';
import { cn } from './class-names.ts';

const look = cva(
  'inline-flex shrink-0 items-center justify-center gap-2 rounded-lg text-sm font-medium whitespace-nowrap transition-colors disabled:pointer-events-none disabled:opacity-55 aria-disabled:opacity-55 [&_svg]:size-4 [&_svg]:shrink-0',
  {
    variants: {
      variant: {
        primary: 'bg-primary text-primary-foreground shadow-xs hover:bg-primary-hover',
        outline: 'border border-input bg-surface shadow-xs hover:bg-muted',
        ghost: 'hover:bg-muted',
        danger: 'bg-danger text-white shadow-xs hover:bg-danger-hover dark:text-background',
        link: 'h-auto px-0 text-link underline-offset-4 hover:underline',
      },
      size: { md: 'h-9 px-4', sm: 'h-8 px-3', lg: 'h-11 px-5 text-base', icon: 'size-9' },
    },
    defaultVariants: { variant: 'primary', size: 'md' },
  },
);

interface ButtonProps extends ComponentProps<'button'>, VariantProps<typeof look> {
  /** Renders the child, for example a link, in place of a `button`. */
  asChild?: boolean;
  /** Shows a spinner, and ignores clicks. */
  busy?: boolean;
}

export function Button({ className, variant, size, asChild, busy, disabled, children, ...props }: ButtonProps) {
  const names = cn(look({ variant, size }), className);
  if (asChild)
    return (
      <Slot.Root className={names} {...props}>
        {children}
      </Slot.Root>
    );
  return (
    <button type="button" className={names} disabled={disabled || busy} aria-busy={busy || undefined} {...props}>
      {busy ? <LoaderCircle className="animate-spin" aria-hidden /> : null}
      {children}
    </button>
  );
}
