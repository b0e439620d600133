import { STATUS_CODES, type ServerResponse } from 'node:http'

/**
 * Answers with a status and its name and nothing else. What the handler had set already is not sent. When the head of
 * another response is on its way already, the connection is broken off.
 * @internal
 */
export function refuse(response: ServerResponse, status: number): void {
  if (response.headersSent) {
    response.destroy()
    return
  }
  for (const name of response.getHeaderNames()) response.removeHeader(name)
  const text = `${STATUS_CODES[status]}\n`
  response.writeHead(status, STATUS_CODES[status], { 'Content-Type': 'text/plain', 'Content-Length': text.length })
  response.end(text)
}

/** The same for what never became a request, straight to the connection. @internal */
export function refusal(status: number): string {
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`
}
