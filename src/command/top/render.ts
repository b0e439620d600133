import type { Reading } from '../../console/reader.js'

/** The picture of `gvent top`: warnings, one line of numbers, one table. */
export function renderTop(reading: Reading, width: number, height: number): string {
  const { pid, node, up, warnings, counts, rates, load } = reading
  const lines = [
    `gvent top ${pid}  node ${node}  up ${up} s`,
    ...warnings.map(({ code, text }) => `! ${text}  [${code}]`),
    [
      `alive ${number(counts.alive)}`,
      `made ${rates.made.toFixed(0)}/s`,
      `ended ${rates.ended.toFixed(0)}/s`,
      `ready ${number(counts.ready)}`,
      `loop ${(load.utilization * 100).toFixed(0)} % p99 ${load.delay.p99} ms`,
      `gc ${(rates.gc * 100).toFixed(1)} %`,
      `heap ${(load.heap / 1e6).toFixed(0)} MB`,
    ].join('  '),
    ...tableOfGroups(reading, width),
  ]
  return lines
    .slice(0, height)
    .map((line) => `${cut(printable(line), width)}\n`)
    .join('')
}

const COLUMNS = ['ALIVE', '+10s', 'BUSY%', 'OLDEST'] as const

function tableOfGroups({ groups, busy, grown }: Reading, width: number): string[] {
  // The place goes first where there is little room.
  const withPlace = width > 80
  const rows = groups.map(({ key, name, alive, oldest, waits, place }) => ({
    name,
    numbers: [
      number(alive),
      String(grown[key] ?? 0),
      ((busy[key] ?? 0) * 100).toFixed(1),
      oldest === 0 ? '-' : `${(oldest / 1000).toFixed(1)} s`,
    ],
    waits: waits[0]?.[0] ?? '',
    place,
  }))
  const nameWidth = 18
  const waitWidth = withPlace ? Math.max(20, Math.floor((width - 60) / 2)) : Math.max(20, width - 50)
  const line = (name: string, numbers: readonly string[], waits: string, place: string): string =>
    [
      cut(name, nameWidth).padEnd(nameWidth),
      ...numbers.map((text) => text.padStart(7)),
      ` ${cut(waits, waitWidth).padEnd(waitWidth)}`,
      withPlace ? ` ${place}` : '',
    ]
      .join('')
      .trimEnd()
  return [
    line('GROUP', COLUMNS, 'MOSTLY WAITS FOR', 'PLACE'),
    ...rows.map(({ name, numbers, waits, place }) => line(printable(name), numbers, printable(waits), place)),
  ]
}

function number(value: number): string {
  return value.toLocaleString('en-US')
}

function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`
}

/** Without what a terminal would obey: a greenlet may be called anything. */
function printable(text: string): string {
  // eslint-disable-next-line no-control-regex -- those are what is meant
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, '?')
}
