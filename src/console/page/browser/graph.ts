import type { Reading } from '../../reader.js'
import { openDetails } from './details.js'
import { element, place, shape } from './elements.js'
import { opening, renew } from './renew.js'
import { componentsOf, type Component, type Knot } from './graph-model.js'

const BOX = { width: 204, height: 42 }
const GAP = { x: 132, y: 12 }
/** Room above and below a circle, for its arcs and their labels. */
const ARC = 46
const LINE = 18

opening(place('graph'), (id) => {
  openDetails(Number(id))
})

/** Draws the graph of waits: a picture, and the same as a list for narrow screens. */
export function showGraph({ graph }: Reading): void {
  const components = componentsOf(graph)
  const card = place('graph')
  if (components.length === 0) {
    renew(card, [element('p', { class: 'empty' }, 'No greenlet waits for another.')])
    return
  }
  const picture = element('div', {
    class: 'picture',
    tabindex: '0',
    'aria-label': 'Diagram; the list below has the same content',
  })
  for (const component of components)
    picture.append(component.kind === 'tree' ? drawTree(component.root) : drawCircle(component.members))
  alignScale(picture)
  renew(card, [picture, element('div', { class: 'outline' }, ...components.map(outline))])
}

/** Where there is too little room all are made smaller alike, so that their texts have one size. */
function alignScale(picture: HTMLElement): void {
  const widths = Array.from(picture.children, (each) => Number(each.getAttribute('width')))
  const most = Math.max(...widths)
  Array.from(picture.children).forEach((each, index) => {
    ;(each as SVGElement).style.maxWidth = `${(widths[index]! / most) * 100}%`
  })
}

function outline(component: Component): HTMLElement {
  if (component.kind === 'tree') return element('ul', {}, item(component.root))
  const members = component.members.map((member) => item(member, `waits for ${member.waitsFor}`))
  return element(
    'div',
    { class: 'circle' },
    element('p', {}, 'They wait for one another:'),
    element('ul', {}, ...members),
  )
}

function item(knot: Knot, note = knot.note): HTMLElement {
  const below = knot.waiters.map(({ label, knot: waiter }) =>
    item(
      waiter,
      waiter.id === 0
        ? [`waits for ${label}`, waiter.note].filter((part) => part !== '').join(' · ')
        : `waits for ${waiter.note}`,
    ),
  )
  const link = { class: 'link', tabindex: '0', 'data-opens': String(knot.id) }
  const name = element('b', knot.id === 0 ? {} : link, knot.title)
  return element(
    'li',
    {},
    name,
    element('small', {}, note),
    below.length === 0 ? undefined : element('ul', {}, ...below),
  )
}

function canvas(width: number, height: number, ...parts: Element[]): SVGElement {
  return shape('svg', { width, height, viewBox: `0 0 ${width} ${height}`, role: 'img' }, ...parts)
}

function drawTree(root: Knot): SVGElement {
  const parts: Element[] = []
  let depth = 0
  let bottom = 2
  // The holder is on the left, in the middle of its waiters.
  const layOut = (knot: Knot, column: number): number => {
    depth = Math.max(depth, column)
    const x = 2 + column * (BOX.width + GAP.x)
    let y: number
    if (knot.waiters.length === 0) {
      y = bottom + BOX.height / 2
      bottom += BOX.height + GAP.y
    } else {
      const places = knot.waiters.map(({ knot: waiter }) => layOut(waiter, column + 1))
      y = (places[0]! + places.at(-1)!) / 2
      places.forEach((at, index) => {
        const label = knot.waiters[index]!.label
        // Strands of one lock have one label.
        const isFirst = index === 0 || knot.waiters[index - 1]!.label !== label
        parts.push(...strand(x + BOX.width, y, x + BOX.width + GAP.x, at, isFirst ? label : ''))
      })
    }
    parts.push(box(knot, x, y - BOX.height / 2))
    return y
  }
  layOut(root, 0)
  return canvas(4 + (depth + 1) * BOX.width + depth * GAP.x, bottom, ...parts)
}

/** From the waiter, on the right, to the holder. */
function strand(left: number, leftY: number, right: number, rightY: number, label: string): Element[] {
  const middle = (left + right) / 2
  const path = `M${right},${rightY} C${middle},${rightY} ${middle},${leftY} ${left + 6},${leftY}`
  const parts: Element[] = [
    shape('path', { class: 'strand', d: path }),
    shape('path', { class: 'tip', d: `M${left},${leftY} l7,-4 v8 z` }),
  ]
  if (label !== '') {
    const text = shape('text', { class: 'label', x: right - 8, y: rightY - 7, 'text-anchor': 'end' }, cut(label, 22))
    text.append(shape('title', {}, label))
    parts.push(text)
  }
  return parts
}

function box(knot: Knot, x: number, y: number, kind = ''): Element {
  const [title, note] = [cut(knot.title, 27), cut(knot.note, 33)]
  const middle = y + BOX.height / 2
  const group = shape(
    'g',
    { class: `knot ${kind} ${knot.id === 0 ? 'bundle' : 'single'}` },
    shape('title', {}, [knot.title, knot.note].filter((part) => part !== '').join('\n')),
    shape('rect', { x, y, width: BOX.width, height: BOX.height, rx: 7 }),
    shape('text', { class: 'name', x: x + 12, y: note === '' ? middle + 4 : middle - 3 }, title),
  )
  if (note !== '') group.append(shape('text', { class: 'note', x: x + 12, y: middle + 13 }, note))
  if (knot.id !== 0) {
    group.setAttribute('tabindex', '0')
    group.setAttribute('data-opens', String(knot.id))
  }
  return group
}

/** The members of a circle stand in a line; each waits for the next one, and the last for the first. */
function drawCircle(members: readonly (Knot & { readonly waitsFor: string })[]): SVGElement {
  const parts: Element[] = []
  const step = BOX.width + GAP.x
  const middle = (index: number): number => 2 + index * step + BOX.width / 2
  const top = ARC
  const last = members.length - 1
  members.forEach((member, index) => {
    parts.push(box(member, 2 + index * step, top, 'red'))
    const label = `waits for ${member.waitsFor}`
    if (index < last) parts.push(...arc(middle(index) + 40, middle(index + 1) - 40, top, -1, label))
    else parts.push(...arc(middle(index) - 20, middle(0) + 20, top + BOX.height, 1, label))
  })
  const below = top + BOX.height + ARC + 6
  let lines = 0
  members.forEach((member, index) => {
    member.waiters.forEach(({ label, knot }, line) => {
      lines = Math.max(lines, line + 1)
      const text = `← ${knot.title} · ${label}`
      const y = below + LINE * (line + 1)
      parts.push(shape('text', { class: 'below', x: 2 + index * step, y }, cut(text, 46), shape('title', {}, text)))
    })
  })
  return canvas(4 + members.length * BOX.width + last * GAP.x, below + lines * LINE + 10, ...parts)
}

function arc(from: number, to: number, y: number, side: 1 | -1, label: string): Element[] {
  const reach = y + side * 34
  const text = shape(
    'text',
    { class: 'label', x: (from + to) / 2, y: side < 0 ? y - 31 : y + 42, 'text-anchor': 'middle' },
    cut(label, 44),
  )
  text.append(shape('title', {}, label))
  return [
    shape('path', { class: 'strand red', d: `M${from},${y} C${from},${reach} ${to},${reach} ${to},${y + side * 6}` }),
    shape('path', { class: 'tip red', d: `M${to},${y} l-4,${side * 7} h8 z` }),
    text,
  ]
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`
}
