import { createFileRoute } from '@tanstack/react-router';
import { LicensesPage } from '../features/licenses/licenses-page.tsx';

export const Route = createFileRoute('/_app/licenses/')({ component: LicensesPage });
