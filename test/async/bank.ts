/** The bank of the guide in plain async functions: it knows nothing of gvent. */
export class Bank {
  private readonly balances: Record<string, number>

  constructor(balances: Record<string, number>) {
    this.balances = balances
  }

  get sum(): number {
    return Object.values(this.balances).reduce((sum, balance) => sum + balance, 0)
  }

  async read(account: string): Promise<number> {
    await Promise.resolve()
    return this.balances[account]!
  }

  async write(account: string, balance: number): Promise<void> {
    await Promise.resolve()
    this.balances[account] = balance
  }

  async transfer(from: string, to: string, amount: number): Promise<void> {
    const balance = await this.read(from)
    if (balance < amount) return
    await this.write(from, balance - amount)
    await this.write(to, (await this.read(to)) + amount)
  }
}

export async function transfers(): Promise<number> {
  const bank = new Bank({ a: 100, b: 0 })
  await Promise.all([bank.transfer('a', 'b', 30), bank.transfer('a', 'b', 50)])
  return bank.sum
}

/** Waits for `work` as a test does that is an async function. */
export async function inAsyncFunction<T>(work: () => Promise<T>): Promise<T> {
  return await work()
}

const sleep = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds))

export async function hours(count: number): Promise<string[]> {
  const lines: string[] = []
  const note = async (name: string): Promise<void> => {
    for (let hour = 1; hour <= count; hour++) {
      await sleep(3_600_000)
      lines.push(`${name}${hour}`)
    }
  }
  await Promise.all([note('a'), note('b')])
  return lines
}

/** Reads twice where it should once: only a timer of the same moment in between shows it. */
export async function refreshes(): Promise<number> {
  let version = 0
  const update = async (): Promise<void> => {
    await sleep(10)
    const read = version
    await sleep(10)
    version = read + 1
  }
  await Promise.all([update(), update()])
  return version
}

/** What a lock of its own is to a program that knows nothing of gvent. */
export class Mutex {
  isLocked = false
  private readonly waiting: (() => void)[] = []

  async lock(): Promise<void> {
    if (this.isLocked) await new Promise<void>((resolve) => this.waiting.push(resolve))
    this.isLocked = true
  }

  unlock(): void {
    this.isLocked = false
    this.waiting.shift()?.()
  }
}

export async function careless(mutex: Mutex): Promise<void> {
  await mutex.lock()
  await sleep(1)
  mutex.unlock()
}

export async function careful(mutex: Mutex): Promise<void> {
  await mutex.lock()
  try {
    await sleep(1)
  } finally {
    mutex.unlock()
  }
}

export async function waitsForNothing(): Promise<void> {
  const mutex = new Mutex()
  await mutex.lock()
  await careful(mutex)
}

export async function leavesBehind(): Promise<void> {
  void waitsForNothing()
  await Promise.resolve()
}

export async function loses(): Promise<void> {
  void Promise.resolve().then(async () => {
    await sleep(5)
    throw new Error('nobody looks')
  })
  await sleep(10)
}

export async function alone(mutex: Mutex, work: (mutex: Mutex) => Promise<void>): Promise<void> {
  await work(mutex)
}
