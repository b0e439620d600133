async function fetchPage(pid: number, url: string): Promise<void> {
  const response = await fetch(url)
  const [page] = (await response.json()) as [{ title: string }]
  console.log(`Process ${pid}: ${page.title}`)
}

/** Fetches pages at once, as any program does. With `node --import gvent/async` these functions are greenlets. */
export async function fetchPages(urls: readonly string[]): Promise<void> {
  await Promise.all(urls.map((url, pid) => fetchPage(pid, url)))
}
