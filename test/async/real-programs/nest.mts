/** An application of NestJS: injection, a guard, an interceptor, a pipe, a filter. */
import 'reflect-metadata'
import { setImmediate as turn } from 'node:timers/promises'
import {
  Body,
  Catch,
  Controller,
  Get,
  HttpException,
  Injectable,
  Module,
  NotFoundException,
  Param,
  ParseIntPipe,
  Post,
  UseFilters,
  UseGuards,
  UseInterceptors,
  type ArgumentsHost,
  type CallHandler,
  type CanActivate,
  type ExecutionContext,
  type ExceptionFilter,
  type NestInterceptor,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { from, mergeMap, type Observable } from 'rxjs'

enum Kind {
  Tabby = 'tabby',
  Siamese = 'siamese',
}

interface Cat {
  readonly id: number
  readonly name: string
  readonly kind: Kind
}

@Injectable()
class Cats implements OnModuleInit, OnApplicationShutdown {
  private readonly cats = new Map<number, Cat>()

  async onModuleInit(): Promise<void> {
    await this.add('Tom', Kind.Tabby)
    console.log('there is a cat')
  }

  async onApplicationShutdown(signal?: string): Promise<void> {
    await turn()
    console.log('the cats are out', signal)
  }

  async add(name: string, kind: Kind): Promise<Cat> {
    await turn()
    const cat = { id: this.cats.size + 1, name, kind }
    this.cats.set(cat.id, cat)
    return cat
  }

  async find(id: number): Promise<Cat> {
    await turn()
    const cat = this.cats.get(id)
    if (cat === undefined) throw new NotFoundException(`no cat ${id}`)
    return cat
  }
}

@Injectable()
class Friends implements CanActivate {
  async canActivate(context: ExecutionContext): Promise<boolean> {
    await turn()
    const { headers } = context.switchToHttp().getRequest<{ headers: Record<string, string> }>()
    return headers['x-friend'] === 'yes'
  }
}

@Injectable()
class Wrapped implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const name = context.getHandler().name
    return next.handle().pipe(
      mergeMap((value) =>
        from(
          (async () => {
            await turn()
            console.log('handled', name)
            return { [name]: value }
          })(),
        ),
      ),
    )
  }
}

@Catch(HttpException)
class Polite implements ExceptionFilter {
  async catch(error: HttpException, host: ArgumentsHost): Promise<void> {
    await turn()
    const response = host.switchToHttp().getResponse<{ status(code: number): { json(body: unknown): void } }>()
    response.status(error.getStatus()).json({ sorry: error.message })
  }
}

@Controller('cats')
@UseFilters(Polite)
@UseInterceptors(Wrapped)
class CatsController {
  constructor(private readonly cats: Cats) {}

  @Get(':id')
  async one(@Param('id', ParseIntPipe) id: number): Promise<Cat> {
    return await this.cats.find(id)
  }

  @Post()
  @UseGuards(Friends)
  async create(@Body() { name, kind }: { name: string; kind?: Kind }): Promise<Cat> {
    return await this.cats.add(name, kind ?? Kind.Siamese)
  }

  @Get('hidden/all')
  async fails(): Promise<never> {
    await turn()
    throw new HttpException('hidden', 418)
  }
}

@Module({ controllers: [CatsController], providers: [Cats] })
class Application {}

const app = await NestFactory.create(Application, { logger: false })
app.enableShutdownHooks()
await app.listen(0, '127.0.0.1')
const { port } = app.getHttpServer().address() as { port: number }

async function ask(path: string, friend = 'yes', body?: object): Promise<void> {
  const post = { method: 'POST', body: JSON.stringify(body) }
  const headers = { 'x-friend': friend, 'content-type': 'application/json' }
  const response = await fetch(`http://127.0.0.1:${port}/cats${path}`, { headers, ...(body && post) })
  console.log(response.status, await response.text())
}
await ask('/1')
await ask('/2')
await ask('/one')
await ask('', 'no', { name: 'Kitty' })
await ask('', 'yes', { name: 'Kitty' })
await ask('/2')
await ask('/hidden/all')
await Promise.all(['/1', '/2'].map((path) => ask(path).then(() => path)))
await app.close()
