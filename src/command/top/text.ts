/** Without what a terminal would obey, or what turns the order of the line round: a greenlet may be called anything. */
export function printable(text: string): string {
  // eslint-disable-next-line no-control-regex -- those are what is meant
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, '?')
}

/** A text that has room for so many characters. */
export function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`
}

/** `12,345`. */
export function number(value: number): string {
  return value.toLocaleString('en-US')
}

/** Milliseconds: `8.4 s`, `12 min`; `-` for none. */
export function age(milliseconds: number): string {
  if (milliseconds === 0) return '-'
  const seconds = milliseconds / 1000
  if (seconds < 600) return `${seconds.toFixed(1)} s`
  return seconds < 36_000 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`
}

/** A share from 0 to 1, in hundredths. */
export function share(value: number): string {
  return (value * 100).toFixed(1)
}
