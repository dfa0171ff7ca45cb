import { getRouteApi, Link } from '@tanstack/react-router';
import { BookOpen, Code } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { ApiKeysTab } from '#features/api-keys/api-keys-tab';
import { EventsTab } from '#features/events/events-tab';
import { QuickStart } from '#features/quick-start/quick-start';
import { WebhooksTab } from '#features/webhooks/webhooks-tab';
import { useMay } from '#session/me';
import { Page } from '#shell/page';
import { Button } from '#ui/button';
import { Card } from '#ui/card';
import { EmptyState } from '#ui/states';
import { viewLink } from '#ui/view-link';
import { type DeveloperTab, developerTabs } from './developers-search.ts';

const route = getRouteApi('/_app/developers/');

const TABS = {
  'quick-start': { permission: 'license_session:acquire', content: QuickStart },
  'api-keys': { permission: 'api_key:manage', content: ApiKeysTab },
  webhooks: { permission: 'webhook:manage', content: WebhooksTab },
  events: { permission: 'event:read', content: EventsTab },
} as const satisfies Record<DeveloperTab, object>;

/** Quick start, API keys, webhooks and events, each in a tab. */
export function DevelopersPage() {
  const { t } = useTranslation('developers');
  const may = useMay();
  const { tab: wanted } = route.useSearch();
  const allowed = developerTabs.filter((name) => may(TABS[name].permission));
  const tab = allowed.find((name) => name === wanted) ?? allowed[0];
  if (!tab)
    return (
      <Page title={t('title')}>
        <Card>
          <EmptyState icon={Code} title={t('notAllowed')} />
        </Card>
      </Page>
    );
  const Content = TABS[tab].content;
  return (
    <Page
      title={t('title')}
      description={t('description')}
      actions={
        <Button variant="outline" asChild>
          <a href="/docs">
            <BookOpen aria-hidden />
            {t('reference')}
          </a>
        </Button>
      }
    >
      <nav aria-label={t('tabs.label')} className="flex gap-1 overflow-x-auto border-b">
        {allowed.map((name) => (
          <Link
            key={name}
            to="/developers"
            search={{ tab: name }}
            activeOptions={{ exact: true }}
            aria-current={name === tab ? 'page' : undefined}
            className={viewLink}
          >
            {t(`tabs.${name}`)}
          </Link>
        ))}
      </nav>
      <Content />
    </Page>
  );
}
