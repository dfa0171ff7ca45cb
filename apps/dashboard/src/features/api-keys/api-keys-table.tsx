import { Ban, Ellipsis, PencilLine, RefreshCw } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '#i18n/format';
import type { Message } from '#session/api';
import { useMe } from '#session/me';
import { Badge } from '#ui/badge';
import { Button } from '#ui/button';
import { Menu, MenuItem } from '#ui/menu';
import { Table, TableHead, Td, Th, Tr } from '#ui/table';

export type ApiKeyAction = 'rename' | 'rotate' | 'revoke';

interface ApiKeysTableProps {
  keys: Message['ApiKey'][];
  onAction: (action: ApiKeyAction, key: Message['ApiKey']) => void;
}

const TONES = { active: 'success', expired: 'warning', revoked: 'neutral' } as const;
const SHOWN_SCOPES = 2;

export function ApiKeysTable({ keys, onAction }: ApiKeysTableProps) {
  const { t } = useTranslation('developers');
  const { relative, dateTime } = useFormat();
  const me = useMe();
  return (
    <Table label={t('tabs.api-keys')}>
      <TableHead>
        <Th>{t('keys.name')}</Th>
        <Th>{t('status')}</Th>
        <Th>{t('keys.scopes')}</Th>
        <Th>{t('keys.lastUsed')}</Th>
        <Th>{t('keys.expires')}</Th>
        <Th>
          <span className="sr-only">{t('actions')}</span>
        </Th>
      </TableHead>
      <tbody>
        {keys.map((key) => (
          <Tr key={key.id}>
            <Td className="max-w-64">
              <span className="block truncate font-medium">{key.name}</span>
              <code className="text-xs text-muted-foreground">{key.prefix}</code>
              {key.user.id === me.id ? null : (
                <span className="block truncate text-xs text-muted-foreground">{key.user.email}</span>
              )}
            </Td>
            <Td>
              <Badge tone={TONES[key.status]}>{t(`keys.status.${key.status}`)}</Badge>
            </Td>
            <Td title={key.scopes.join(', ')}>
              <span className="grid text-xs whitespace-nowrap">
                {key.scopes.slice(0, SHOWN_SCOPES).map((scope) => (
                  <code key={scope}>{scope}</code>
                ))}
                {key.scopes.length > SHOWN_SCOPES ? (
                  <span className="text-muted-foreground">
                    {t('keys.moreScopes', { count: key.scopes.length - SHOWN_SCOPES })}
                  </span>
                ) : null}
              </span>
            </Td>
            <Td className="whitespace-nowrap text-muted-foreground">
              {key.last_used_at ? (
                <time dateTime={key.last_used_at} title={dateTime(key.last_used_at)}>
                  {relative(key.last_used_at)}
                </time>
              ) : (
                t('keys.neverUsed')
              )}
            </Td>
            <Td className="whitespace-nowrap text-muted-foreground">
              {key.expires_at ? (
                <time dateTime={key.expires_at} title={dateTime(key.expires_at)}>
                  {relative(key.expires_at)}
                </time>
              ) : (
                t('keys.never')
              )}
            </Td>
            <Td className="text-right">
              {key.status === 'active' ? (
                <Actions apiKey={key} own={key.user.id === me.id} onAction={onAction} />
              ) : null}
            </Td>
          </Tr>
        ))}
      </tbody>
    </Table>
  );
}

interface ActionsProps {
  apiKey: Message['ApiKey'];
  /** Whether the key belongs to the viewer. Rotating another user's key would mean acting as that user. */
  own: boolean;
  onAction: ApiKeysTableProps['onAction'];
}

function Actions({ apiKey, own, onAction }: ActionsProps) {
  const { t } = useTranslation('developers');
  return (
    <Menu
      trigger={
        <Button variant="ghost" size="icon" aria-label={t('actionsOf', { name: apiKey.name })}>
          <Ellipsis aria-hidden />
        </Button>
      }
    >
      {own ? (
        <>
          <MenuItem onSelect={() => onAction('rename', apiKey)}>
            <PencilLine aria-hidden />
            {t('keys.rename')}
          </MenuItem>
          <MenuItem onSelect={() => onAction('rotate', apiKey)}>
            <RefreshCw aria-hidden />
            {t('keys.rotate')}
          </MenuItem>
        </>
      ) : null}
      <MenuItem danger onSelect={() => onAction('revoke', apiKey)}>
        <Ban aria-hidden />
        {t('keys.revoke')}
      </MenuItem>
    </Menu>
  );
}
