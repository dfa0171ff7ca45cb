import { invitationStatuses, userRoles, userStatuses } from '@coditect/contracts/names';
import type { Message } from '#session/api';
import { given, oneOf, someId, someOffset, someText } from '#shell/search-params';

export type Role = Message['UserRole'];
export type UserStatus = Message['User']['status'];
export type InvitationStatus = Message['Invitation']['status'];

const memberOrderings = ['name', '-name', 'created_at', '-created_at', 'last_login_at', '-last_login_at'] as const;
export const invitationOrderings = [
  'email',
  '-email',
  'created_at',
  '-created_at',
  'expires_at',
  '-expires_at',
] as const;
export type MemberOrdering = (typeof memberOrderings)[number];
export type InvitationOrdering = (typeof invitationOrderings)[number];
export const invitationFilters = [...invitationStatuses, 'all'] as const;

/** The search parameters of the page. */
export interface TeamSearch {
  /** Members by default. */
  tab?: 'invitations';
  search?: string;
  role?: Role;
  status?: UserStatus;
  /** Order of the members. */
  ordering?: MemberOrdering;
  /** Status of the invitations; pending by default. */
  invited?: InvitationStatus | 'all';
  /** Order of the invitations. */
  order?: InvitationOrdering;
  offset?: number;
  /** Id of the open user; the command palette sets it too. */
  id?: string;
  /** Whether the invitation dialog is open. */
  create?: true;
}

export function teamSearch(search: Record<string, unknown>): TeamSearch {
  return given({
    tab: oneOf(['invitations'], search['tab']),
    search: someText(search['search']),
    role: oneOf(userRoles, search['role']),
    status: oneOf(userStatuses, search['status']),
    ordering: oneOf(memberOrderings, search['ordering']),
    invited: oneOf(invitationFilters, search['invited']),
    order: oneOf(invitationOrderings, search['order']),
    offset: someOffset(search['offset']),
    id: someId(search['id']),
    create: oneOf([true], search['create']),
  });
}
