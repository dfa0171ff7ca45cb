import { apiKeyStatuses } from '@coditect/contracts/names';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { KeyRound, Plus } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Message } from '#session/api';
import { useMay } from '#session/me';
import { oneOf, withSearch } from '#shell/search-params';
import { Button } from '#ui/button';
import { Card, CardHeader } from '#ui/card';
import { ConfirmDialog } from '#ui/confirm-dialog';
import { Field } from '#ui/field';
import { Select } from '#ui/input';
import { ListFrame } from '#ui/list-frame';
import { PAGE_ROWS } from '#ui/page-rows';
import { SecretDialog } from '#ui/secret-dialog';
import { EmptyState } from '#ui/states';
import { StatusFilter } from '#ui/status-filter';
import { toast } from '#ui/toast';
import { useRevokeApiKey } from './api-key-changes.ts';
import { apiKeysQuery } from './api-keys-queries.ts';
import { type ApiKeysSearch, keyOwners } from './api-keys-search.ts';
import { type ApiKeyAction, ApiKeysTable } from './api-keys-table.tsx';
import { CreateApiKeyDialog } from './create-api-key-dialog.tsx';
import { RenameApiKeyDialog } from './rename-api-key-dialog.tsx';
import { RotateApiKeyDialog } from './rotate-api-key-dialog.tsx';

const route = getRouteApi('/_app/developers/');

interface Open {
  action: ApiKeyAction;
  key: Message['ApiKey'];
}

/** The viewer's API keys; managers can also list those of all users. */
export function ApiKeysTab() {
  const { t } = useTranslation('developers');
  const may = useMay();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const list = useQuery(apiKeysQuery(search));
  const [open, setOpen] = useState<Open>();
  const [made, setMade] = useState<Message['CreatedApiKey']>();
  const revoke = useRevokeApiKey();

  const close = () => setOpen(undefined);
  const creating = (create: true | undefined) =>
    void navigate({ search: (before) => withSearch(before, { create }), resetScroll: false });
  const filter = (change: Record<'scope', ApiKeysSearch['scope']> | Record<'status', ApiKeysSearch['status']>) =>
    void navigate({ search: (before) => withSearch(before, { ...change, offset: undefined }) });
  const filtered = search.status !== undefined || search.scope !== undefined;
  const create = (
    <Button onClick={() => creating(true)}>
      <Plus aria-hidden />
      {t('keys.create')}
    </Button>
  );
  return (
    <Card className="p-0">
      <div className="p-5 pb-1">
        <CardHeader title={t('tabs.api-keys')} hint={t('keys.hint')} actions={create} />
        <div className="mb-4 flex flex-wrap gap-3">
          {may('api_key:manage_any') ? (
            <Field label={t('keys.whose')}>
              <Select
                value={search.scope ?? ''}
                onChange={({ target }) => filter({ scope: oneOf(keyOwners, target.value) })}
              >
                <option value="">{t('keys.own')}</option>
                <option value="tenant">{t('keys.everybody')}</option>
              </Select>
            </Field>
          ) : null}
          <StatusFilter
            statuses={apiKeyStatuses}
            value={search.status}
            textOf={(status) => t(`keys.status.${status}`)}
            onChange={(status) => filter({ status })}
          />
        </div>
      </div>
      <div className="border-t">
        <ListFrame
          title={t('tabs.api-keys')}
          query={list}
          limit={PAGE_ROWS}
          offset={search.offset}
          onOffset={(offset) => void navigate({ search: (before) => withSearch(before, { offset }) })}
          empty={
            <EmptyState icon={KeyRound} title={t(filtered ? 'keys.noMatch' : 'keys.empty')}>
              {filtered ? null : t('keys.emptyText')}
            </EmptyState>
          }
        >
          {(keys) => <ApiKeysTable keys={keys} onAction={(action, key) => setOpen({ action, key })} />}
        </ListFrame>
      </div>
      {search.create ? (
        <CreateApiKeyDialog
          onCreated={(key) => {
            creating(undefined);
            setMade(key);
          }}
          onClose={() => creating(undefined)}
        />
      ) : null}
      {open?.action === 'rename' ? <RenameApiKeyDialog apiKey={open.key} onClose={close} /> : null}
      {open?.action === 'rotate' ? (
        <RotateApiKeyDialog
          apiKey={open.key}
          onRotated={(key) => {
            close();
            setMade(key);
          }}
          onClose={close}
        />
      ) : null}
      {open?.action === 'revoke' ? (
        <ConfirmDialog
          open
          danger
          onOpenChange={close}
          title={t('keys.revokeTitle', { name: open.key.name })}
          description={t('keys.revokeText')}
          action={t('keys.revoke')}
          onConfirm={async () => {
            await revoke.mutateAsync(open.key);
            toast({ text: t('keys.revoked', { name: open.key.name }) });
          }}
        />
      ) : null}
      {made ? (
        <SecretDialog
          title={t('keys.madeTitle', { name: made.name })}
          description={t('keys.madeText')}
          label={t('keys.key')}
          secret={made.key}
          onClose={() => setMade(undefined)}
        />
      ) : null}
    </Card>
  );
}
