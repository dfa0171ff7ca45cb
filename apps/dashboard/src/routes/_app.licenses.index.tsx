import { createFileRoute } from '@tanstack/react-router';
import { LicensesPage } from '#features/licenses/licenses-page';

export const Route = createFileRoute('/_app/licenses/')({ component: LicensesPage });
