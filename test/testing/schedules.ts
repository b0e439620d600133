/**
 * How many schedules a search takes: `usual`, or what the environment variable `GVENT_SCHEDULES` says
 * (`npm run test:search`).
 */
export function schedulesOf(usual: number): number {
  return Number(process.env['GVENT_SCHEDULES'] ?? usual)
}

/** With how many seeds a bug is looked for: `usual`, or what the environment variable `GVENT_SEEDS` says. */
export function seedsOf(usual: number): number {
  return Number(process.env['GVENT_SEEDS'] ?? usual)
}
