import { Link } from '@tanstack/react-router';
import { ChevronRight, CircleAlert, CircleCheck, Info, TriangleAlert } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '#i18n/format';
import { Card, CardHeader } from '#ui/card';
import { cn } from '#ui/class-names';
import type { Attention } from './attention.ts';

const ICONS = { danger: CircleAlert, warning: TriangleAlert, info: Info };
const COLORS = { danger: 'text-danger', warning: 'text-warning', info: 'text-link' };

/** What needs attention; each item links to its page. */
export function AttentionCard({ items }: { items: readonly Attention[] }) {
  const { t } = useTranslation('overview');
  return (
    <Card className="p-0">
      <div className="px-5 pt-5">
        <CardHeader title={t('attention.title')} />
      </div>
      {items.length === 0 ? (
        <p className="flex items-center gap-2 px-5 pb-5 text-sm text-muted-foreground">
          <CircleCheck className="size-4 text-success" aria-hidden />
          {t('attention.none')}
        </p>
      ) : (
        <ul className="divide-y border-t">
          {items.map((item) => (
            <Item key={`${item.text}${'license' in item ? item.license : ''}`} item={item} />
          ))}
        </ul>
      )}
    </Card>
  );
}

function Item({ item }: { item: Attention }) {
  const text = useAttentionText();
  const Icon = ICONS[item.tone];
  return (
    <li>
      <Link {...item.place} className="flex items-center gap-3 px-5 py-3 text-sm hover:bg-muted/50">
        <Icon className={cn('size-4 shrink-0', COLORS[item.tone])} aria-hidden />
        <span className="min-w-0 flex-1">{text(item)}</span>
        <ChevronRight className="size-4 shrink-0 text-muted-foreground" aria-hidden />
      </Link>
    </li>
  );
}

function useAttentionText(): (item: Attention) => string {
  const { t } = useTranslation('overview');
  const { number, date } = useFormat();
  return (item) => {
    switch (item.text) {
      case 'full':
      case 'nearlyFull':
        return t(`attention.${item.text}`, {
          license: item.license,
          used: number(item.used),
          total: number(item.total),
        });
      case 'email':
      case 'secondFactor':
        return t(`attention.${item.text}`);
      case 'managersWithoutSecondFactor':
      case 'denialsToday':
        return t(`attention.${item.text}`, { count: item.count });
      case 'expiring':
      case 'expired':
        return t(`attention.${item.text}`, { license: item.license, date: item.at ? date(item.at) : '' });
      default:
        return t('attention.suspended', { license: item.license });
    }
  };
}
