/** Draws the diagram of a failure that `explore` has found: a column for each greenlet, a row for each step. */

const heading = 'who ran when:\n'

/**
 * @param {string} text an error of a program
 * @returns {{ before: string, names: string[], rows: Row[], after: string } | undefined} its parts, if it has a diagram
 *
 * @typedef {{ time: string, column: number, text: string, isUnusual: boolean }} Row
 */
export function readDiagram(text) {
  const start = text.indexOf(heading)
  if (start === -1) return undefined
  const [head, ...lines] = text.slice(start + heading.length).split('\n')
  const columns = Array.from(head.matchAll(/\S+(?: \S+)*/g), ({ 0: name, index }) => ({ name, index })).slice(1)
  const last = columns.at(-1)
  const end = last.index + last.name.length
  const count = lines.findIndex((line) => !/^[▶ ] +(?:\d[\d.]* ms|…)/.test(line))
  const rows = lines.slice(0, count === -1 ? undefined : count).map((line) => ({
    time: /\d[\d.]* ms/.exec(line.slice(0, columns[0].index))?.[0] ?? '',
    column: columns.findIndex(({ index }) => line[index] === '●'),
    text: line.slice(end).trim() || line.trim(),
    isUnusual: line.startsWith('▶'),
  }))
  return {
    before: text.slice(0, start).trimEnd(),
    names: columns.map(({ name }) => name),
    rows,
    after: count === -1 ? '' : lines.slice(count).join('\n'),
  }
}

/** @returns {HTMLElement} the diagram as a table */
export function drawDiagram({ names, rows }) {
  const table = document.createElement('table')
  table.className = 'diagram'
  const head = table.createTHead().insertRow()
  for (const name of ['', ...names, 'waits for']) head.append(cell('th', name))
  const body = table.createTBody()
  for (const { time, column, text, isUnusual } of rows) {
    const row = body.insertRow()
    row.className = isUnusual ? 'unusual' : ''
    row.append(cell('td', time))
    names.forEach((_, index) => row.append(cell('td', index === column ? '●' : '', `greenlet greenlet-${index % 4}`)))
    row.append(cell('td', isUnusual ? `▶ ${text}` : text))
  }
  return table
}

function cell(tag, textContent, className = '') {
  return Object.assign(document.createElement(tag), { textContent, className })
}
