import type { ComponentProps, ReactNode } from 'react';
import { cn } from './class-names.ts';

export const Card = ({ className, ...props }: ComponentProps<'section'>) => (
  <section className={cn('min-w-0 rounded-xl border bg-surface p-5 shadow-xs', className)} {...props} />
);

/** The heading of a card, with its actions on the right. */
export function CardHeader({ title, hint, actions }: { title: ReactNode; hint?: ReactNode; actions?: ReactNode }) {
  return (
    <div className="mb-4 flex flex-wrap items-start justify-between gap-3">
      <div className="min-w-0">
        <h2 className="text-base font-semibold">{title}</h2>
        {hint ? <p className="mt-0.5 text-sm text-muted-foreground">{hint}</p> : null}
      </div>
      {actions ? <div className="flex flex-wrap items-center gap-2">{actions}</div> : null}
    </div>
  );
}
