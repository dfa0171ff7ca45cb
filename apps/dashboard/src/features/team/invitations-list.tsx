import { invitationStatuses } from '@coditect/contracts/names';
import { useQuery } from '@tanstack/react-query';
import { Ellipsis, MailPlus, MailX, Send } from 'lucide-react';
import { useCallback, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '#i18n/format';
import { useProblemText } from '#i18n/problem-text';
import { useMe } from '#session/me';
import { oneOf } from '#shell/search-params';
import { Button } from '#ui/button';
import { ConfirmDialog } from '#ui/confirm-dialog';
import { Field } from '#ui/field';
import { Select } from '#ui/input';
import { ListFrame } from '#ui/list-frame';
import { Menu, MenuItem } from '#ui/menu';
import { PAGE_ROWS } from '#ui/page-rows';
import { SearchBox } from '#ui/search-box';
import { SortTh } from '#ui/sort-th';
import { EmptyState } from '#ui/states';
import { Table, TableHead, Td, Th, Tr } from '#ui/table';
import { toast } from '#ui/toast';
import { useResend, useRevoke } from './invitation-changes.ts';
import { InvitationStatusBadge } from './member-badges.tsx';
import { RoleFilter } from './role-filter.tsx';
import { type Invitation, invitationsQuery } from './team-queries.ts';
import { invitationFilters, invitationOrderings } from './team-search.ts';
import { useTeamSearch } from './use-team-search.ts';

export function InvitationsList({ onInvite }: { onInvite: () => void }) {
  const { t } = useTranslation('team');
  const [search, change] = useTeamSearch();
  const list = useQuery(invitationsQuery(search));
  const find = useCallback((text: string) => change({ search: text || undefined }), [change]);
  return (
    <>
      <div className="flex flex-wrap gap-2 px-5 py-3">
        <SearchBox label={t('filter.searchEmail')} value={search.search ?? ''} onChange={find} />
        <RoleFilter />
        <Field label={t('filter.status')} hideLabel>
          <Select
            className="w-auto"
            value={search.invited ?? 'pending'}
            onChange={({ target }) => change({ invited: oneOf(invitationFilters, target.value) })}
          >
            {invitationStatuses.map((one) => (
              <option key={one} value={one}>
                {t(`invitationStatus.${one}`)}
              </option>
            ))}
            <option value="all">{t('filter.anyStatus')}</option>
          </Select>
        </Field>
      </div>
      <ListFrame
        title={t('tabs.invitations')}
        query={list}
        limit={PAGE_ROWS}
        offset={search.offset}
        onOffset={(offset) => change({ offset })}
        empty={
          <EmptyState
            icon={MailPlus}
            title={t('noInvitations.title')}
            action={
              <Button variant="outline" onClick={onInvite}>
                {t('invite.open')}
              </Button>
            }
          >
            {t('noInvitations.text')}
          </EmptyState>
        }
      >
        {(invitations) => <Rows invitations={invitations} />}
      </ListFrame>
    </>
  );
}

function Rows({ invitations }: { invitations: readonly Invitation[] }) {
  const { t } = useTranslation('team');
  const { t: common } = useTranslation();
  const { relative, dateTime } = useFormat();
  const [{ order = '-created_at' }, change] = useTeamSearch();
  const sort = (field: string) => ({
    field,
    ordering: order,
    onChange: (next: string) => change({ order: oneOf(invitationOrderings, next) }),
  });
  const time = (value: string) => (
    <time dateTime={value} title={dateTime(value)}>
      {relative(value)}
    </time>
  );
  return (
    <Table label={t('tabs.invitations')}>
      <TableHead>
        <SortTh {...sort('email')}>{t('column.email')}</SortTh>
        <Th>{t('column.role')}</Th>
        <Th>{t('column.status')}</Th>
        <Th className="hidden lg:table-cell">{t('column.invitedBy')}</Th>
        <Th className="hidden md:table-cell">{t('column.sent')}</Th>
        <SortTh {...sort('expires_at')}>{t('column.expires')}</SortTh>
        <Th>
          <span className="sr-only">{t('column.actions')}</span>
        </Th>
      </TableHead>
      <tbody>
        {invitations.map((invitation) => (
          <Tr key={invitation.id}>
            <Td className="min-w-44 font-medium break-all">{invitation.email}</Td>
            <Td className="whitespace-nowrap">{common(`roles.${invitation.role}`)}</Td>
            <Td>
              <InvitationStatusBadge status={invitation.status} />
            </Td>
            <Td className="hidden lg:table-cell">{invitation.invited_by.name || invitation.invited_by.email}</Td>
            <Td className="hidden whitespace-nowrap text-muted-foreground md:table-cell">{time(invitation.sent_at)}</Td>
            <Td className="whitespace-nowrap text-muted-foreground">{time(invitation.expires_at)}</Td>
            <Td className="py-1 text-right">
              <InvitationMenu invitation={invitation} />
            </Td>
          </Tr>
        ))}
      </tbody>
    </Table>
  );
}

function InvitationMenu({ invitation }: { invitation: Invitation }) {
  const { t } = useTranslation('team');
  const me = useMe();
  const problemText = useProblemText();
  const [revoking, setRevoking] = useState(false);
  const [resend, revoke] = [useResend(), useRevoke()];
  const { email, role, status } = invitation;
  const over = status === 'accepted' || status === 'revoked';
  if (over || (role === 'owner' && me.role !== 'owner')) return null;
  const sendAgain = () =>
    resend.mutateAsync(invitation).then(
      () => toast({ text: t('done.resent', { email }) }),
      (error: unknown) => toast({ text: problemText(error), tone: 'danger' }),
    );
  return (
    <>
      <Menu
        trigger={
          <Button variant="ghost" size="icon" aria-label={t('menu.of', { name: email })}>
            <Ellipsis aria-hidden />
          </Button>
        }
      >
        <MenuItem onSelect={() => void sendAgain()}>
          <Send aria-hidden />
          {t('menu.resend')}
        </MenuItem>
        <MenuItem danger onSelect={() => setRevoking(true)}>
          <MailX aria-hidden />
          {t('menu.revoke')}
        </MenuItem>
      </Menu>
      <ConfirmDialog
        open={revoking}
        onOpenChange={setRevoking}
        title={t('confirm.revoke.title', { email })}
        description={t('confirm.revoke.text')}
        action={t('confirm.revoke.action')}
        danger
        onConfirm={() => revoke.mutateAsync(invitation).then(() => toast({ text: t('done.revoked', { email }) }))}
      />
    </>
  );
}
