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
  const all = (kind: string): string => `${people} AS each WHERE each.kind = '${kind}' AND each.name = p_name`
  const mine = (kind: string): string => `${all(kind)} AND each.id = p_id`
  const find = (kind: string): string => `SELECT * INTO me FROM ${mine(kind)};`
  const remove = (kind: string): string => `DELETE FROM ${mine(kind)} RETURNING each.fence INTO me;`
  const place = (kind: string): string => `(SELECT each.ticket FROM ${mine(kind)})`
  const update = (kind: string, change: string): string => `
    UPDATE ${table} SET ${change} WHERE kind = '${kind}' AND name = p_name;`
  const updateMine = (kind: string, change: string): string => `
    UPDATE ${people} AS each SET ${change} WHERE each.kind = '${kind}' AND each.name = p_name AND each.id = p_id`
  const wake = (kind: string, count: string): string => `
    PERFORM pg_notify('${channel}', next.id) FROM (
      SELECT each.id FROM ${all(kind)} AND each.fence IS NULL
      ORDER BY each.ticket LIMIT greatest(0, ${count})) AS next;`
  const queue = (kind: string, patience: string, tokens = '0'): string => `
    INSERT INTO ${people} (kind, name, id, ticket, until, tokens)
    VALUES ('${kind}', p_name, p_id, own.ticket + 1, now + ${patience}, ${tokens})
    ON CONFLICT (kind, name, id) DO UPDATE SET until = excluded.until;
    ${update(kind, 'ticket = own.ticket + 1')}`
  const define = (name: string, parameters: string, result: string, body: string): string => `
    CREATE OR REPLACE FUNCTION ${table}_${name}(${parameters}) RETURNS TABLE (${result}) LANGUAGE plpgsql AS $function$
    #variable_conflict use_column
    DECLARE own record; me record; now float8; total bigint; first float8; wanted float8;
    BEGIN ${body}
    END $function$;`
  return `
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
    ${find('semaphore')}
    IF me.fence IS NULL THEN
      ${queue('semaphore', 'p_lease')}
      SELECT count(*) FILTER (WHERE each.fence IS NOT NULL OR each.ticket < ${place('semaphore')}),
        min(each.until) FILTER (WHERE each.fence IS NOT NULL) - now
        INTO total, first FROM ${all('semaphore')};
      IF total >= p_places THEN
        RETURN QUERY SELECT 0::bigint, coalesce(ceil(first), p_lease);
        RETURN;
      END IF;
      me.fence := own.fence + 1;
      ${update('semaphore', 'fence = own.fence + 1')}
    END IF;
    ${updateMine('semaphore', 'fence = me.fence, until = now + p_lease')};
    RETURN QUERY SELECT me.fence, 0::float8;`,
    )}
    ${define(
      'extend',
      'p_name text, p_id text, p_lease float8',
      'held boolean',
      `${begin('semaphore')}
    ${updateMine('semaphore', 'until = now + p_lease')} AND each.fence IS NOT NULL;
    RETURN QUERY SELECT FOUND;`,
    )}
    ${define(
      'leave',
      'p_name text, p_id text, p_places float8',
      'held boolean',
      `${begin('semaphore')}
    ${remove('semaphore')}
    SELECT count(*) INTO total FROM ${all('semaphore')} AND each.fence IS NOT NULL;
    ${wake('semaphore', 'p_places::bigint - total')}
    RETURN QUERY SELECT me.fence IS NOT NULL;`,
    )}
    ${define(
      'take',
      'p_name text, p_id text, p_interval float8, p_capacity float8, p_tokens float8, p_patience float8',
      'pause float8',
      `${begin('limiter')}
    ${find('limiter')}
    IF me.fence IS NOT NULL THEN
      RETURN QUERY SELECT 0::float8;
      RETURN;
    END IF;
    ${queue('limiter', 'p_patience', 'p_tokens')}
    SELECT count(*), sum(each.tokens) INTO total, wanted FROM ${all('limiter')}
      AND each.fence IS NULL AND each.ticket <= ${place('limiter')};
    first := greatest(now, own.full_at) + wanted * p_interval;
    IF total > 1 OR first - now - p_capacity * p_interval > 0.001 THEN
      RETURN QUERY SELECT greatest(1, first - now - p_capacity * p_interval);
      RETURN;
    END IF;
    ${update('limiter', 'full_at = first')}
    ${updateMine('limiter', 'fence = 0, until = now + 60000')};
    ${wake('limiter', '1')}
    RETURN QUERY SELECT 0::float8;`,
    )}
    ${define(
      'put_back',
      'p_name text, p_id text, p_interval float8, p_tokens float8',
      'done boolean',
      `${begin('limiter')}
    ${remove('limiter')}
    IF me.fence IS NOT NULL THEN
      ${update('limiter', 'full_at = own.full_at - p_tokens * p_interval')}
    END IF;
    ${wake('limiter', '1')}
    RETURN QUERY SELECT true;`,
    )}`
}
