import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { beforeEach, test } from 'node:test'
import 'reflect-metadata'
import { Controller, Get, Module, Post } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import express, { type Request, type Response } from 'express'
import fastify from 'fastify'
import Koa from 'koa'
import pg from 'pg'
import { HTTPServer } from 'gvent'
import { killOnDisconnect, type KillOnDisconnect } from 'gvent/async/runtime'
import { startPostgres, withoutPostgres } from '../../ecosystem/postgres-server.js'
import { importLowered } from '../import-lowered.js'
import { ask, reached } from './client.js'

const shop = await importLowered<typeof import('./shop.js')>(new URL('shop.js', import.meta.url))
const { log } = shop
type Handlers = ReturnType<typeof shop.handlers>

beforeEach(() => {
  log.length = 0
})

interface Running {
  readonly port: number
  close(): unknown
}

/** Starts the shop in a framework. */
type Start = (handlers: Handlers, requests: KillOnDisconnect | undefined) => Promise<Running>

async function listening(server: Server): Promise<Running> {
  if (!server.listening) await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}

function expressApp({ pay, quick, audits }: Handlers, requests?: KillOnDisconnect): express.Express {
  const app = express()
  app.set('env', 'test')
  if (requests !== undefined) app.use(requests)
  app.use(express.json())
  app.use(shop.authorizes)
  const by = (handle: () => Promise<string>) =>
    shop.answering(handle, (_request: Request, response: Response) => (text) => response.send(text))
  app.get('/pay', by(pay)).post('/pay', by(pay)).get('/quick', by(quick)).get('/audits', by(audits))
  return app
}

const frameworks: Record<string, Start> = {
  express: async (handlers, requests) => listening(createServer(expressApp(handlers, requests))),
  'express in HTTPServer': async (handlers, requests) => {
    const server = new HTTPServer({ port: 0, host: '127.0.0.1' }, expressApp(handlers, requests))
    await server.start()
    return { port: (server.address() as AddressInfo).port, close: () => server.stop({ timeout: 0 }) }
  },
  fastify: async ({ pay, quick, audits }, requests) => {
    const app = fastify()
    if (requests !== undefined) await app.register(requests)
    app.get('/pay', pay)
    app.post('/pay', pay)
    app.get('/quick', quick)
    app.get('/audits', audits)
    await app.ready()
    return listening(app.server)
  },
  koa: async ({ pay, quick, audits }, requests) => {
    const app = new Koa()
    app.silent = true
    if (requests !== undefined) app.use(requests)
    app.use(shop.times)
    const routes: Record<string, () => Promise<string>> = { '/pay': pay, '/quick': quick, '/audits': audits }
    app.use((context) =>
      shop.answering(routes[context.path]!, () => (text) => {
        context.body = text
      })(),
    )
    const handle = app.callback()
    return listening(createServer((request, response) => void handle(request, response)))
  },
  nest: async (handlers, requests) => {
    class Shop {
      pay = handlers.pay
      quick = handlers.quick
      audits = handlers.audits
    }
    const methods = { pay: [Get('pay'), Post('pay')], quick: [Get('quick')], audits: [Get('audits')] } as const
    for (const [name, decorators] of Object.entries(methods)) {
      for (const [index, decorate] of decorators.entries()) {
        const key = `${name}${index}`
        const value = function (this: Record<string, () => unknown>): unknown {
          return this[name]!()
        }
        Object.defineProperty(Shop.prototype, key, { value, configurable: true, writable: true })
        decorate(Shop.prototype, key, Object.getOwnPropertyDescriptor(Shop.prototype, key)!)
      }
    }
    Controller()(Shop)
    class Application {}
    Module({ controllers: [Shop] })(Application)
    const app = await NestFactory.create(Application, { logger: false })
    if (requests !== undefined) app.use(requests)
    await app.listen(0, '127.0.0.1')
    return listening(app.getHttpServer() as Server)
  },
}

const logged = (line: string): Promise<void> => reached(() => log.includes(line), `${line} was never logged`)

const settledOf = (requests: KillOnDisconnect): Promise<void> =>
  reached(() => requests.open === 0, 'a request stays open')

const text = async (port: number, path: string): Promise<string> =>
  (await fetch(`http://127.0.0.1:${port}${path}`)).text()

