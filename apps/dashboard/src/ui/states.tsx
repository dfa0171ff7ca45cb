import { CircleAlert, type LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiProblem } from '@coditect/api-client/api-problem';
import { useProblemText } from '#i18n/problem-text';
import { Button } from './button.tsx';
import { cn } from './class-names.ts';

/** A grey placeholder. */
export const Skeleton = ({ className }: { className?: string }) => (
  <div aria-hidden className={cn('animate-pulse rounded-lg bg-muted', className)} />
);

/** Placeholder rows while a list loads; screen readers announce it once. */
export function LoadingRows({ rows = 5 }: { rows?: number }) {
  const { t } = useTranslation();
  return (
    <div role="status" aria-label={t('loading')} className="grid gap-2 p-5">
      {Array.from({ length: rows }, (_, row) => (
        <Skeleton key={row} className="h-9" />
      ))}
    </div>
  );
}

interface EmptyStateProps {
  icon: LucideIcon;
  title: string;
  /** What would be listed here, and how to get it. */
  children?: ReactNode;
  action?: ReactNode;
}

/** Says that there is nothing to show, which is no error. */
export function EmptyState({ icon: Icon, title, children, action }: EmptyStateProps) {
  return (
    <div className="grid justify-items-center gap-3 px-6 py-14 text-center">
      <span className="grid size-12 place-items-center rounded-2xl bg-primary-soft text-primary-soft-foreground">
        <Icon className="size-6" aria-hidden />
      </span>
      <p className="font-semibold">{title}</p>
      {children ? <div className="max-w-md text-sm text-muted-foreground">{children}</div> : null}
      {action}
    </div>
  );
}

interface ErrorStateProps {
  /** The title: what could not be loaded. */
  what?: string;
  error: unknown;
  onRetry?: () => void;
}

/** Says that something could not be loaded and why, with the request id for support and a button to try again. */
export function ErrorState({ what, error, onRetry }: ErrorStateProps) {
  const { t } = useTranslation();
  const problemText = useProblemText();
  const requestId = error instanceof ApiProblem ? error.requestId : undefined;
  return (
    <div role="alert" className="grid justify-items-center gap-3 px-6 py-14 text-center">
      <span className="grid size-12 place-items-center rounded-2xl bg-danger-soft text-danger-soft-foreground">
        <CircleAlert className="size-6" aria-hidden />
      </span>
      <p className="font-semibold">{what ? t('error.titleOf', { what }) : t('error.title')}</p>
      <p className="max-w-md text-sm text-muted-foreground">{problemText(error)}</p>
      {requestId ? (
        <p className="text-xs text-muted-foreground">
          {t('error.requestId')} <code>{requestId}</code>
        </p>
      ) : null}
      {onRetry ? (
        <Button variant="outline" onClick={onRetry}>
          {t('error.retry')}
        </Button>
      ) : null}
    </div>
  );
}
