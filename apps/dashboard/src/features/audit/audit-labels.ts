import { useTranslation } from 'react-i18next';
import { optionalText } from '#i18n/optional-text';
import type { Message } from '#session/api';

/** Returns labels of actions, resources and actors. An unknown one is shown by its raw name. */
export function useAuditLabels() {
  const { t } = useTranslation('audit');
  const text = (key: string, otherwise: string) => optionalText('audit', key) ?? otherwise;
  return {
    /** `user.logged_in`, or `user.*` */
    action: (action: string) =>
      action.endsWith('.*')
        ? t('allOf', { resource: text(`resources.${action.slice(0, -2)}`, action.slice(0, -2)) })
        : text(`actions.${action}`, action),
    resource: (type: string) => text(`resources.${type}`, type),
    actor: ({ actor_name, actor_type, erased_at }: Message['AuditLog']) =>
      actor_name ?? (erased_at ? t('actor.erased') : t(`actor.${actor_type}`)),
  };
}

/** Shows the end of an id. UUIDv7 ids of the same moment begin alike. */
export const shortId = (id: string): string => (id.length > 12 ? `…${id.slice(-8)}` : id);
