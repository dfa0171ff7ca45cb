import { createFileRoute } from '@tanstack/react-router';
import { TeamPage } from '#features/team/team-page';
import { teamSearch } from '#features/team/team-search';

export const Route = createFileRoute('/_app/team')({ validateSearch: teamSearch, component: TeamPage });
