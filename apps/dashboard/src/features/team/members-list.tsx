import { userStatuses } from '@coditect/contracts/names';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { SearchX } from 'lucide-react';
import { useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '#i18n/format';
import { useMay, useMe } from '#session/me';
import { oneOf } from '#shell/search-params';
import { Badge } from '#ui/badge';
import { Button } from '#ui/button';
import { Field } from '#ui/field';
import { Select } from '#ui/input';
import { ListFrame } from '#ui/list-frame';
import { PAGE_ROWS } from '#ui/page-rows';
import { SearchBox } from '#ui/search-box';
import { EmptyState } from '#ui/states';
import { Table, TableHead, Td, Th, Tr } from '#ui/table';
import { SecondFactor, UserStatusBadge } from './member-badges.tsx';
import { MemberMenu } from './member-menu.tsx';
import { RoleFilter } from './role-filter.tsx';
import { type User, usersQuery } from './team-queries.ts';
import type { MemberOrdering } from './team-search.ts';
import { useTeamSearch } from './use-team-search.ts';

/** In the order of the menu. */
const ORDERINGS = ['name', '-last_login_at', '-created_at', 'created_at'] as const satisfies readonly MemberOrdering[];

export function MembersList() {
  const { t } = useTranslation('team');
  const [search, change] = useTeamSearch();
  const may = useMay();
  const list = useQuery(usersQuery(search));
  return (
    <>
      {may('user:read_all') ? <Filters /> : null}
      <ListFrame
        title={t('tabs.members')}
        query={list}
        limit={PAGE_ROWS}
        offset={search.offset}
        onOffset={(offset) => change({ offset })}
        empty={<NobodyFound />}
        found={(count) => t('found', { count })}
      >
        {(users) => <Rows users={users} />}
      </ListFrame>
    </>
  );
}

function Filters() {
  const { t } = useTranslation('team');
  const may = useMay();
  const [{ search = '', status = '', ordering = 'name' }, change] = useTeamSearch();
  const find = useCallback((text: string) => change({ search: text || undefined }), [change]);
  return (
    <div className="flex flex-wrap gap-2 px-5 py-3">
      <SearchBox label={t('filter.search')} value={search} onChange={find} />
      <RoleFilter />
      <Field label={t('filter.status')} hideLabel>
        <Select
          className="w-auto"
          value={status}
          onChange={({ target }) => change({ status: oneOf(userStatuses, target.value) })}
        >
          <option value="">{t('filter.anyStatus')}</option>
          {userStatuses
            .filter((one) => one !== 'removed' || may('user:remove'))
            .map((one) => (
              <option key={one} value={one}>
                {t(`status.${one}`)}
              </option>
            ))}
        </Select>
      </Field>
      <Field label={t('filter.ordering')} hideLabel>
        <Select
          className="w-auto"
          value={ordering}
          onChange={({ target }) => change({ ordering: oneOf(ORDERINGS, target.value) })}
        >
          {ORDERINGS.map((one) => (
            <option key={one} value={one}>
              {t(`ordering.${one}`)}
            </option>
          ))}
        </Select>
      </Field>
    </div>
  );
}

function Rows({ users }: { users: readonly User[] }) {
  const { t } = useTranslation('team');
  return (
    <Table label={t('tabs.members')}>
      <TableHead>
        <Th>{t('column.person')}</Th>
        <Th>{t('column.role')}</Th>
        <Th className="hidden sm:table-cell">{t('column.status')}</Th>
        <Th className="hidden lg:table-cell">{t('column.secondFactor')}</Th>
        <Th className="hidden text-right md:table-cell">{t('column.seats')}</Th>
        <Th className="hidden md:table-cell">{t('column.lastSeen')}</Th>
        <Th>
          <span className="sr-only">{t('column.actions')}</span>
        </Th>
      </TableHead>
      <tbody>
        {users.map((user) => (
          <Row key={user.id} user={user} />
        ))}
      </tbody>
    </Table>
  );
}

function Row({ user }: { user: User }) {
  const { t } = useTranslation('team');
  const { t: common } = useTranslation();
  const { relative, dateTime, number } = useFormat();
  const me = useMe();
  return (
    <Tr>
      <Td className="min-w-48">
        <Link
          from="/team"
          to="/team"
          search={(now) => ({ ...now, id: user.id })}
          resetScroll={false}
          className="inline-block min-h-6 font-medium break-words hover:underline"
        >
          {user.name || user.email}
        </Link>
        {user.id === me.id ? <span className="ml-2 text-xs text-muted-foreground">{t('you')}</span> : null}
        {user.status === 'active' ? null : (
          <span className="block sm:hidden">
            <UserStatusBadge status={user.status} />
          </span>
        )}
        {user.status === 'removed' ? null : <p className="text-xs break-all text-muted-foreground">{user.email}</p>}
      </Td>
      <Td>
        <Badge tone={user.role === 'owner' ? 'info' : 'neutral'}>{common(`roles.${user.role}`)}</Badge>
      </Td>
      <Td className="hidden sm:table-cell">
        <UserStatusBadge status={user.status} />
      </Td>
      <Td className="hidden lg:table-cell">
        <SecondFactor on={user.two_factor_enabled} />
      </Td>
      <Td className="hidden text-right tabular-nums md:table-cell">{number(user.seats_held)}</Td>
      <Td className="hidden whitespace-nowrap text-muted-foreground md:table-cell">
        {user.last_seen_at ? (
          <time dateTime={user.last_seen_at} title={dateTime(user.last_seen_at)}>
            {relative(user.last_seen_at)}
          </time>
        ) : (
          t('never')
        )}
      </Td>
      <Td className="py-1 text-right">
        <MemberMenu user={user} />
      </Td>
    </Tr>
  );
}

function NobodyFound() {
  const { t } = useTranslation('team');
  const [, change] = useTeamSearch();
  return (
    <EmptyState
      icon={SearchX}
      title={t('nobody.title')}
      action={
        <Button variant="outline" onClick={() => change({ search: undefined, role: undefined, status: undefined })}>
          {t('filter.clear')}
        </Button>
      }
    >
      {t('nobody.text')}
    </EmptyState>
  );
}
