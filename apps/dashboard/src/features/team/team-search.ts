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

/** The part of the page's state that is in the URL. */
export interface TeamSearch {
  /** Members, unless it says otherwise. */
  tab?: 'invitations';
  search?: string;
  role?: Role;
  status?: UserStatus;
  /** Of the members. */
  ordering?: MemberOrdering;
  /** Which invitations; the pending ones, unless it says otherwise. */
  invited?: InvitationStatus | 'all';
  /** Of the invitations. */
  order?: InvitationOrdering;
  offset?: number;
  /** The one to show, also from the command palette. */
  id?: string;
  /** Whether the dialog for invitations is open. */
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
