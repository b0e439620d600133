/**
 * How many schedules a search takes: `usual`, or what the environment variable `GVENT_SCHEDULES` says
 * (`npm run test:search`).
 */
export function schedulesOf(usual: number): number {
  return Number(process.env['GVENT_SCHEDULES'] ?? usual)
}
