/** How the platform words the reasons of a failed request. */
export const reasons: { readonly refused: (port: number) => string; readonly broken: string } =
  'Deno' in globalThis
    ? {
        refused: () => 'client error (Connect): tcp connect error: Connection refused (os error 111)',
        broken: 'error reading a body from connection',
      }
    : { refused: (port) => `connect ECONNREFUSED 127.0.0.1:${port}`, broken: 'other side closed' }
