import { Link } from '@tanstack/react-router';
import { UserPlus } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useMay } from '#session/me';
import { Page } from '#shell/page';
import { Button } from '#ui/button';
import { Card } from '#ui/card';
import { viewLink } from '#ui/view-link';
import { InvitationsList } from './invitations-list.tsx';
import { InviteDialog } from './invite-dialog.tsx';
import { MembersList } from './members-list.tsx';
import { PersonDrawer } from './person-drawer.tsx';
import { useTeamSearch } from './use-team-search.ts';

/** Members and invitations of the organization. */
export function TeamPage() {
  const { t } = useTranslation('team');
  const may = useMay();
  const [search, change] = useTeamSearch();
  const mayInvite = may('user:invite');
  const shown = mayInvite && search.tab === 'invitations' ? 'invitations' : 'members';
  const invite = () => change({ create: true });
  return (
    <Page
      title={t('title')}
      description={t(may('user:read_all') ? 'description' : 'onlyYou')}
      actions={
        mayInvite ? (
          <Button onClick={invite}>
            <UserPlus aria-hidden />
            {t('invite.open')}
          </Button>
        ) : null
      }
    >
      <Card className="p-0">
        {mayInvite ? (
          <nav aria-label={t('tabs.label')} className="flex gap-1 border-b px-3">
            <Tab tab="members" current={shown} />
            <Tab tab="invitations" current={shown} />
          </nav>
        ) : null}
        {shown === 'members' ? <MembersList /> : <InvitationsList onInvite={invite} />}
      </Card>
      <PersonDrawer id={search.id} onClose={() => change({ id: undefined })} />
      {mayInvite ? (
        <InviteDialog
          open={search.create ?? false}
          onOpenChange={(open) => change({ create: open || undefined })}
          onInvited={() =>
            change({ tab: 'invitations', search: undefined, role: undefined, invited: undefined, create: undefined })
          }
        />
      ) : null}
    </Page>
  );
}

function Tab({ tab, current }: { tab: 'members' | 'invitations'; current: string }) {
  const { t } = useTranslation('team');
  return (
    <Link
      to="/team"
      search={tab === 'members' ? {} : { tab }}
      aria-current={tab === current ? 'page' : undefined}
      activeOptions={{ exact: true }}
      className={viewLink}
    >
      {t(`tabs.${tab}`)}
    </Link>
  );
}
