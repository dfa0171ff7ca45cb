import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { ScrollText } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useMay } from '#session/me';
import { Page } from '#shell/page';
import { withSearch } from '#shell/search-params';
import { Button } from '#ui/button';
import { Card } from '#ui/card';
import { ListFrame } from '#ui/list-frame';
import { EmptyState } from '#ui/states';
import { AuditEntries } from './audit-entries.tsx';
import { AuditEntryDialog } from './audit-entry-dialog.tsx';
import { AuditFilters } from './audit-filters.tsx';
import { AUDIT_PAGE, auditLogsQuery, LAST_OFFSET } from './audit-queries.ts';
import { auditFilters, type AuditSearch } from './audit-search.ts';
import { ChainCard } from './chain-card.tsx';
import { ExportMenu } from './export-menu.tsx';

const route = getRouteApi('/_app/audit');

/** The audit log with its filters, its export and the check of its hash chain. */
export function AuditPage() {
  const { t } = useTranslation('audit');
  const may = useMay();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const allowed = may('audit:read');
  const list = useQuery({ ...auditLogsQuery(search), enabled: allowed });

  if (!allowed)
    return (
      <Page title={t('title')}>
        <Card>
          <EmptyState icon={ScrollText} title={t('notAllowed')} />
        </Card>
      </Page>
    );
  const filter = (change: Partial<AuditSearch>) =>
    void navigate({ search: (before) => withSearch(before, { ...change, offset: undefined, id: undefined }) });
  const clear = () => void navigate({ search: {} });
  const filtered = auditFilters.some((name) => search[name] !== undefined);
  return (
    <Page
      title={t('title')}
      description={t('description')}
      actions={may('audit:export') ? <ExportMenu search={search} filtered={filtered} /> : null}
    >
      <ChainCard />
      <Card className="p-0">
        <AuditFilters search={search} onFilter={filter} onClear={filtered ? clear : undefined} />
        <ListFrame
          title={t('title')}
          query={list}
          limit={AUDIT_PAGE}
          offset={search.offset}
          onOffset={(offset) => void navigate({ search: (before) => withSearch(before, { offset }) })}
          reachable={LAST_OFFSET + AUDIT_PAGE}
          empty={
            <EmptyState
              icon={ScrollText}
              title={t(filtered ? 'empty.filtered' : 'empty.title')}
              action={
                filtered ? (
                  <Button variant="outline" onClick={clear}>
                    {t('filters.clear')}
                  </Button>
                ) : null
              }
            >
              {filtered ? null : t('empty.text')}
            </EmptyState>
          }
        >
          {(entries) => <AuditEntries entries={entries} onFilter={filter} />}
        </ListFrame>
        {list.data && list.data.count > LAST_OFFSET + AUDIT_PAGE ? (
          <p className="border-t px-5 py-3 text-xs text-muted-foreground">{t('furtherBack')}</p>
        ) : null}
      </Card>
      {search.id ? (
        <AuditEntryDialog
          id={search.id}
          onFilter={filter}
          onClose={() => void navigate({ search: (before) => withSearch(before, { id: undefined }) })}
        />
      ) : null}
    </Page>
  );
}
