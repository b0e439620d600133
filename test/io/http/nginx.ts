import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findProgram, startServerProgram } from '../servers/server-program.js'

/** Where nginx is, if it is. */
export const nginx: string | undefined = findProgram('nginx')

/** A running nginx. */
export interface Proxy {
  readonly url: string
  readonly stop: () => Promise<void>
}

/** Runs nginx in front of `upstream`, `127.0.0.1:8000` or `unix:/path`, with connections to it that are kept open. */
export async function startNginx(upstream: string): Promise<Proxy> {
  const { port, stop } = await startServerProgram({
    program: nginx!,
    arguments: (port, folder) => {
      const file = join(folder, 'nginx.conf')
      writeFileSync(file, configuration(port, folder, upstream))
      return ['-p', folder, '-c', file, '-e', join(folder, 'error.log')]
    },
  })
  return { url: `http://127.0.0.1:${port}`, stop }
}

function configuration(port: number, folder: string, upstream: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${folder}/${name};`)
    .join('\n')
  return `
    daemon off;
    master_process off;
    pid ${folder}/pid;
    error_log ${folder}/error.log;
    events { worker_connections 256; }
    http {
      access_log off;
      ${temporary}
      client_max_body_size 64m;
      upstream app { server ${upstream}; keepalive 4; }
      server {
        listen 127.0.0.1:${port};
        location / {
          proxy_pass http://app;
          proxy_http_version 1.1;
          proxy_set_header Connection "";
          proxy_set_header Host $host;
          proxy_set_header X-Forwarded-For $remote_addr;
          proxy_set_header X-Forwarded-Proto $scheme;
        }
        location /stream {
          proxy_pass http://app;
          proxy_http_version 1.1;
          proxy_set_header Connection "";
          proxy_buffering off;
          proxy_request_buffering off;
        }
      }
    }`
}
