/** A pointer that moves by fewer pixels between a press and its release stands still. */
const STILL = 8

/**
 * Gives `place` the content `fresh`. Elements that are there already are changed in place of being replaced: a press of the
 * button and its release meet the same one, and it keeps the focus. Those with a `data-opens` are the same where that is.
 */
export function renew(place: Element, fresh: readonly Node[]): void {
  const kept = new Map<string, Element>()
  const wanted = new Set(fresh.map(keyOf))
  for (const child of Array.from(place.children)) {
    const key = keyOf(child)
    if (key === null) continue
    if (wanted.has(key)) kept.set(key, child)
    else child.remove()
  }
  let next: ChildNode | null = place.firstChild
  for (const node of fresh) {
    const key = keyOf(node)
    const old: ChildNode | null = key === null ? next : (kept.get(key) ?? null)
    if (key !== null) kept.delete(key)
    if (old?.nodeName !== node.nodeName || keyOf(old) !== key) {
      place.insertBefore(node, next)
      continue
    }
    if (old === next) next = next.nextSibling
    else place.insertBefore(old, next)
    change(old, node)
  }
  while (next !== null) {
    const rest: ChildNode | null = next.nextSibling
    next.remove()
    next = rest
  }
}

function change(old: Node, fresh: Node): void {
  if (!(old instanceof Element && fresh instanceof Element)) {
    if (old.nodeValue !== fresh.nodeValue) old.nodeValue = fresh.nodeValue
    return
  }
  for (const name of old.getAttributeNames()) if (!fresh.hasAttribute(name)) old.removeAttribute(name)
  for (const name of fresh.getAttributeNames()) {
    // The content policy refuses attributes with styles.
    if (name === 'style') (old as HTMLElement).style.cssText = (fresh as HTMLElement).style.cssText
    else if (old.getAttribute(name) !== fresh.getAttribute(name)) old.setAttribute(name, fresh.getAttribute(name)!)
  }
  renew(old, Array.from(fresh.childNodes))
}

/** Calls `open` with the `data-opens` of what is clicked in `place`, or chosen by the key Enter. */
export function opening(place: HTMLElement, open: (key: string) => void): void {
  let pressed: { readonly key: string | null; readonly x: number; readonly y: number } | null = null
  const keyAt = ({ target }: Event): string | null => keyOf((target as Element).closest('[data-opens]'))
  const openAt = (event: Event): void => {
    const key = keyAt(event)
    if (key !== null) open(key)
  }
  place.addEventListener('pointerdown', (event) => {
    const isMain = event.isPrimary && event.button === 0
    pressed = isMain ? { key: keyAt(event), x: event.clientX, y: event.clientY } : null
  })
  // Not `click`: that goes to what holds both the place of the press and that of the release, and the page may have grown
  // in between. What was pressed counts, whatever is under the pointer now.
  document.addEventListener('pointerup', ({ clientX, clientY }) => {
    if (pressed === null) return
    const { key, x, y } = pressed
    pressed = null
    if (key !== null && Math.hypot(clientX - x, clientY - y) < STILL) open(key)
  })
  document.addEventListener('pointercancel', () => {
    pressed = null
  })
  place.addEventListener('click', (event) => {
    // A click by a program has no press.
    if (event.detail === 0) openAt(event)
  })
  place.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') openAt(event)
  })
}

function keyOf(node: Node | null): string | null {
  return node instanceof Element ? node.getAttribute('data-opens') : null
}
