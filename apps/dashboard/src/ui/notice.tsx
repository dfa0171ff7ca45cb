import { CircleAlert, CircleCheck, Info, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { cn } from './class-names.ts';

const LOOK = {
  info: [Info, 'bg-primary-soft text-primary-soft-foreground'],
  success: [CircleCheck, 'bg-success-soft text-success-soft-foreground'],
  warning: [TriangleAlert, 'bg-warning-soft text-warning-soft-foreground'],
  danger: [CircleAlert, 'bg-danger-soft text-danger-soft-foreground'],
} as const;

interface NoticeProps {
  tone: keyof typeof LOOK;
  children: ReactNode;
  className?: string;
}

/** A message within the page. Screen readers announce errors at once. */
export function Notice({ tone, children, className }: NoticeProps) {
  const [Icon, colors] = LOOK[tone];
  return (
    <div
      role={tone === 'danger' ? 'alert' : 'status'}
      className={cn('flex items-start gap-2.5 rounded-lg px-3 py-2.5 text-sm', colors, className)}
    >
      <Icon className="mt-0.5 size-4 shrink-0" aria-hidden />
      <div className="min-w-0 flex-1">{children}</div>
    </div>
  );
}
