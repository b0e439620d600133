/**
 * The tables of a store, and a function for each call. A row of the first table is a semaphore or a limiter, and is locked by
 * each call: nothing comes between. In the second one are those in line, and those with a place, who have a `fence`, or who
 * have taken tokens a short while ago. Times are milliseconds since 1970.
 *
 * @internal
 */
export function storeFunctions(table: string): string {
  const channel = table.replace('.', '_')
  const people = `${table}_people`
  const begin = (kind: string): string => `
    INSERT INTO ${table} (kind, name) VALUES ('${kind}', p_name) ON CONFLICT DO NOTHING;
    SELECT * INTO own FROM ${table} WHERE kind = '${kind}' AND name = p_name FOR UPDATE;
    now := extract(epoch FROM clock_timestamp()) * 1000;
    DELETE FROM ${people} AS gone WHERE gone.kind = '${kind}' AND gone.name = p_name AND gone.until <= now;`
  const mine = (kind: string): string => `each.kind = '${kind}' AND each.name = p_name`
  const wake = (kind: string, count: string): string => `
    PERFORM pg_notify('${channel}', next.id) FROM (
      SELECT each.id FROM ${people} AS each WHERE ${mine(kind)} AND each.fence IS NULL
      ORDER BY each.ticket LIMIT greatest(0, ${count})) AS next;`
  const queue = (kind: string, patience: string, tokens = '0'): string => `
    INSERT INTO ${people} (kind, name, id, ticket, until, tokens)
    VALUES ('${kind}', p_name, p_id, own.ticket + 1, now + ${patience}, ${tokens})
    ON CONFLICT (kind, name, id) DO UPDATE SET until = excluded.until;
    UPDATE ${table} SET ticket = own.ticket + 1 WHERE kind = '${kind}' AND name = p_name;`
  const define = (name: string, parameters: string, result: string, body: string): string => `
    CREATE OR REPLACE FUNCTION ${table}_${name}(${parameters}) RETURNS TABLE (${result}) LANGUAGE plpgsql AS $function$
    #variable_conflict use_column
    DECLARE own record; me record; now float8; total bigint; first float8; wanted float8;
    BEGIN ${body}
    END $function$;`
  return `
    SELECT pg_advisory_xact_lock(hashtext('${table}'));
    CREATE TABLE IF NOT EXISTS ${table} (
      kind text NOT NULL, name text NOT NULL, fence bigint NOT NULL DEFAULT 0, ticket bigint NOT NULL DEFAULT 0,
      full_at float8 NOT NULL DEFAULT 0, PRIMARY KEY (kind, name));
    CREATE TABLE IF NOT EXISTS ${people} (
      kind text NOT NULL, name text NOT NULL, id text NOT NULL, ticket bigint NOT NULL, until float8 NOT NULL,
      fence bigint, tokens float8 NOT NULL DEFAULT 0, PRIMARY KEY (kind, name, id));
    ${define(
      'enter',
      'p_name text, p_id text, p_places float8, p_lease float8',
      'fence bigint, pause float8',
      `${begin('semaphore')}
    SELECT * INTO me FROM ${people} AS each WHERE ${mine('semaphore')} AND each.id = p_id;
    IF me.fence IS NULL THEN
      ${queue('semaphore', 'p_lease')}
      SELECT count(*) FILTER (WHERE each.fence IS NOT NULL OR each.ticket < (
          SELECT known.ticket FROM ${people} AS known
          WHERE known.kind = 'semaphore' AND known.name = p_name AND known.id = p_id)),
        min(each.until) FILTER (WHERE each.fence IS NOT NULL) - now
        INTO total, first FROM ${people} AS each WHERE ${mine('semaphore')};
      IF total >= p_places THEN
        RETURN QUERY SELECT 0::bigint, coalesce(ceil(first), p_lease);
        RETURN;
      END IF;
      me.fence := own.fence + 1;
      UPDATE ${table} SET fence = own.fence + 1 WHERE kind = 'semaphore' AND name = p_name;
    END IF;
    UPDATE ${people} AS each SET fence = me.fence, until = now + p_lease WHERE ${mine('semaphore')} AND each.id = p_id;
    RETURN QUERY SELECT me.fence, 0::float8;`,
    )}
    ${define(
      'extend',
      'p_name text, p_id text, p_lease float8',
      'held boolean',
      `${begin('semaphore')}
    UPDATE ${people} AS each SET until = now + p_lease
      WHERE ${mine('semaphore')} AND each.id = p_id AND each.fence IS NOT NULL;
    RETURN QUERY SELECT FOUND;`,
    )}
    ${define(
      'leave',
      'p_name text, p_id text, p_places float8',
      'held boolean',
      `${begin('semaphore')}
    DELETE FROM ${people} AS each WHERE ${mine('semaphore')} AND each.id = p_id RETURNING each.fence INTO me;
    SELECT count(*) INTO total FROM ${people} AS each WHERE ${mine('semaphore')} AND each.fence IS NOT NULL;
    ${wake('semaphore', 'p_places::bigint - total')}
    RETURN QUERY SELECT me.fence IS NOT NULL;`,
    )}
    ${define(
      'take',
      'p_name text, p_id text, p_interval float8, p_capacity float8, p_tokens float8, p_patience float8',
      'pause float8',
      `${begin('limiter')}
    SELECT * INTO me FROM ${people} AS each WHERE ${mine('limiter')} AND each.id = p_id;
    IF me.fence IS NOT NULL THEN
      RETURN QUERY SELECT 0::float8;
      RETURN;
    END IF;
    ${queue('limiter', 'p_patience', 'p_tokens')}
    SELECT count(*), sum(each.tokens) INTO total, wanted FROM ${people} AS each
      WHERE ${mine('limiter')} AND each.fence IS NULL AND each.ticket <= (
        SELECT known.ticket FROM ${people} AS known
        WHERE known.kind = 'limiter' AND known.name = p_name AND known.id = p_id);
    first := greatest(now, own.full_at) + wanted * p_interval;
    IF total > 1 OR first - now - p_capacity * p_interval > 0.001 THEN
      RETURN QUERY SELECT greatest(1, first - now - p_capacity * p_interval);
      RETURN;
    END IF;
    UPDATE ${table} SET full_at = first WHERE kind = 'limiter' AND name = p_name;
    UPDATE ${people} AS each SET fence = 0, until = now + 60000 WHERE ${mine('limiter')} AND each.id = p_id;
    ${wake('limiter', '1')}
    RETURN QUERY SELECT 0::float8;`,
    )}
    ${define(
      'put_back',
      'p_name text, p_id text, p_interval float8, p_tokens float8',
      'done boolean',
      `${begin('limiter')}
    DELETE FROM ${people} AS each WHERE ${mine('limiter')} AND each.id = p_id RETURNING each.fence INTO me;
    IF me.fence IS NOT NULL THEN
      UPDATE ${table} SET full_at = own.full_at - p_tokens * p_interval WHERE kind = 'limiter' AND name = p_name;
    END IF;
    ${wake('limiter', '1')}
    RETURN QUERY SELECT true;`,
    )}`
}
