/** How OpenSSL puts an error into a text: `write EPROTO 0080…:error:0A00010B:SSL routines:function:reason:file:line:data`. */
const RAW =
  /(?:\w{1,20} EPROTO )?[\dA-F]{8,16}:error:[\dA-F]{8}:[^:\n]{0,80}:[^:\n]{0,80}:([^:\n]{1,200}):[^:\n]{1,300}:\d{1,7}:[^\n]{0,200}\n?/g

/** How BoringSSL does, on Bun: `error:100000f7:SSL routines:OPENSSL_internal:WRONG_VERSION_NUMBER`. */
const BORING = /error:[\da-f]{8}:[^:\n]{0,80}:OPENSSL_internal:([A-Z\d_]{1,100})/g

/** The meaning of a reason, by a part of its text. The other side is said to be at fault where OpenSSL calls it an alert. */
const MEANINGS: readonly (readonly [part: string, meaning: string])[] = [
  ['wrong version number', 'the other side does not speak TLS'],
  ['http request', 'the other side speaks plain HTTP'],
  ['https proxy request', 'the other side speaks plain HTTP, to a proxy'],
  ['alert protocol version', 'the other side refused: it allows none of our versions of TLS'],
  ['unsupported protocol', 'the other side asks for a version of TLS that is not allowed here'],
  ['alert handshake failure', 'the other side refused: no cipher in common, or it asks for a client certificate'],
  ['no shared cipher', 'there is no cipher that both sides allow'],
  ['certificate required', 'the other side refused: it asks for a client certificate'],
  ['did not return a certificate', 'the other side gave no client certificate'],
  ['alert unknown ca', 'the other side refused: it does not trust the certificate'],
  ['alert bad certificate', 'the other side refused the certificate'],
  ['alert certificate unknown', 'the other side refused the certificate'],
  ['alert certificate expired', 'the other side refused: the certificate has expired'],
  ['unrecognized name', 'the other side refused: it has no certificate for that name'],
  ['no application protocol', 'there is no application protocol (ALPN) that both sides speak'],
  ['certificate verify failed', 'the certificate of the other side is not trusted'],
  ['dh key too small', 'the key of the other side is too short'],
  ['unexpected eof', 'the other side aborted the connection'],
  ['bad record mac', 'the data was damaged in transit'],
]

/** Whether a text has an error of OpenSSL in it, with its functions and source files. @internal */
export function isFromOpenSSL(message: string): boolean {
  return message.search(RAW) !== -1 || message.search(BORING) !== -1
}

/** Puts what a text has from OpenSSL in plain words, with the reason in OpenSSL's own. @internal */
export function inPlainWords(message: string): string {
  return message
    .replace(RAW, (_raw, reason: string) => explain(reason))
    .replace(BORING, (_raw, reason: string) => explain(reason.replaceAll('_', ' ').toLowerCase()))
}

function explain(reason: string): string {
  const meaning = MEANINGS.find(([part]) => reason.includes(part))?.[1]
  return meaning === undefined ? `TLS: ${reason}` : `TLS: ${meaning} (${reason})`
}