for (const [name, start] of Object.entries(frameworks)) {
  for (const body of [undefined, '{"amount":1}']) {
    test(`${name}: a client that leaves has its transaction rolled back, ${body === undefined ? 'GET' : 'POST'}`, async (t) => {
      const requests = killOnDisconnect()
      const gate = new shop.Gate()
      const server = await start(shop.handlers(gate), requests)
      t.after(() => server.close())
      const socket = await ask(server.port, '/pay', body)
      await logged('charging')
      assert.equal(requests.open, 1)
      socket.destroy()
      await logged('rollback')
      await settledOf(requests)
      assert.deepEqual(
        log.filter((line) => line !== 'timed'),
        ['begin', 'charging', 'rollback'],
      )
      gate.open()
      assert.match(await text(server.port, '/quick'), /quick/)
    })
  }

  test(`${name}: without it a client that leaves changes nothing`, async (t) => {
    const gate = new shop.Gate()
    const server = await start(shop.handlers(gate), undefined)
    t.after(() => server.close())
    const socket = await ask(server.port, '/pay')
    await logged('charging')
    socket.destroy()
    await once(socket, 'close')
    assert.match(await text(server.port, '/quick'), /quick/)
    gate.open()
    await logged('commit')
  })

  test(`${name}: what a handler began and did not wait for goes on`, async (t) => {
    const requests = killOnDisconnect()
    const gate = new shop.Gate()
    const server = await start(shop.handlers(gate), requests)
    t.after(() => server.close())
    const socket = await ask(server.port, '/audits')
    await logged('charging')
    socket.destroy()
    await settledOf(requests)
    gate.open()
    await logged('audited')
  })

  test(`${name}: stop lets requests end for a time, and kills those that are left`, async (t) => {
    const requests = killOnDisconnect()
    const gate = new shop.Gate()
    const server = await start(shop.handlers(gate), requests)
    t.after(() => server.close())
    const stays = await ask(server.port, '/pay')
    await logged('charging')
    await requests.stop({ timeout: 1 })
    assert.equal(log.filter((line) => line === 'rollback').length, 1)
    assert.equal(requests.open, 0)
    stays.destroy()
  })
}

test('a handler of node:http is wrapped, with its number of parameters', async (t) => {
  const gate = new shop.Gate()
  const pay = shop.answering(
    shop.handlers(gate).pay,
    (_request: IncomingMessage, response: ServerResponse) => (answer) => response.end(answer),
  )
  const handler = killOnDisconnect((request: IncomingMessage, response: ServerResponse) => {
    pay(request, response).catch(() => undefined)
  })
  assert.equal(handler.length, 2)
  const server = await listening(createServer(handler))
  t.after(() => server.close())
  const socket = await ask(server.port, '/pay')
  await logged('charging')
  socket.destroy()
  await logged('rollback')
})

test(
  'a client that leaves in the middle of a transaction of PostgreSQL leaves nothing of it, and a free connection',
  { skip: withoutPostgres },
  async (t) => {
    const postgres = await startPostgres()
    const pool = new pg.Pool({ host: '127.0.0.1', port: postgres.port, user: 'postgres', database: 'postgres', max: 1 })
    // A connection that the pool ends may live until the server stops.
    pool.on('connect', (client) => client.on('error', () => undefined))
    pool.on('error', () => undefined)
    t.after(async () => {
      await pool.end()
      await postgres.stop()
    })
    await pool.query('create table payments (amount int)')
    const gate = new shop.Gate()
    const app = express()
    app.set('env', 'test')
    app.use(killOnDisconnect())
    app.get(
      '/pay/:amount',
      shop.answering(
        () => shop.paysByPostgres(pool, gate),
        (_request: Request, response: Response) => (answer) => response.send(answer),
      ),
    )
    const server = await listening(createServer(app))
    t.after(() => server.close())
    const socket = await ask(server.port, '/pay/1')
    await logged('inserted')
    socket.destroy()
    await logged('rolled back')
    // The only connection is free, with no transaction open on it.
    assert.deepEqual((await pool.query('select count(*)::int as count from payments')).rows, [{ count: 0 }])
    gate.open()
    assert.equal(await text(server.port, '/pay/2'), 'paid')
    assert.deepEqual((await pool.query('select count(*)::int as count from payments')).rows, [{ count: 1 }])
    assert.deepEqual([pool.totalCount, pool.idleCount, pool.waitingCount], [1, 1, 0])
  },
)

test('wrong arguments are refused, with what would be right', () => {
  assert.throws(() => killOnDisconnect(3 as never), { code: 'GVENT_BAD_ARGUMENT' })
  assert.throws(() => killOnDisconnect(null as never), { code: 'GVENT_BAD_ARGUMENT' })
  assert.throws(() => killOnDisconnect({ deadline: -1 }))
  assert.throws(() => killOnDisconnect({ deadlin: 1 } as never), /deadline/)
  assert.throws(() => killOnDisconnect().stop({ timeout: 'soon' as never }))
})
