import { createFileRoute } from '@tanstack/react-router';
import { SessionsPage } from '#features/sessions/sessions-page';
import { sessionsSearch } from '#features/sessions/sessions-search';

export const Route = createFileRoute('/_app/sessions')({ validateSearch: sessionsSearch, component: SessionsPage });
