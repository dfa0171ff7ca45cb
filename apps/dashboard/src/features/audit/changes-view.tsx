import { Equal, Minus, PencilLine, Plus } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Badge } from '#ui/badge';
import { cn } from '#ui/class-names';
import { changesBetween, type FieldChange, type Values } from './changes.ts';

const LOOK = {
  added: { icon: Plus, tone: 'success' },
  removed: { icon: Minus, tone: 'danger' },
  changed: { icon: PencilLine, tone: 'warning' },
  unchanged: { icon: Equal, tone: 'neutral' },
} as const;

/** The fields of an entry with their values before and after. */
export function ChangesView({ before, after }: { before: Values; after: Values }) {
  const { t } = useTranslation('audit');
  const changes = changesBetween(before, after);
  if (changes.length === 0) return <p className="text-sm text-muted-foreground">{t('changes.none')}</p>;
  return (
    <ul aria-label={t('changes.title')} className="divide-y overflow-hidden rounded-lg border">
      {changes.map((change) => (
        <Change key={change.field} change={change} />
      ))}
    </ul>
  );
}

function Change({ change: { field, kind, before, after } }: { change: FieldChange }) {
  const { t } = useTranslation('audit');
  const { icon: Icon, tone } = LOOK[kind];
  return (
    <li className="grid gap-2 px-3 py-2.5">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <code className="text-sm font-medium break-all">{field}</code>
        <Badge tone={tone}>
          <Icon className="size-3" aria-hidden />
          {t(`changes.${kind}`)}
        </Badge>
      </div>
      <dl className="grid gap-1.5">
        {before !== undefined && kind !== 'unchanged' ? (
          <Value label={t('changes.before')} sign="−" text={before} className="bg-danger-soft/60" />
        ) : null}
        {after !== undefined && kind !== 'unchanged' ? (
          <Value label={t('changes.after')} sign="+" text={after} className="bg-success-soft/60" />
        ) : null}
        {after !== undefined && kind === 'unchanged' ? (
          <Value label={t('changes.unchanged')} sign="=" text={after} className="bg-muted" />
        ) : null}
      </dl>
    </li>
  );
}

function Value({ label, sign, text, className }: { label: string; sign: string; text: string; className: string }) {
  return (
    <div className={cn('flex gap-2 rounded-md px-2 py-1 text-xs', className)}>
      <span aria-hidden className="font-mono">
        {sign}
      </span>
      <dt className="sr-only">{label}</dt>
      <dd className="min-w-0 font-mono break-words whitespace-pre-wrap">{text === '' ? '""' : text}</dd>
    </div>
  );
}
