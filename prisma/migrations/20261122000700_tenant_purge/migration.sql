-- Audit entries are append-only for every role of the applications. They go only when the whole tenant goes: closed by its
-- owner, and its grace period over. It is the database's own clock that decides, so that no caller can bring it forward.

-- Deletes at most so many entries of the tenant, oldest first, and answers how many. Nothing is left of a tenant that no
-- longer exists.
CREATE FUNCTION purge_tenant_audit(tenant uuid, at_most integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
  deleted integer;
BEGIN
  -- The lock keeps the tenant from being reopened meanwhile.
  PERFORM FROM public.tenants WHERE id = tenant AND status = 'closed' AND delete_after <= clock_timestamp() FOR SHARE;
  IF NOT FOUND THEN
    IF NOT EXISTS (SELECT FROM public.tenants WHERE id = tenant) THEN RETURN 0; END IF;
    RAISE EXCEPTION 'the audit entries of tenant % are kept: it is not due for deletion', tenant
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  DELETE FROM public.audit_logs WHERE (tenant_id, occurred_at, id) IN (
    SELECT tenant_id, occurred_at, id FROM public.audit_logs WHERE tenant_id = tenant ORDER BY occurred_at, id LIMIT at_most);
  GET DIAGNOSTICS deleted = ROW_COUNT;
  RETURN deleted;
END $$;
REVOKE ALL ON FUNCTION purge_tenant_audit(uuid, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION purge_tenant_audit(uuid, integer) TO license_system;
