import { readFileSync } from 'node:fs'

/**
 * A key and a certificate for `localhost`, `127.0.0.1` and `::1`, signed by itself and valid for a hundred years:
 * openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 36500 -keyout key.pem -out cert.pem
 *   -subj "/CN=localhost" -addext "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1"
 */
const folder = new URL('../fixtures/tls/', import.meta.url)
export const key: string = readFileSync(new URL('key.pem', folder), 'utf8')
export const cert: string = readFileSync(new URL('cert.pem', folder), 'utf8')
